public import HTTPClient
public import HTTPMessages
public import JSONCoding
import Models

/// Asks a running Apus, and takes the answer as it is written.
public struct QuestionSender: Sendable {
    /// Apus did not answer; in its own words.
    public struct Refusal: Error, CustomStringConvertible {
        public let description: String
    }

    private static let firstByte = Duration.seconds(300)
    private static let largestRefusal = 1 << 20

    private let url: String
    private let client: HTTPSession
    private let fields: HTTPFields

    /// - Parameters:
    ///   - url: Where Apus is, without a final slash.
    ///   - fields: Of every request: who asks.
    public init(url: String, client: HTTPSession, fields: HTTPFields) {
        self.url = url
        self.client = client
        self.fields = fields
    }

    /// Sends a question.
    ///
    /// - Parameters:
    ///   - path: `/api/ask` or `/api/chat`.
    ///   - body: As the API wants it.
    ///   - show: Is given the text piece by piece.
    /// - Returns: The data of `start`, null for a question without a chat, and of `done`.
    /// - Throws: `Refusal`; `HTTPClientError`.
    public func ask(_ path: String, _ body: JSONValue, show: (String) -> Void) async throws -> (
        start: JSONValue, answer: JSONValue
    ) {
        var fields = fields
        fields["Content-Type"] = "application/json"
        fields["Accept"] = "text/event-stream"
        var request = HTTPSession.Request(.post, url + path, fields: fields, body: .bytes(body.encoded))
        request.headTimeout = Self.firstByte
        let response = try await client.send(request)
        guard response.status.isSuccess else {
            let problem = (try? JSONParser.parse(try await response.collect(limit: Self.largestRefusal))) ?? .null
            throw Refusal(description: Self.words(problem) ?? "the question was answered \(response.status.rawValue)")
        }
        var parser = ServerSentEventParser()
        var start = JSONValue.null
        while let piece = try await response.body.next() {
            for event in try parser.feed(piece) {
                let data = try JSONParser.parse(event.data)
                switch event.name {
                case "start": start = data
                case "delta": show(AnswerText.printable(data["text"]?.string ?? ""))
                case "done": return (start, data)
                case "error": throw Refusal(description: Self.words(data) ?? "the answer failed")
                default: break
                }
            }
        }
        throw Refusal(description: "the connection ended before the answer did")
    }

    private static func words(_ problem: JSONValue) -> String? {
        guard let detail = problem["detail"]?.string else { return nil }
        let fields = (problem["errors"]?.array ?? []).compactMap { field -> String? in
            guard let name = field["field"]?.string, let what = field["detail"]?.string, what != detail else {
                return nil
            }
            return "\(name): \(what)"
        }
        return AnswerText.printable(([detail] + fields).joined(separator: "\n"))
    }
}
