import ChatMessages
import Digests
import Synchronization
import Telemetry

/// A question that is being answered in a chat. A class, since it is large and every step of thousands of answers at once
/// holds on to it.
final class Turn: Sendable {
    let request: ChatRequest
    let chatId: String
    let chatName: String
    /// Whether nobody has said anything in the chat before.
    let isFirst: Bool
    let answerId: String
    /// Which try this is; another one of the same question has another.
    let attempt = UUIDv7.make()
    /// Time of the answer's message: that of its question and a moment, so that it stands below it however late it ends.
    let answeredAt: String
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
    /// Whether the chat's messages have versions: then nothing is summed up, which would be of all of them.
    let hasVersions: Bool
    private let cutEnding = Mutex<AnswerEnding?>(nil)
    private let lacksMessage = Mutex(false)

    /// - Parameters:
    ///   - askedAt: Time of the question's message.
    ///   - version: How many answers to the question there are before this one.
    init(
        request: ChatRequest, chat: (id: String, name: String), isFirst: Bool, stored: ChatMessage?,
        isNewQuestion: Bool, askedAt: String, version: Int = 0, hasVersions: Bool = false,
        history: [ChatMessage], task: AnswerTask, remembered: AnswerOutcome?, cacheKey: String?
    ) {
        self.request = request
        answeredAt =
            Timestamp.milliseconds(iso8601: askedAt).map { Timestamp.format(milliseconds: $0 + 1 + Int64(version)) }
            ?? askedAt
        (chatId, chatName) = chat
        self.isFirst = isFirst
        answerId = request.answerId
        self.stored = stored
        self.hasVersions = hasVersions
        self.isNewQuestion = isNewQuestion
        self.history = history
        self.task = task
        self.remembered = remembered
        self.cacheKey = cacheKey
    }

    /// Says how the answer ends if it is broken off from now on; what was said first counts.
    func cut(_ ending: AnswerEnding) { cutEnding.withLock { if $0 == nil { $0 = ending } } }

    /// How an answer ends that is broken off.
    var endingWhenCut: AnswerEnding { cutEnding.withLock { $0 } ?? .cancelled }

    /// Notes that the message store did not take the answer.
    func noteUnstored() { lacksMessage.withLock { $0 = true } }

    /// Whether the answer has ended and is in its log alone.
    var isUnstored: Bool { lacksMessage.withLock { $0 } }

    /// The stored answer, unless it had failed or was interrupted: then the question is answered anew.
    var replayed: AnswerOutcome? {
        let answer = stored.map { AnswerOutcome($0, model: task.model) }
        return answer.flatMap { [.error, .interrupted].contains($0.ending) ? nil : $0 }
    }

    /// Where the answer belongs. The model is, of a stored answer, the one that wrote it.
    var head: AnswerHead {
        AnswerHead(
            chatId: chatId, messageId: request.messageId, answerId: answerId, model: replayed?.model ?? task.model)
    }
}
