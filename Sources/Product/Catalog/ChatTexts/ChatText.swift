import Digests
import JSONCoding
import Telemetry
import TextSearch

/// A message's text as it is copied into the database, so that it can be found.
public struct ChatText: Sendable {
    /// Who a message is of.
    public enum Role: String, Sendable {
        case user, assistant
    }

    /// Characters of a message that are searched, as many as a question has at most: what is found is taken apart again to be
    /// shown.
    private static let longest = 32_000

    public let id: String
    public let role: Role
    public let createdAt: String
    public let text: String

    /// Describes a message; `nil` when it is none that can be kept: without a proper id, or of nobody.
    public init?(id: String, role: String, createdAt: String, text: String) {
        guard UUIDv7.isValid(id), let role = Role(rawValue: role) else { return nil }
        self.id = id
        self.role = role
        self.createdAt = (Timestamp.milliseconds(iso8601: createdAt) ?? -1) < 0 ? Timestamp.now() : createdAt
        // PostgreSQL has no text with this character; another one in its place keeps every offset.
        self.text = String(text.unicodeScalars.prefix(Self.longest)).replacing("\0", with: " ")
    }

    /// The row that `CatalogDatabase.keepTexts` inserts.
    var row: JSONValue {
        [
            "id": .string(id), "role": .string(role.rawValue), "created_at": .string(createdAt), "text": .string(text),
            "terms": .string(TermVector(text, weight: role == .user ? .question : .answer).text),
        ]
    }
}
