import Digests
public import JSONCoding
import LateInteraction

extension ChromaService {
    /// A passage with its vector, as it is moved from one server to another.
    public struct StoredRecord: Sendable {
        public let record: Record

        /// Wire form: the vector is base64 of 32-bit floats, so that it stays the same to the last bit.
        public var json: JSONValue {
            let bytes = record.embedding.withUnsafeBytes { [UInt8]($0) }
            var object: JSONObject = [
                "id": .string(record.id), "document": .string(record.document),
                "metadata": .object(record.metadata), "embedding": .string(Base64.encode(bytes)),
            ]
            if let tokens = record.tokens { object[tokensKey] = .string(tokens.base64) }
            return .object(object)
        }

        init(_ record: Record) { self.record = record }

        /// Reads the wire form; `nil` when it is none.
        public init?(json: JSONValue) {
            guard let id = json["id"]?.string, let document = json["document"]?.string,
                let metadata = json["metadata"]?.object,
                let bytes = json["embedding"]?.string.flatMap(Base64.decode), bytes.count % 4 == 0
            else { return nil }
            let embedding = bytes.withUnsafeBytes { buffer in
                (0..<buffer.count / 4).map { buffer.loadUnaligned(fromByteOffset: 4 * $0, as: Float.self) }
            }
            record = Record(
                id: id, embedding: embedding, document: document, metadata: metadata,
                tokens: json[tokensKey]?.string.flatMap { TokenEmbeddings(base64: $0) })
        }
    }

    /// Passages with their vectors that match, in the order of the store.
    public func storedRecords(filter: JSONValue, limit: Int, offset: Int) async throws -> [StoredRecord] {
        let parts = ["documents", "metadatas", "embeddings"] + (try await keepsTokens() ? [Self.tokensKey] : [])
        let answer = try await onCollectionRaw(
            "get", dimension: nil,
            JSONValue.object([
                "where": filter, "limit": .int(Int64(limit)), "offset": .int(Int64(offset)),
                "include": .strings(parts),
            ]).encoded, makes: false)
        let ids = answer?["ids"]?.array ?? []
        return ids.indices.compactMap { index in
            guard let id = ids[index].string, let document = answer?["documents"]?[index]?.string,
                let numbers = answer?["embeddings"]?[index]?.array
            else { return nil }
            let metadata = answer?["metadatas"]?[index]?.object ?? JSONObject()
            let embedding = numbers.map { Float($0.double ?? 0) }
            let tokens = answer?[Self.tokensKey]?[index]?.string.flatMap { TokenEmbeddings(base64: $0) }
            return StoredRecord(
                Record(id: id, embedding: embedding, document: document, metadata: metadata, tokens: tokens))
        }
    }

    /// How many passages match.
    public func count(filter: JSONValue) async throws -> Int {
        let size = 5000
        var total = 0
        while true {
            let answer = try await onCollectionRaw(
                "get", dimension: nil,
                JSONValue.object([
                    "where": filter, "limit": .int(Int64(size)), "offset": .int(Int64(total)), "include": [],
                ]).encoded, makes: false)
            let count = answer?["ids"]?.array?.count ?? 0
            total += count
            if count < size { return total }
        }
    }
}
