import Chroma
import Digests
import HTTPMessages
import HTTPServing
import JSONCoding
import LateInteraction
import MatrixProducts
import Problems
import TaskTools
public import TextEmbedding

/// `POST /v1/embeddings` and `GET /v1/models`, as OpenAI's API has them. With `Prefer: token-embeddings` (RFC 7240) each entry
/// of `/v1/embeddings` also has `token_embeddings`, the wire form of `TokenEmbeddings`.
struct EmbeddingRoutes: Sendable {
    let model: EmbeddingModelLoader

    static let modelName = "all-MiniLM-L6-v2"
    private static let maximumInputs = 2048
    private static let bodyLimit = 16 << 20

    func add(to router: inout Router) {
        router.on(.get, "/v1/models") { [model] _ in
            let queue = try await model.queue()
            return HTTPResponse(
                json: [
                    "object": "list",
                    "data": [
                        [
                            "id": .string(Self.modelName), "object": "model", "owned_by": "sentence-transformers",
                            "dimension": .int(Int64(MiniLMEncoder.dimension)),
                            "precision": .string(queue.precision.rawValue),
                        ]
                    ],
                ])
        }
        router.on(.post, "/v1/embeddings") { try await embed($0) }
    }

    private func embed(_ request: HTTPRequest) async throws -> HTTPResponse {
        let body = try JSONParser.parse(try await request.body.collect(limit: Self.bodyLimit))
        let inputs = try Self.inputs(body["input"])
        let format = body["encoding_format"]?.string ?? "float"
        guard format == "float" || format == "base64" else {
            throw InvalidFields(field: "encoding_format", detail: "Must be \"float\" or \"base64\".")
        }
        try Self.checkModel(body["model"])
        if let size = body["dimensions"]?.int, size != MiniLMEncoder.dimension {
            throw InvalidFields(
                field: "dimensions", detail: "The model's vectors have \(MiniLMEncoder.dimension) numbers.")
        }
        let keepsTokens = Self.prefersTokens(request)
        let queue = try await model.queue()
        let (embeddings, tokens) = try await Self.embed(inputs, queue, keepsTokens: keepsTokens)
        var result: [UInt8] = []
        result += "{\"object\":\"list\",\"data\":[".utf8
        for (index, embedding) in embeddings.enumerated() {
            if index > 0 { result.append(UInt8(ascii: ",")) }
            result += "{\"object\":\"embedding\",\"index\":\(index),\"embedding\":".utf8
            if format == "base64" {
                JSONText.write(Base64.encode(embedding.vector.withUnsafeBytes { Array($0) }), to: &result)
            } else {
                JSONText.write(embedding.vector, to: &result)
            }
            if let tokens = embedding.tokens {
                result += ",\"token_embeddings\":".utf8
                JSONText.write(tokens.base64, to: &result)
            }
            result.append(UInt8(ascii: "}"))
        }
        result +=
            "],\"model\":\"\(Self.modelName)\",\"usage\":{\"prompt_tokens\":\(tokens),\"total_tokens\":\(tokens)}}".utf8
        var response = HTTPResponse(
            .ok, fields: ["Content-Type": "application/json", "x-apus-precision": queue.precision.rawValue],
            body: .bytes(result))
        if keepsTokens { response.fields["Preference-Applied"] = Self.tokenPreference }
        return response
    }

    private static let tokenPreference = "token-embeddings"

    private static func prefersTokens(_ request: HTTPRequest) -> Bool {
        request.fields["prefer"]?.split(separator: ",").contains {
            $0.split(separator: ";").first.map { $0.filter { $0 != " " }.lowercased() == tokenPreference } ?? false
        } ?? false
    }

    /// - Throws: `Problem` 429 when too many texts wait.
    static func embed(_ inputs: [String], _ queue: EmbeddingQueue, keepsTokens: Bool) async throws
        -> (embeddings: [EmbeddedText], tokens: Int)
    {
        do {
            return try await queue.embed(inputs, keepsTokens: keepsTokens)
        } catch is EmbeddingQueueFull {
            throw Problem(.tooManyRequests, "Too many texts wait to be embedded. Send this again in a few seconds.")
        }
    }

    /// - Throws: `Problem` 404 when another model is named.
    static func checkModel(_ value: JSONValue?) throws {
        guard let given = value?.string, given != modelName, !given.hasSuffix("/" + modelName) else { return }
        throw Problem(.notFound, "There is no model \(given.prefix(100)) here; the model is \(modelName).")
    }

    private static func inputs(_ value: JSONValue?) throws -> [String] {
        if let text = value?.string { return [text] }
        guard let list = value?.array, !list.isEmpty else {
            throw InvalidFields(field: "input", detail: "Required: a text or a list of texts.")
        }
        let texts = list.compactMap(\.string)
        guard texts.count == list.count else {
            throw InvalidFields(
                field: "input", detail: "Every entry must be a text; lists of token ids are not supported.")
        }
        guard texts.count <= maximumInputs else {
            throw InvalidFields(
                field: "input", detail: "At most \(maximumInputs) texts in one request, got \(texts.count).")
        }
        return texts
    }

    /// Errors in OpenAI's shape.
    static func response(for error: any Error) -> HTTPResponse {
        // Tokens are checked for the whole port, in Chroma's words.
        let problem = (error as? ChromaError).map { Problem($0.status, $0.message) } ?? Problem(error)
        let kind = problem.status.rawValue < 500 ? "invalid_request_error" : "server_error"
        var response = HTTPResponse(
            problem.status,
            json: [
                "error": [
                    "message": .string(problem.detail), "type": .string(kind),
                    "param": .optional(problem.fields.first?.field), "code": nil,
                ]
            ])
        if problem.status == .tooManyRequests { response.fields["Retry-After"] = "2" }
        return response
    }
}

/// Loads the encoder once, after the server has begun to listen; requests wait for it.
public actor EmbeddingModelLoader {
    private let directory: String
    private var loading: Task<EmbeddingQueue, any Error>?

    /// Remembers where the model is.
    public init(directory: String) { self.directory = directory }

    /// The encoder; the first call loads it. A failed load is tried again by the next call.
    public func queue() async throws -> EmbeddingQueue {
        // Reading and ordering the weights takes a core for a while.
        let task =
            loading
            ?? Task { [directory] in
                try await BlockingCalls.run { EmbeddingQueue(try MiniLMEncoder(directory: directory)) }
            }
        loading = task
        do {
            return try await task.value
        } catch {
            loading = nil
            throw Problem(.serviceUnavailable, "The embedding model cannot be loaded from its folder.")
        }
    }
}
