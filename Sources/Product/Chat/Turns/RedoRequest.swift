import Catalog
import Digests
import JSONCoding

/// The body of `POST /api/chat/{answerId}/regenerate`, checked: what is different this time. All of it may be left out.
struct RedoRequest: Sendable {
    private static let names = ["model", "documents", "useDocuments"] + DocumentFilter.names

    /// The answer that does not do.
    let answerId: String
    private let body: JSONValue

    /// Reads a body; none is an empty one.
    ///
    /// - Throws: `InvalidFields` with everything that is wrong.
    init(_ bytes: [UInt8], answerId: String) throws {
        self.answerId = answerId
        body = bytes.isEmpty ? [:] : try JSONParser.parse(bytes)
        _ = try question("")
    }

    /// The question of that answer, to be answered once more.
    func request(_ text: String, messageId: String, in chat: String) throws -> ChatRequest {
        ChatRequest(try question(text), messageId: messageId, in: chat, newAnswer: UUIDv7.make())
    }

    private func question(_ text: String) throws -> QuestionFields {
        var reader = try FieldReader(body, allowed: Self.names)
        let question = QuestionFields(text: text, &reader)
        try reader.finish()
        return question
    }
}
