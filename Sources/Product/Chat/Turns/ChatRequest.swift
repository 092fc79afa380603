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
    /// For a new chat; an old one keeps its own.
    let preset: String?

    /// Reads a body.
    ///
    /// - Throws: `InvalidFields` with everything that is wrong.
    init(_ body: JSONValue) throws {
        var reader = try FieldReader(
            body, allowed: ["message", "chatId", "messageId", "documents", "useDocuments", "model", "preset"])
        message = Self.question("message", body, &reader)
        chatId = Self.id("chatId", &reader)
        messageId = Self.id("messageId", &reader) ?? UUIDv7.make()
        documents = Self.documents(&reader)
        useDocuments = reader.bool("useDocuments", default: true)
        model = reader.string("model", length: 1...200)
        preset = reader.string("preset", length: 1...40)
        try reader.finish()
    }

    /// A question's text.
    static func question(_ name: String, _ body: JSONValue, _ reader: inout FieldReader) -> String {
        let text = reader.requiredString(name, length: 1...maximumMessageLength)
        if body[name]?.string?.unicodeScalars.allSatisfy(\.properties.isWhitespace) ?? false {
            reader.add(name, "Must not be blank.")
        }
        return text
    }

    /// The ids of documents to search.
    static func documents(_ reader: inout FieldReader) -> [String]? {
        let documents = reader.strings("documents", maximumCount: maximumDocuments)
        if let documents, !documents.allSatisfy(UUIDv7.isValid) {
            reader.add("documents", "Every entry must be a document's id.")
        }
        return documents
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
