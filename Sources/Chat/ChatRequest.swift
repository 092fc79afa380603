import Digests
import JSONCoding

/// The body of `POST /api/chat`, checked.
struct ChatRequest: Sendable {
    static let maximumMessageLength = 32_000
    private static let maximumDocuments = 1000

    let message: String
    let chatId: String?
    let messageId: String
    /// Documents to search; `nil` means everything the chat can see.
    let documents: [String]?
    let useDocuments: Bool
    let model: String?

    /// Reads a body.
    ///
    /// - Throws: `InvalidFields` with everything that is wrong.
    init(_ body: JSONValue) throws {
        var reader = try FieldReader(
            body, allowed: ["message", "chatId", "messageId", "documents", "useDocuments", "model"])
        message = reader.requiredString("message", length: 1...Self.maximumMessageLength)
        chatId = Self.id("chatId", &reader)
        messageId = Self.id("messageId", &reader) ?? UUIDv7.make()
        documents = reader.strings("documents", maximumCount: Self.maximumDocuments)
        if let documents, !documents.allSatisfy(UUIDv7.isValid) {
            reader.add("documents", "Every entry must be a document's id.")
        }
        useDocuments = reader.bool("useDocuments", default: true)
        model = reader.string("model", length: 1...200)
        if body["message"]?.string?.unicodeScalars.allSatisfy(\.properties.isWhitespace) ?? false {
            reader.add("message", "Must not be blank.")
        }
        try reader.finish()
    }

    private static func id(_ name: String, _ reader: inout FieldReader) -> String? {
        guard let text = reader.string(name, length: 1...64)?.lowercased() else { return nil }
        if !UUIDv7.isValid(text) { reader.add(name, "Must be a UUID.") }
        return text
    }

    /// An id that follows from the caller's message id alone, so that a request that is sent twice meets its own
    /// traces even when it named no chat.
    func derivedID(_ purpose: String) -> String { UUIDv7.derived(from: messageId, purpose: purpose) }
}
