import JSONCoding
import Problems
import Retrieval

/// What a caller gets to know of an answer, in order. Names and data on the wire are told here and nowhere else.
enum AnswerEvent: Sendable {
    /// Only of answers in a chat.
    case start(AnswerHead)
    /// All sources so far; comes again when tools have found more.
    case sources([FoundPassage])
    case tool(ToolActivity)
    case delta(String)
    /// The last event of an answer that there is.
    indirect case done(AnswerOutcome)
    /// The last event when there is none.
    case failed(Problem)

    /// Name and data of the server-sent event.
    func wire(requestID: String) -> (name: String, data: JSONValue) {
        switch self {
        case .start(let head): ("start", .object(head.json))
        case .sources(let passages): ("sources", ["passages": .array(passages.map(\.json))])
        case .tool(let activity): ("tool", activity.json)
        case .delta(let text): ("delta", ["text": .string(text)])
        case .done(let outcome): ("done", .object(outcome.json))
        case .failed(let problem): ("error", problem.json(requestID: requestID))
        }
    }
}

/// Where an answer belongs, and whose it will be.
struct AnswerHead: Sendable {
    let chatId: String
    let messageId: String
    let answerId: String
    let model: String

    var json: JSONObject {
        [
            "chatId": .string(chatId), "messageId": .string(messageId), "answerId": .string(answerId),
            "model": .string(model),
        ]
    }
}
