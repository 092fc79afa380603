import HTTPMessages
public import JSONCoding
public import Problems

/// How an answer came out, as the events and the response tell it.
public struct ResponseOutcome: Sendable {
    /// How it ended.
    public enum Ending: String, Sendable {
        case completed, incomplete, cancelled, failed
    }

    /// A function that the model asks for.
    public struct Call: Sendable, Equatable {
        public let id: String
        public let name: String
        public let arguments: String

        /// A call.
        public init(id: String, name: String, arguments: String) {
            self.id = id
            self.name = name
            self.arguments = arguments
        }
    }

    public let ending: Ending
    public let text: String
    /// Citations in the form of annotations.
    public let annotations: [JSONValue]
    public let calls: [Call]
    public let promptTokens: Int
    public let cachedTokens: Int
    public let completionTokens: Int
    /// What the answer took and how it came about; a member of our own.
    public let receipt: JSONValue
    /// Why there is none.
    public let problem: Problem?

    /// An outcome.
    public init(
        _ ending: Ending, text: String = "", annotations: [JSONValue] = [], calls: [Call] = [], promptTokens: Int = 0,
        cachedTokens: Int = 0, completionTokens: Int = 0, receipt: JSONValue = .null, problem: Problem? = nil
    ) {
        self.ending = ending
        self.text = text
        self.annotations = annotations
        self.calls = calls
        self.promptTokens = promptTokens
        self.cachedTokens = cachedTokens
        self.completionTokens = completionTokens
        self.receipt = receipt
        self.problem = problem
    }

    var usage: JSONValue {
        [
            "input_tokens": .int(Int64(promptTokens)),
            "input_tokens_details": ["cached_tokens": .int(Int64(cachedTokens)), "cache_write_tokens": 0],
            "output_tokens": .int(Int64(completionTokens)), "output_tokens_details": ["reasoning_tokens": 0],
            "total_tokens": .int(Int64(promptTokens + completionTokens)),
        ]
    }

    var error: JSONValue {
        guard ending == .failed else { return .null }
        return [
            "code": problem?.status == .tooManyRequests ? "rate_limit_exceeded" : "server_error",
            "message": .string(problem?.detail ?? "The answer failed."),
        ]
    }
}
