import HTTPMessages
import JSONCoding
import LateInteraction

extension ChromaService {
    /// A collection of this workspace by its name.
    public struct CollectionState: Sendable {
        public let id: String
        /// The embedding model that it remembers.
        public let embeddingModel: String?
        /// Whether the passages' words can be searched.
        public let indexesWords: Bool
    }

    /// What a collection of that name is; `nil` when there is none.
    public func state(of name: String) async throws -> CollectionState? {
        do {
            let found = try await call(.get, "\(base)/collections/\(name)", nil)
            guard let id = found["id"]?.string else {
                throw VectorServiceError(status: 502, reason: "unreadable answer")
            }
            return CollectionState(
                id: id, embeddingModel: found["metadata"]?["embedding_model"]?.string,
                indexesWords: Self.indexesWords(found))
        } catch let error as VectorServiceError where [400, 404].contains(error.status) {
            return nil
        }
    }

    /// Makes the collection where there is none. Returns whether it has, or can have, the passages' words indexed.
    public func prepare(dimension: Int) async throws -> Bool {
        _ = try await collectionID(dimension: dimension, makes: true)
        return try await indexesWords()
    }

    /// The documents that have passages, at most those of the first million passages.
    public func documentIDs() async throws -> Set<String> { Set(try await passageCounts().keys) }

    /// How many passages each document has, of the first million.
    public func passageCounts() async throws -> [String: Int] {
        let size = 1000
        var found: [String: Int] = [:]
        for page in 0..<1000 {
            let body = JSONValue.object([
                "limit": .int(Int64(size)), "offset": .int(Int64(page * size)), "include": ["metadatas"],
            ])
            guard let answer = try await onCollectionRaw("get", dimension: nil, body.encoded, makes: false) else {
                return [:]
            }
            let list = answer["metadatas"]?.array ?? []
            for id in list.compactMap({ $0["documentId"]?.string }) { found[id, default: 0] += 1 }
            if list.count < size { break }
        }
        return found
    }

    /// Records in the order of the store, without a search.
    public func records(limit: Int, offset: Int) async throws -> [Hit] {
        try await hits([
            "limit": .int(Int64(limit)), "offset": .int(Int64(offset)), "include": ["documents", "metadatas"],
        ])
    }

    /// The ids among those given that are there.
    public func known(_ ids: [String]) async throws -> Set<String> {
        guard !ids.isEmpty else { return [] }
        return Set(try await hits(["ids": .strings(ids), "include": ["documents", "metadatas"]]).map(\.id))
    }

    /// Whether a record has embeddings of its tokens.
    public func hasTokens(_ id: String) async throws -> Bool {
        guard try await keepsTokens() else { return false }
        let body: JSONValue = ["ids": [.string(id)], "include": [.string(Self.tokensKey)]]
        let answer = try await onCollectionRaw("get", dimension: nil, body.encoded, makes: false)
        return answer?[Self.tokensKey]?[0]?.string.flatMap { TokenEmbeddings(base64: $0) } != nil
    }

    /// Deletes records.
    public func delete(ids: [String]) async throws {
        guard !ids.isEmpty else { return }
        _ = try await onCollectionRaw(
            "delete", dimension: nil, JSONValue.object(["ids": .strings(ids)]).encoded, makes: false)
    }

    /// Gives a collection another name; whoever holds its id goes on using it.
    public func rename(_ collection: CollectionState, to name: String) async throws {
        _ = try await call(
            .put, "\(base)/collections/\(collection.id)", JSONValue.object(["new_name": .string(name)]).encoded)
    }

    /// Deletes a collection with its records.
    public func drop(_ name: String) async throws { _ = try await call(.delete, "\(base)/collections/\(name)", nil) }
}
