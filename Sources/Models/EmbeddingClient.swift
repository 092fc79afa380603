import FoundationEssentials
public import HTTPClient
import HTTPMessages
import JSONCoding
public import Problems
public import Settings

/// A model service that did not do what was asked.
public struct ModelServiceError: Error, Sendable, CustomStringConvertible {
    /// Which service, for people: `embeddings`, `openai:gpt-4.1-mini`.
    public let service: String
    /// Status of the answer; 0 when there was none.
    public let status: Int
    public let reason: String

    /// Whether trying later may help.
    public var isUnavailable: Bool { status == 0 || status == 429 || status >= 500 }

    public var description: String { "\(service): \(status == 0 ? "" : "\(status) ")\(reason)" }
}

/// Embeds texts over an OpenAI-compatible endpoint.
public struct EmbeddingClient: Sendable {
    /// Texts in one request; longer lists are sent in several.
    private static let batch = 64

    /// Name of the model, as the service knows it.
    public let model: String
    private let url: String
    private let key: Secret?
    private let client: HTTPClient

    /// A client.
    ///
    /// - Parameter url: Base that ends in `/v1`.
    public init(url: String, model: String, key: Secret?, client: HTTPClient) {
        self.url = url
        self.model = model
        self.key = key
        self.client = client
    }

    /// Reads `APUS_EMBEDDINGS_URL`, `APUS_EMBEDDINGS_MODEL` and `APUS_EMBEDDINGS_KEY`.
    public init(_ settings: inout SettingsReader, client: HTTPClient) {
        self.init(
            url: settings.url("APUS_EMBEDDINGS_URL"),
            model: settings.optional("APUS_EMBEDDINGS_MODEL") ?? "all-MiniLM-L6-v2",
            key: settings.secret("APUS_EMBEDDINGS_KEY"), client: client)
    }

    /// A vector for each text, in order.
    ///
    /// - Throws: `ModelServiceError`.
    public func embed(_ texts: [String]) async throws -> [[Float]] {
        var vectors: [[Float]] = []
        for start in stride(from: 0, to: texts.count, by: Self.batch) {
            vectors += try await request(Array(texts[start..<min(start + Self.batch, texts.count)]))
        }
        return vectors
    }

    private func request(_ texts: [String]) async throws -> [[Float]] {
        let body: JSONValue = ["model": .string(model), "input": .strings(texts), "encoding_format": "base64"]
        var request = HTTPClient.Request(
            .post, url + "/embeddings", fields: ["Content-Type": "application/json"], body: .bytes(body.encoded))
        if let key { request.fields["Authorization"] = "Bearer \(key.value)" }
        request.headTimeout = .seconds(120)
        let prepared = request
        let policy = RetryPolicy()
        return try await policy.run(retryIf: { ($0 as? ModelServiceError)?.isUnavailable ?? false }) {
            try await attempt(prepared, count: texts.count)
        }
    }

    private func attempt(_ request: HTTPClient.Request, count: Int) async throws -> [[Float]] {
        let answer: (status: HTTPStatus, fields: HTTPFields, body: [UInt8])
        do {
            answer = try await client.fetch(request)
        } catch let error as HTTPClientError {
            throw ModelServiceError(service: "embeddings", status: 0, reason: error.description)
        }
        guard answer.status.isSuccess else {
            throw ModelServiceError(service: "embeddings", status: answer.status.rawValue, reason: "request refused")
        }
        guard let data = try? JSONParser.parse(answer.body)["data"]?.array, data.count == count else {
            throw ModelServiceError(service: "embeddings", status: 502, reason: "unreadable answer")
        }
        let vectors = data.sorted { ($0["index"]?.int ?? 0) < ($1["index"]?.int ?? 0) }.compactMap {
            Self.vector($0["embedding"])
        }
        guard vectors.count == count, Set(vectors.map(\.count)).count == 1 else {
            throw ModelServiceError(service: "embeddings", status: 502, reason: "unreadable vectors")
        }
        return vectors
    }

    /// base64 of little-endian floats, or a list of numbers from services that ignore the wish.
    private static func vector(_ value: JSONValue?) -> [Float]? {
        if let numbers = value?.array {
            let floats = numbers.compactMap(\.double).map { Float($0) }
            return floats.count == numbers.count && !floats.isEmpty ? floats : nil
        }
        guard let text = value?.string, let data = Data(base64Encoded: text), data.count % 4 == 0, !data.isEmpty else {
            return nil
        }
        return data.withUnsafeBytes { raw in
            (0..<raw.count / 4).map {
                Float(bitPattern: UInt32(littleEndian: raw.loadUnaligned(fromByteOffset: $0 * 4, as: UInt32.self)))
            }
        }
    }
}

extension ModelServiceError: ProblemConvertible {
    public var problem: Problem {
        isUnavailable
            ? Problem(
                .serviceUnavailable, "The model service (\(service)) is not available. Please try again in a moment.")
            : Problem(.badGateway, "The model service (\(service)) refused the request with status \(status).")
    }
}
