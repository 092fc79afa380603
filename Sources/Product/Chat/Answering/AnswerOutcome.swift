import ChatMessages
import JSONCoding
import Models
import Retrieval

/// How an answer ended.
enum AnswerEnding: String, Sendable, CaseIterable {
    case stop, length, cancelled, error
    /// The process that wrote it ended, or died.
    case interrupted
    /// The documents do not answer the question.
    case notFound = "not_found"
    /// The caller is to run tools of its own.
    case toolCalls = "tool_calls"
}

/// What the steps of an answer took, in milliseconds.
struct AnswerTimes: Sendable {
    var embed = 0.0
    var search = 0.0
    /// From the question to the answer's first word.
    var firstToken = 0.0
    /// From the question to the answer's end.
    var total = 0.0

    var json: JSONValue {
        [
            "embedMs": .double(embed), "searchMs": .double(search), "firstTokenMs": .double(firstToken),
            "totalMs": .double(total),
        ]
    }
}

/// An answer that has ended, however it did: just written, remembered of an equal question, or stored in its chat.
struct AnswerOutcome: Sendable {
    /// Who wrote it.
    let model: String
    let ending: AnswerEnding
    let text: String
    let citations: [Citation]
    /// The sources that it was made from.
    let passages: [FoundPassage]
    let usage: TokenUsage
    /// `nil` for an answer that was stored without one.
    var receipt: Receipt?
    /// What the caller is to run; nothing of it is stored.
    var toolCalls: [ToolCall] = []
    var times = AnswerTimes()
    /// The name of the chat that it belongs to, if it belongs to one.
    var chatName: String?
    /// Why there is no answer, or only a part of one; as it is stored.
    var failure: JSONValue?

    /// The wire form: the data of `done`, and the end of a whole answer.
    var json: JSONObject {
        var object: JSONObject = [
            "model": .string(model), "finishReason": .string(ending.rawValue), "text": .string(text),
            "citations": .array(citations.map(\.json)), "usage": usageJSON, "timings": times.json,
            "receipt": receipt?.json ?? .null,
        ]
        if let chatName { object["chatName"] = .string(chatName) }
        return object
    }

    private var usageJSON: JSONValue {
        ["promptTokens": .int(Int64(usage.prompt)), "completionTokens": .int(Int64(usage.completion))]
    }

    /// Reports an answer that is there already, as if it were being written.
    ///
    /// - Throws: what `emit` throws.
    func replay(_ emit: Answerer.Emit) async throws {
        try await emit(.sources(passages))
        if !text.isEmpty { try await emit(.delta(text)) }
        try await emit(.done(self))
    }

    // MARK: - In a chat

    /// Reads a stored answer.
    ///
    /// - Parameter model: Who is taken for its writer when nobody is named.
    init(_ stored: ChatMessage, model: String) {
        self.model = stored.model ?? model
        ending = stored.finishReason.flatMap(AnswerEnding.init) ?? .stop
        text = stored.text
        citations = stored.citations.compactMap(Citation.init)
        passages = stored.passages.compactMap(FoundPassage.init)
        usage = TokenUsage(
            prompt: Int(clamping: stored.usage["promptTokens"]?.int ?? 0),
            completion: Int(clamping: stored.usage["completionTokens"]?.int ?? 0))
        receipt = Receipt(stored.receipt)
        failure = stored.problem.isNull ? nil : stored.problem
    }

    /// The message that is stored.
    ///
    /// - Parameter attempt: Which try of its question it is.
    func message(
        _ id: String, answering question: String, in chat: String, of workspace: String, at time: String,
        attempt: String? = nil
    ) -> ChatMessage {
        ChatMessage(
            id: id, chatId: chat, workspaceId: workspace, role: "assistant", text: text, createdAt: time,
            parentId: question, model: model, citations: citations.map(\.json), passages: passages.map(\.json),
            finishReason: ending.rawValue, usage: usageJSON, receipt: receipt?.json ?? .null,
            problem: failure ?? .null, attempt: attempt)
    }

    /// An answer that has just been made.
    init(
        _ text: String, _ ending: AnswerEnding, citations: [Citation], passages: [FoundPassage], receipt: Receipt,
        toolCalls: [ToolCall] = [], times: AnswerTimes = AnswerTimes()
    ) {
        model = receipt.model
        self.ending = ending
        self.text = text
        self.citations = citations
        self.passages = passages
        usage = receipt.usage
        self.receipt = receipt
        self.toolCalls = toolCalls
        self.times = times
    }
}
