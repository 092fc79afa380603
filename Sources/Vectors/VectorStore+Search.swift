public import Chroma
import HTTPMessages
import JSONCoding
import SQLite
import Synchronization

extension VectorStore {
    /// Which records a read is about; `nil` everywhere means all.
    public struct Selection: Sendable {
        public var ids: [String]?
        public var filter: WhereFilter?
        public var documentFilter: WhereFilter?

        /// A selection.
        public init(ids: [String]? = nil, filter: WhereFilter? = nil, documentFilter: WhereFilter? = nil) {
            self.ids = ids
            self.filter = filter
            self.documentFilter = documentFilter
        }

        var isEverything: Bool { ids == nil && filter == nil && documentFilter == nil }
    }

    /// What a read returns besides ids.
    public struct Fields: Sendable {
        public var documents = false
        public var embeddings = false

        /// Chooses the members that cost something.
        public init(documents: Bool, embeddings: Bool) {
            self.documents = documents
            self.embeddings = embeddings
        }
    }

    /// Records in insertion order.
    public func get(
        _ selection: Selection, from collection: CollectionInfo, offset: Int, limit: Int?, fields: Fields
    ) throws -> [Record] {
        let table = try loaded(collection.id).table.withLock { $0 }
        var places = self.places(selection, table) ?? Array(0..<table.count)
        places = Array(places.dropFirst(offset).prefix(limit ?? Int.max))
        return try records(places.map { ($0, nil) }, table, fields)
    }

    /// For each query vector, its nearest records.
    public func query(
        _ vectors: [[Float]], _ selection: Selection, in collection: CollectionInfo, count: Int, fields: Fields
    ) throws -> [[Record]] {
        let table = try loaded(collection.id).table.withLock { $0 }
        if let dimension = collection.dimension, let wrong = vectors.first(where: { $0.count != dimension }) {
            throw ChromaError.invalid(
                "Collection expecting embedding with dimension of \(dimension), got \(wrong.count)")
        }
        if let ids = selection.ids, selection.filter == nil, selection.documentFilter == nil,
            ids.contains(where: { table.places[$0] == nil })
        {
            throw ChromaError(
                .internalServerError, "InternalError", "Error executing plan: Internal error: Error finding id")
        }
        let candidates = places(selection, table)
        return try vectors.map { vector in
            let hits = table.nearest(to: vector, space: collection.space, count: count, candidates: candidates)
            return try records(hits.map { ($0.place, $0.distance) }, table, fields)
        }
    }

    /// Ids of the selected records, in insertion order.
    public func ids(_ selection: Selection, in collection: CollectionInfo) throws -> [String] {
        let table = try loaded(collection.id).table.withLock { $0 }
        return (places(selection, table) ?? Array(0..<table.count)).map { table.ids[$0] }
    }

    /// Places of the selected records in order; `nil` for all.
    private func places(_ selection: Selection, _ table: RecordTable) -> [Int]? {
        if selection.isEverything { return nil }
        let given = selection.ids.map { ids in Set(ids.compactMap { table.places[$0] }).sorted() }
        return (given ?? Array(0..<table.count)).filter { place in
            var document: String??
            func text() -> String? {
                if let document { return document }
                let read = try? reader.query(
                    "SELECT document FROM records WHERE seq = ?", [.integer(table.rows[place])])
                let value = read?.first?[0].string
                document = .some(value)
                return value
            }
            return (selection.filter?.matches(table.metadatas[place], document: text) ?? true)
                && (selection.documentFilter?.matches(table.metadatas[place], document: text) ?? true)
        }
    }

    private func records(_ hits: [(Int, Float?)], _ table: RecordTable, _ fields: Fields) throws -> [Record] {
        try reader.read { access in
            try hits.map { place, distance in
                let row =
                    fields.documents
                    ? try access.query("SELECT document, uri FROM records WHERE seq = ?", [.integer(table.rows[place])])
                        .first
                    : nil
                return Record(
                    id: table.ids[place], metadata: table.metadatas[place], document: row?[0].string,
                    uri: row?[1].string, embedding: fields.embeddings ? Array(table.vector(place)) : nil,
                    distance: distance)
            }
        }
    }
}
