import ChatMessages

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
    /// What an equal question got as its answer.
    let remembered: AnswerOutcome?
    /// Where the answer is to be remembered; `nil` when it is not.
    let cacheKey: String?

    init(
        request: ChatRequest, chat: (id: String, name: String), isFirst: Bool, stored: ChatMessage?,
        isNewQuestion: Bool,
        history: [ChatMessage], task: AnswerTask, remembered: AnswerOutcome?, cacheKey: String?
    ) {
        self.request = request
        (chatId, chatName) = chat
        self.isFirst = isFirst
        answerId = request.derivedID("answer")
        self.stored = stored
        self.isNewQuestion = isNewQuestion
        self.history = history
        self.task = task
        self.remembered = remembered
        self.cacheKey = cacheKey
    }

    /// The stored answer, unless it had failed: then the question is answered anew.
    var replayed: AnswerOutcome? {
        let answer = stored.map { AnswerOutcome($0, model: task.model) }
        return answer?.ending == .error ? nil : answer
    }

    /// Where the answer belongs. The model is, of a stored answer, the one that wrote it.
    var head: AnswerHead {
        AnswerHead(
            chatId: chatId, messageId: request.messageId, answerId: answerId, model: replayed?.model ?? task.model)
    }
}
