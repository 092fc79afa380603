import Chroma
import Digests
public import HTTPClient
import HTTPMessages
public import JSONCoding
public import LateInteraction
public import Problems
public import Settings

/// The vector service cannot be used.
public struct VectorServiceError: Error, Sendable, CustomStringConvertible {
    /// Status of the answer; 0 when there was none.
    public let status: Int
    public let reason: String

    /// Whether the service could not be reached or is unwell.
    public var isUnavailable: Bool { status == 0 || status >= 500 }

    public var description: String { "vectors: \(status == 0 ? "" : "\(status) ")\(reason)" }
}

/// Passages in a collection of any Chroma v2 server: tenant = workspace, database `apus`, collection `passages`.
public actor ChromaService: SecretSettings {
    public static let secretNames = ["APUS_CHROMA_TOKEN"]

    /// A passage to store.
    public struct Record: Sendable {
        public let id: String
        public let embedding: [Float]
        public let document: String
        public let metadata: JSONObject
        /// Kept by servers that can.
        public let tokens: TokenEmbeddings?

        /// Makes a record.
        public init(
            id: String, embedding: [Float], document: String, metadata: JSONObject, tokens: TokenEmbeddings? = nil
        ) {
            self.id = id
            self.embedding = embedding
            self.tokens = tokens
            self.document = document
            self.metadata = metadata
        }
    }

    /// A passage that was found.
    public struct Hit: Sendable {
        public let id: String
        public let document: String
        public let metadata: JSONObject
        /// Cosine distance, 0 to 2.
        public let distance: Float
    }

    private static let database = "apus"
    /// Name of the collection that answers are made from.
    public static let collectionName = "passages"
    /// Metadata key of a passage's words, a sparse vector; the collection's schema has it indexed with BM25's weights.
    public static let wordsKey = "words"
    /// Name of embeddings of tokens in bodies.
    static let tokensKey = "token_embeddings"
    private static let batch = 100

    private let url: String
    private let token: String?
    private let tenant: String
    private let embeddingModel: String
    private let name: String
    private let client: HTTPSession
    private var collection: (id: String, dimension: Int, indexesWords: Bool)?
    /// Whether the server keeps embeddings of tokens; `nil` before it was asked.
    private var serverKeepsTokens: Bool?

    /// A client for one workspace.
    ///
    /// - Parameters:
    ///   - url: Base URL of the server.
    ///   - tenant: Workspace; Chroma wants at least three characters.
    ///   - embeddingModel: Name that the collection remembers; a collection of another model is refused.
    ///   - collection: Another collection than the one that answers are made from.
    public init(
        url: String, token: String?, tenant: String, embeddingModel: String, collection: String = collectionName,
        client: HTTPSession
    ) {
        self.url = url
        self.token = token
        self.tenant = tenant
        self.embeddingModel = embeddingModel
        name = collection
        self.client = client
    }

    /// Reads `APUS_CHROMA_URL` and `APUS_CHROMA_TOKEN`.
    public init(_ settings: inout SettingsReader, tenant: String, embeddingModel: String, client: HTTPSession) {
        self.init(
            url: settings.url("APUS_CHROMA_URL"), token: settings.secret("APUS_CHROMA_TOKEN")?.value, tenant: tenant,
            embeddingModel: embeddingModel, client: client)
    }

    // MARK: - Records

    /// Writes passages; those with a known id are replaced.
    public func upsert(_ records: [Record]) async throws {
        guard let dimension = records.first?.embedding.count else { return }
        _ = try await collectionID(dimension: dimension, makes: true)
        let keepsWords = collection?.indexesWords ?? false
        for start in stride(from: 0, to: records.count, by: Self.batch) {
            let part = records[start..<min(start + Self.batch, records.count)]
            let hasTokens = part.contains { $0.tokens != nil }
            let keepsTokens = hasTokens ? try await self.keepsTokens() : false
            let vectors = part.map { record in
                JSONValue.string(Base64.encode(record.embedding.withUnsafeBytes { Array($0) }))
            }
            var body: JSONObject = [
                "ids": .strings(part.map(\.id)), "embeddings": .array(vectors),
                "documents": .strings(part.map(\.document)),
                "metadatas": .array(
                    part.map { record in
                        var metadata = record.metadata
                        if !keepsWords { metadata[Self.wordsKey] = nil }
                        return .object(metadata)
                    }),
            ]
            if keepsTokens { body[Self.tokensKey] = .array(part.map { .optional($0.tokens?.base64) }) }
            _ = try await onCollection("upsert", dimension: dimension, .object(body))
        }
    }

    /// The passages nearest to a vector.
    public func query(_ vector: [Float], count: Int, filter: JSONValue?) async throws -> [Hit] {
        var numbers: [UInt8] = []
        JSONText.write(vector, to: &numbers)
        var body = "{\"query_embeddings\":[".bytes + numbers
        body += "],\"n_results\":\(count),\"include\":[\"documents\",\"metadatas\",\"distances\"]".utf8
        if let filter { body += ",\"where\":\(filter.text)".utf8 }
        body += "}".utf8
        guard let answer = try await onCollectionRaw("query", dimension: vector.count, body, makes: false) else {
            return []
        }
        let ids = answer["ids"]?[0]?.array ?? []
        return ids.indices.compactMap { index in
            guard let id = ids[index].string, let text = answer["documents"]?[0]?[index]?.string,
                let distance = answer["distances"]?[0]?[index]?.double
            else { return nil }
            let metadata = answer["metadatas"]?[0]?[index]?.object ?? JSONObject()
            return Hit(id: id, document: text, metadata: metadata, distance: Float(distance))
        }
    }

    /// Passages that match, without a search; their distance is 0.
    public func records(filter: JSONValue, limit: Int) async throws -> [Hit] {
        let body: JSONValue = [
            "where": filter, "limit": .int(Int64(limit)), "include": ["documents", "metadatas"],
        ]
        return try await hits(body)
    }

    func hits(_ body: JSONValue) async throws -> [Hit] {
        let answer = try await onCollectionRaw("get", dimension: nil, body.encoded, makes: false)
        let ids = answer?["ids"]?.array ?? []
        return ids.indices.compactMap { index in
            guard let id = ids[index].string, let text = answer?["documents"]?[index]?.string else { return nil }
            let metadata = answer?["metadatas"]?[index]?.object ?? JSONObject()
            return Hit(id: id, document: text, metadata: metadata, distance: 0)
        }
    }

    /// Deletes every passage that matches. Returns how many there were.
    @discardableResult
    public func delete(filter: JSONValue) async throws -> Int {
        let answer = try await onCollectionRaw(
            "delete", dimension: nil, JSONValue.object(["where": filter]).encoded, makes: false)
        return Int(answer?["deleted"]?.int ?? 0)
    }

    /// Whether the server keeps embeddings of tokens and compares them, which is an extension of Chroma's API.
    public func keepsTokens() async throws -> Bool {
        if let serverKeepsTokens { return serverKeepsTokens }
        let keeps: Bool
        do {
            keeps = try await call(.get, "/api/v2/pre-flight-checks", nil)["supports_token_embeddings"]?.bool ?? false
        } catch let error as VectorServiceError where !error.isUnavailable {
            keeps = false
        }
        serverKeepsTokens = keeps
        return keeps
    }

    /// Whether the service answers.
    public func probe() async throws { _ = try await call(.get, "/api/v2/heartbeat", nil) }

    // MARK: - Collection

    private func onCollection(_ operation: String, dimension: Int?, _ body: JSONValue) async throws -> JSONValue? {
        try await onCollectionRaw(operation, dimension: dimension, body.encoded, makes: true)
    }

    /// Runs an operation on the collection; `nil` when there is none and it need not be made. A collection that was
    /// made anew since we looked it up is looked up again.
    func onCollectionRaw(_ operation: String, dimension: Int?, _ body: [UInt8], makes: Bool) async throws
        -> JSONValue?
    {
        for isLastTry in [false, true] {
            guard let id = try await collectionID(dimension: dimension, makes: makes) else { return nil }
            do {
                return try await call(.post, "\(base)/collections/\(id)/\(operation)", body)
            } catch let error as VectorServiceError where error.status == 404 && !isLastTry {
                collection = nil
            }
        }
        return nil
    }

    var base: String { "/api/v2/tenants/\(percentEncoded(tenant))/databases/\(Self.database)" }

    func collectionID(dimension: Int?, makes: Bool) async throws -> String? {
        if let collection {
            try checkDimension(collection.dimension, dimension)
            return collection.id
        }
        do {
            let found = try await call(.get, "\(base)/collections/\(name)", nil)
            return try adopt(found, dimension: dimension)
        } catch let error as VectorServiceError
            where [400, 404].contains(error.status) && error.reason != Self.mismatch
        {
            guard makes, let dimension else { return nil }
            return try await makeCollection(dimension: dimension)
        }
    }

    private func makeCollection(dimension: Int) async throws -> String? {
        _ = try? await call(.post, "/api/v2/tenants", JSONValue.object(["name": .string(tenant)]).encoded)
        _ = try? await call(
            .post, "/api/v2/tenants/\(percentEncoded(tenant))/databases",
            JSONValue.object(["name": .string(Self.database)]).encoded)
        var body: JSONObject = [
            "name": .string(name), "get_or_create": true,
            "metadata": ["embedding_model": .string(embeddingModel), "dimension": .int(Int64(dimension))],
        ]
        var withWords = body
        withWords["schema"] = Self.schema
        body["configuration"] = ["hnsw": ["space": "cosine"]]
        let made: JSONValue
        do {
            made = try await call(.post, "\(base)/collections", JSONValue.object(withWords).encoded)
        } catch let error as VectorServiceError where !error.isUnavailable || error.status == 501 {
            // A server without sparse vectors, or without schemas.
            made = try await call(.post, "\(base)/collections", JSONValue.object(body).encoded)
        }
        return try adopt(made, dimension: dimension)
    }

    /// Vectors by cosine, words by BM25 with the collection's own frequencies.
    private static let schema: JSONValue = [
        "defaults": [:],
        "keys": [
            "#embedding": ["float_list": ["vector_index": ["enabled": true, "config": ["space": "cosine"]]]],
            wordsKey: ["sparse_vector": ["sparse_vector_index": ["enabled": true, "config": ["bm25": true]]]],
        ],
    ]

    /// Whether the collection's words can be searched; `false` while there is no collection.
    func indexesWords() async throws -> Bool {
        _ = try await collectionID(dimension: nil, makes: false)
        return collection?.indexesWords ?? false
    }

    private static let mismatch = "the passages were embedded by another model; 'apus reembed' embeds them again"

    private func adopt(_ value: JSONValue, dimension: Int?) throws -> String? {
        guard let id = value["id"]?.string else { throw VectorServiceError(status: 502, reason: "unreadable answer") }
        let model = value["metadata"]?["embedding_model"]?.string ?? embeddingModel
        guard model == embeddingModel else { throw VectorServiceError(status: 409, reason: Self.mismatch) }
        let size = Int(value["metadata"]?["dimension"]?.int ?? Int64(dimension ?? 0))
        try checkDimension(size, dimension)
        collection = (id, size, Self.indexesWords(value))
        return id
    }

    static func indexesWords(_ collection: JSONValue) -> Bool {
        let index = collection["schema"]?["keys"]?[wordsKey]?["sparse_vector"]?["sparse_vector_index"]
        return index?["enabled"]?.bool == true
    }

    private func checkDimension(_ stored: Int, _ given: Int?) throws {
        if let given, stored != 0, given != stored { throw VectorServiceError(status: 409, reason: Self.mismatch) }
    }

    func call(_ method: HTTPMethod, _ path: String, _ body: [UInt8]?) async throws -> JSONValue {
        var request = HTTPSession.Request(method, url + path, body: .bytes(body ?? []))
        if body != nil { request.fields["Content-Type"] = "application/json" }
        if let token { request.fields["x-chroma-token"] = token }
        let answer: (status: HTTPStatus, fields: HTTPFields, body: [UInt8])
        do {
            answer = try await client.fetch(request)
        } catch let error as HTTPClientError {
            throw VectorServiceError(status: 0, reason: error.description)
        }
        guard answer.status.isSuccess else {
            let message = (try? JSONParser.parse(answer.body))?["message"]?.string ?? "request refused"
            throw VectorServiceError(status: answer.status.rawValue, reason: message)
        }
        return answer.body.isEmpty ? .null : try JSONParser.parse(answer.body)
    }
}

extension VectorServiceError: ProblemConvertible {
    public var problem: Problem {
        isUnavailable
            ? Problem(.serviceUnavailable, "The vector service is not available. Please try again in a moment.")
            : Problem(.conflict, "The vector service refused: \(reason).")
    }
}
