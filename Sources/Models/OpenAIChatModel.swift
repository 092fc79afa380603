public import HTTPClient
import HTTPMessages
import JSONCoding
public import Settings

/// A model behind OpenAI's chat completions API, or any service that speaks it.
public struct OpenAIChatModel: ChatModel {
    /// How the key is sent.
    public enum Authorization: Sendable {
        case bearer(Secret)
        /// Azure OpenAI's own field.
        case apiKey(Secret)
        case none
    }

    public let provider: String
    public var id: String { provider + ":" + model }

    private let model: String
    private let url: String
    private let authorization: Authorization
    private let client: HTTPClient

    /// A model.
    ///
    /// - Parameter url: Base that ends in `/v1` or its like.
    public init(provider: String, model: String, url: String, authorization: Authorization, client: HTTPClient) {
        self.provider = provider
        self.model = model
        self.url = url
        self.authorization = authorization
        self.client = client
    }

    public func answer(_ messages: [ModelMessage], emit: @Sendable (ModelEvent) async throws -> Void) async throws {
        let response = try await open(messages)
        var parser = ServerSentEventParser()
        var reason: String?
        do {
            stream: while let piece = try await response.body.next() {
                for event in parser.feed(piece) {
                    if event.data == "[DONE]" { break stream }
                    if let finished = try await take(event.data, emit: emit) { reason = finished }
                }
            }
        } catch let error as HTTPClientError {
            // Some services close without an end mark; after the finish reason nothing is missing.
            if reason == nil { throw ModelServiceError(service: id, status: 0, reason: error.description) }
        }
        guard let reason else {
            throw ModelServiceError(service: id, status: 0, reason: "the answer ended without a finish reason")
        }
        try await emit(.finished(reason: reason == "length" ? "length" : "stop"))
    }

    /// Passes one chunk on; returns the finish reason if it has one.
    private func take(_ data: String, emit: (ModelEvent) async throws -> Void) async throws -> String? {
        guard let chunk = try? JSONParser.parse(data) else {
            throw ModelServiceError(service: id, status: 502, reason: "unreadable answer")
        }
        if let error = chunk["error"], !error.isNull {
            throw ModelServiceError(service: id, status: 502, reason: "the service reported an error in mid-answer")
        }
        if let usage = chunk["usage"], let prompt = usage["prompt_tokens"]?.int,
            let completion = usage["completion_tokens"]?.int
        {
            try await emit(.usage(promptTokens: Int(prompt), completionTokens: Int(completion)))
        }
        let choice = chunk["choices"]?[0]
        if let text = choice?["delta"]?["content"]?.string, !text.isEmpty { try await emit(.text(text)) }
        return choice?["finish_reason"]?.string
    }

    private func open(_ messages: [ModelMessage]) async throws -> HTTPClient.Response {
        let body: JSONValue = [
            "model": .string(model), "stream": true, "stream_options": ["include_usage": true], "temperature": 0.2,
            "messages": .array(messages.map { ["role": .string($0.role), "content": .string($0.text)] }),
        ]
        var request = HTTPClient.Request(
            .post, url + "/chat/completions",
            fields: ["Content-Type": "application/json", "Accept": "text/event-stream"], body: .bytes(body.encoded))
        switch authorization {
        case .bearer(let key): request.fields["Authorization"] = "Bearer \(key.value)"
        case .apiKey(let key): request.fields["api-key"] = key.value
        case .none: break
        }
        request.headTimeout = .seconds(60)
        request.idleTimeout = .seconds(30)
        let response: HTTPClient.Response
        do {
            response = try await client.send(request)
        } catch let error as HTTPClientError {
            throw ModelServiceError(service: id, status: 0, reason: error.description)
        }
        guard response.status.isSuccess else {
            let text = (try? await response.collect(limit: 64 * 1024)) ?? []
            let code = (try? JSONParser.parse(text))?["error"]?["code"]?.string
            throw ModelServiceError(service: id, status: response.status.rawValue, reason: code ?? "request refused")
        }
        return response
    }
}
