/// What a model says, as it says it.
public enum ModelEvent: Sendable, Equatable {
    /// It is at work: it reasons, or writes a tool's arguments. Nothing to show.
    case working
    case text(String)
    /// A whole tool call.
    case toolCall(ToolCall)
    /// Sum so far; a later one replaces it.
    case usage(TokenUsage)
    /// The last event.
    case finished(FinishReason)
}

/// Why a model stopped.
public enum FinishReason: String, Sendable {
    case stop, length
    case toolCalls = "tool_calls"
    /// The service's content rules ended the answer.
    case contentFilter = "content_filter"
}

/// Tokens of one or more requests.
public struct TokenUsage: Sendable, Equatable {
    /// All tokens read, the cached ones included.
    public var prompt: Int
    public var completion: Int
    /// Part of `prompt` that the service had in its cache, which costs less.
    public var cached: Int

    /// Counts.
    public init(prompt: Int = 0, completion: Int = 0, cached: Int = 0) {
        self.prompt = prompt
        self.completion = completion
        self.cached = cached
    }

    /// The sum of two requests'.
    public static func + (left: TokenUsage, right: TokenUsage) -> TokenUsage {
        TokenUsage(
            prompt: left.prompt + right.prompt, completion: left.completion + right.completion,
            cached: left.cached + right.cached)
    }
}
