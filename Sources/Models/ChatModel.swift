/// One turn of a conversation as a model sees it.
public struct ModelMessage: Sendable, Equatable {
    /// `system`, `user` or `assistant`.
    public let role: String
    public let text: String

    /// Makes a turn.
    public init(role: String, text: String) {
        self.role = role
        self.text = text
    }
}

/// What a model says, as it says it.
public enum ModelEvent: Sendable, Equatable {
    case text(String)
    case usage(promptTokens: Int, completionTokens: Int)
    /// `stop` or `length`; the last event.
    case finished(reason: String)
}

/// A language model that writes answers.
public protocol ChatModel: Sendable {
    /// Name in `APUS_MODELS`, e.g. `openai:gpt-4.1-mini`.
    var id: String { get }
    /// The part before the colon.
    var provider: String { get }

    /// Writes an answer; calls `emit` for each event in order. Ends early when `emit` throws or the task is cancelled,
    /// which also ends the request to the service.
    ///
    /// - Throws: `ModelServiceError`, and what `emit` throws.
    func answer(_ messages: [ModelMessage], emit: @Sendable (ModelEvent) async throws -> Void) async throws
}
