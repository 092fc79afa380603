import HTTPClient
import HTTPMessages
import JSONCoding

/// A provider's translation: one request into its wire form, and the JSON messages of its stream into events.
protocol WireFormat: Sendable {
    /// How messages are told apart in the stream.
    var framing: StreamFraming { get }

    /// The HTTP request for an answer in a stream.
    ///
    /// - Throws: `ModelServiceError` when there is no token to be had.
    func encode(_ request: ModelRequest, _ settings: ModelSettings) async throws -> HTTPSession.Request

    /// A reader at the start of a stream.
    func decoder() -> any AnswerDecoder

    /// Whether the service still has to load the model, and how long that may take; `nil` when it does not say.
    func loadTime(_ settings: ModelSettings, _ client: HTTPSession) async -> Duration?

    /// What to do when the service does not know the model.
    var missingModelAdvice: String { get }
}

extension WireFormat {
    var missingModelAdvice: String { "check its name and that the key may use it" }

    func loadTime(_ settings: ModelSettings, _ client: HTTPSession) async -> Duration? { .none }
}

/// How a stream's JSON messages are framed.
enum StreamFraming: Sendable {
    /// Server-sent events.
    case events
    /// One JSON value a line.
    case lines
}

/// Reads the messages of one answer.
protocol AnswerDecoder: Sendable {
    /// What a message means.
    ///
    /// - Throws: `AnswerFault`.
    mutating func take(_ message: JSONValue) throws(AnswerFault) -> [ModelEvent]

    /// What the end of the stream means: the last events, `finished` among them if the answer is whole.
    mutating func end() -> [ModelEvent]
}

/// A message that ends an answer with an error.
struct AnswerFault: Error {
    var kind = ModelServiceError.Kind.unavailable
    let reason: String

    /// Most tool calls of one answer.
    static let maximumCalls = 32
    /// Longest arguments of a tool call.
    static let maximumArgumentBytes = 256 << 10

    static let tooManyCalls = AnswerFault(reason: "more than \(maximumCalls) tool calls")
    static let tooLongArguments = AnswerFault(
        reason: "a tool call's arguments have more than \(maximumArgumentBytes >> 10) KiB")
}
