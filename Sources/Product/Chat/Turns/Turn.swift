import ChatMessages
import JSONCoding
import Problems
import Retrieval

/// What a caller gets to know of a chat's answer, in order.
enum TurnEvent: Sendable {
    case start
    case answer(AnswerEvent)
    case done(TurnOutcome)
    case failed(Problem)

    /// Name and data of the server-sent event.
    func wire(_ turn: Turn, requestID: String) -> (name: String, data: JSONValue) {
        switch self {
        case .start: return ("start", turn.json)
        case .answer(.sources(let passages)): return ("sources", ["passages": .array(passages.map(\.json))])
        case .answer(.tool(let activity)): return ("tool", activity.json)
        case .answer(.delta(let text)): return ("delta", ["text": .string(text)])
        case .done(let outcome): return ("done", outcome.json)
        case .failed(let problem): return ("error", problem.json(requestID: requestID))
        }
    }
}

/// A question that is being answered in a chat. A class, since it is large and every step of thousands of answers at once
/// holds on to it.
final class Turn: Sendable {
    let request: ChatRequest
    let chatId: String
    let chatName: String
    /// Whether nobody has said anything in the chat before.
    let isFirst: Bool
    let answerId: String
    /// The answer that is stored already, when this request was sent before.
    let stored: ChatMessage?
    /// Whether the question was stored by this request.
    let isNewQuestion: Bool
    /// What was said before and is not in the chat's summary.
    let history: [ChatMessage]
    let task: AnswerTask
    /// Steps that came before the answer, in milliseconds.
    let searched: SearchTimes
    /// What an equal question got as its answer.
    let remembered: RememberedAnswer?
    /// Where the answer is to be remembered; `nil` when it is not.
    let cacheKey: String?

    init(
        request: ChatRequest, chat: (id: String, name: String), isFirst: Bool, stored: ChatMessage?,
        isNewQuestion: Bool,
        history: [ChatMessage], task: AnswerTask, searched: SearchTimes, remembered: RememberedAnswer?,
        cacheKey: String?
    ) {
        self.request = request
        (chatId, chatName) = chat
        self.isFirst = isFirst
        answerId = request.derivedID("answer")
        self.stored = stored
        self.isNewQuestion = isNewQuestion
        self.history = history
        self.task = task
        self.searched = searched
        self.remembered = remembered
        self.cacheKey = cacheKey
    }

    /// The model as the caller sees it: of a stored answer, the one that wrote it.
    var model: String { stored.flatMap { $0.finishReason == "error" ? nil : $0.model } ?? task.model }

    var json: JSONValue {
        [
            "chatId": .string(chatId), "messageId": .string(request.messageId), "answerId": .string(answerId),
            "model": .string(model),
        ]
    }
}

/// How long finding passages took.
struct SearchTimes: Sendable {
    var embedMilliseconds = 0.0
    var searchMilliseconds = 0.0
}

/// How an answer ended.
struct TurnOutcome: Sendable {
    var model: String
    var finishReason: String
    var text: String
    var citations: [JSONValue]
    var usage: JSONValue
    var receipt: JSONValue
    var times = SearchTimes()
    var firstTokenMilliseconds = 0.0
    var totalMilliseconds = 0.0
    var chatName: String

    var timings: JSONValue {
        [
            "embedMs": .double(times.embedMilliseconds), "searchMs": .double(times.searchMilliseconds),
            "firstTokenMs": .double(firstTokenMilliseconds), "totalMs": .double(totalMilliseconds),
        ]
    }

    var json: JSONValue {
        [
            "model": .string(model), "finishReason": .string(finishReason), "text": .string(text),
            "citations": .array(citations), "usage": usage, "timings": timings, "receipt": receipt,
            "chatName": .string(chatName),
        ]
    }
}
