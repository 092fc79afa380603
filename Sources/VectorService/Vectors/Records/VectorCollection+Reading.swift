import Chroma
import SQLite

extension VectorCollection {
    /// Records in insertion order.
    func get(_ selection: RecordSelection, offset: Int, limit: Int?, fields: RecordFields) throws -> [VectorRecord] {
        try lock.reading {
            let chosen = try FilterEvaluation(collection: self).seqs(selection) ?? liveSeqs
            return try records(Self.page(chosen, offset, limit).map { ($0, nil) }, fields)
        }
    }

    /// Ids of the selected records, in insertion order.
    func ids(_ selection: RecordSelection, limit: Int?) throws -> [String] {
        let fields = RecordFields(documents: false, metadatas: false, embeddings: false)
        return try get(selection, offset: 0, limit: limit, fields: fields).map(\.id)
    }

    /// For each query vector, its nearest records.
    func query(_ vectors: [[Float]], _ selection: RecordSelection, count: Int, fields: RecordFields) throws
        -> [[VectorRecord]]
    {
        try lock.reading {
            if let dimension = state.dimension, let wrong = vectors.first(where: { $0.count != dimension }) {
                throw VectorError.wrongDimension(expected: dimension, given: wrong.count)
            }
            let evaluation = FilterEvaluation(collection: self)
            if let ids = selection.ids, selection.filter == nil, selection.documentFilter == nil {
                guard try evaluation.seqs(ids: ids).count == Set(ids.map { Array($0.utf8) }).count else {
                    throw VectorError.recordMissing
                }
            }
            let allowed = try evaluation.seqs(selection)
            return try vectors.map { vector in
                let hits = nearest(to: vector, count: count, allowed: allowed)
                return try records(hits.map { ($0.seq, $0.distance) }, fields)
            }
        }
    }

    /// Part of a set in ascending order.
    static func page(_ set: BitSet, _ offset: Int, _ limit: Int?) -> [UInt32] {
        var result: [UInt32] = []
        var skipped = 0
        guard limit != 0 else { return [] }
        set.forEach { seq in
            if skipped < offset {
                skipped += 1
                return true
            }
            result.append(UInt32(seq))
            return limit.map { result.count < $0 } ?? true
        }
        return result
    }

    /// Reads records in the order given. Under the shared lock.
    func records(_ hits: [(seq: UInt32, distance: Float?)], _ fields: RecordFields) throws -> [VectorRecord] {
        guard !hits.isEmpty else { return [] }
        let columns = fields.documents ? "id, document, uri" : "id"
        let statement = "SELECT \(columns) FROM records WHERE seq = ?"
        return try withReader { access in
            // One snapshot and one lock of the file for all of them.
            try access.query("BEGIN")
            defer { _ = try? access.query("COMMIT") }
            var result: [VectorRecord] = []
            result.reserveCapacity(hits.count)
            for hit in hits {
                var id = ""
                var document: String?
                var uri: String?
                try access.scan(statement, [.integer(Int64(hit.seq))]) { row in
                    id = row.text(0) ?? ""
                    if fields.documents { (document, uri) = (row.text(1), row.text(2)) }
                    return false
                }
                var metadata: String?
                if fields.metadatas {
                    try access.scan("SELECT value FROM metadata WHERE seq = ?", [.integer(Int64(hit.seq))]) { row in
                        // Earlier versions kept an empty object where the last key had been deleted.
                        let text = row.text(0)
                        metadata = text == "{}" ? nil : text
                        return false
                    }
                }
                let tokens = fields.tokens ? try RecordDatabase.tokens(hit.seq, access) : nil
                let embedding = fields.embeddings ? vectors.map { Array($0.vector(slot(of: hit.seq))) } : nil
                result.append(
                    VectorRecord(
                        id: id, metadata: metadata, document: document, uri: uri, embedding: embedding, tokens: tokens,
                        distance: hit.distance, seq: hit.seq))
            }
            return result
        }
    }
}
