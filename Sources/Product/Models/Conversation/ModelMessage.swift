/// One message of a conversation as a model sees it.
public struct ModelMessage: Sendable, Equatable {
    /// Who speaks.
    public enum Role: String, Sendable {
        case system, user, assistant
        /// The result of a tool.
        case tool
    }

    public let role: Role
    public let text: String
    /// Tools that the assistant asks for; empty for the other roles.
    public let toolCalls: [ToolCall]
    /// The call that a tool's message answers.
    public let answeredCall: ToolCall?
    /// Whether a tool's message tells of a failure.
    public let isError: Bool

    /// A message of words.
    public init(_ role: Role, _ text: String) {
        self.init(role: role, text: text, toolCalls: [], answeredCall: nil, isError: false)
    }

    /// What an assistant said before it asked for tools.
    public static func asking(_ text: String, for calls: [ToolCall]) -> ModelMessage {
        ModelMessage(role: .assistant, text: text, toolCalls: calls, answeredCall: nil, isError: false)
    }

    /// What a tool answered.
    public static func result(_ text: String, of call: ToolCall, isError: Bool) -> ModelMessage {
        ModelMessage(role: .tool, text: text, toolCalls: [], answeredCall: call, isError: isError)
    }

    private init(role: Role, text: String, toolCalls: [ToolCall], answeredCall: ToolCall?, isError: Bool) {
        self.role = role
        self.text = text
        self.toolCalls = toolCalls
        self.answeredCall = answeredCall
        self.isError = isError
    }
}
