import ChatHistory
import HTTPServing
import JSONCoding
import Problems
import Retrieval

/// What a caller gets to know of an answer, in order.
enum TurnEvent: Sendable {
    case start
    case sources([FoundPassage])
    case delta(String)
    case done(TurnOutcome)
    case failed(Problem)

    /// Name and data of the server-sent event.
    func wire(_ turn: Turn, requestID: String) -> (name: String, data: JSONValue) {
        switch self {
        case .start: return ("start", turn.json)
        case .sources(let passages): return ("sources", ["passages": .array(passages.map(\.json))])
        case .delta(let text): return ("delta", ["text": .string(text)])
        case .done(let outcome): return ("done", outcome.json)
        case .failed(let problem): return ("error", problem.json(requestID: requestID))
        }
    }
}

/// A question that is being answered.
struct Turn: Sendable {
    let request: ChatRequest
    let chatId: String
    let chatName: String
    let answerId: String
    let model: String
    /// The answer that is stored already, when this request was sent before.
    let stored: ChatMessage?
    /// Whether the question was stored by this request.
    let isNewQuestion: Bool
    let history: [ChatMessage]
    let found: PassageRetriever.Result?
    let hasDocuments: Bool

    var json: JSONValue {
        [
            "chatId": .string(chatId), "messageId": .string(request.messageId), "answerId": .string(answerId),
            "model": .string(model),
        ]
    }
}

/// How an answer ended.
struct TurnOutcome: Sendable {
    var finishReason: String
    var text: String
    var citations: [JSONValue]
    var promptTokens = 0
    var completionTokens = 0
    var embedMilliseconds = 0.0
    var searchMilliseconds = 0.0
    var firstTokenMilliseconds = 0.0
    var totalMilliseconds = 0.0
    var chatName: String

    var usage: JSONValue {
        ["promptTokens": .int(Int64(promptTokens)), "completionTokens": .int(Int64(completionTokens))]
    }

    var json: JSONValue {
        [
            "finishReason": .string(finishReason), "text": .string(text), "citations": .array(citations),
            "usage": usage,
            "timings": [
                "embedMs": .double(embedMilliseconds), "searchMs": .double(searchMilliseconds),
                "firstTokenMs": .double(firstTokenMilliseconds), "totalMs": .double(totalMilliseconds),
            ],
            "chatName": .string(chatName),
        ]
    }
}
