import Catalog
import Digests
import JSONCoding

/// The body of `POST /api/chat`, checked.
struct ChatRequest: Sendable {
    /// The preset in it is for a new chat; an old one keeps its own.
    let question: QuestionFields
    let chatId: String?
    let messageId: String
    /// The answer, when it is another version beside those that there are.
    private let newAnswer: String?

    /// Reads a body.
    ///
    /// - Throws: `InvalidFields` with everything that is wrong.
    init(_ body: JSONValue) throws {
        var reader = try FieldReader(body, allowed: ["message", "chatId", "messageId"] + QuestionFields.names)
        question = QuestionFields("message", body, &reader)
        chatId = reader.id("chatId")
        messageId = reader.id("messageId") ?? UUIDv7.make()
        newAnswer = nil
        try reader.finish()
    }

    /// A stored question that is to be answered once more.
    init(_ question: QuestionFields, messageId: String, in chat: String, newAnswer: String) {
        self.question = question
        self.messageId = messageId
        self.newAnswer = newAnswer
        chatId = chat
    }

    /// The answer's id.
    var answerId: String { newAnswer ?? derivedID("answer") }

    /// An id that follows from the caller's message id alone, so that a request that is sent twice meets its own
    /// traces even when it named no chat.
    func derivedID(_ purpose: String) -> String { UUIDv7.derived(from: messageId, purpose: purpose) }

    /// The id of the chat that the question begins. It follows from who asks, too: with another's message id nobody comes into
    /// another's chat.
    func newChatID(in catalog: WorkspaceCatalog) -> String {
        let isFirst = catalog.workspace == CatalogDatabase.firstWorkspace
        guard !isFirst || catalog.person != nil else { return derivedID("chat") }
        return derivedID("chat of \(catalog.person ?? "nobody") in \(catalog.workspace)")
    }
}
