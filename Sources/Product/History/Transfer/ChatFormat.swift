import Catalog
import ChatMessages

/// How chats are written into a file, piece by piece.
protocol ChatFormat {
    /// Of the file.
    var mediaType: String { get }
    var fileExtension: String { get }

    /// Whether all versions of messages are in it, and not only those that are shown.
    var hasVersions: Bool { get }

    /// What stands before all chats.
    func head() -> String
    /// What stands before a chat's messages.
    mutating func begin(_ chat: ChatRecord) -> String
    mutating func message(_ message: ChatMessage) -> String
    /// What stands behind a chat's messages.
    mutating func end() -> String
    /// What stands behind all chats.
    func tail() -> String
}
