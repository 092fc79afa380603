import Catalog
import ChatMessages
import JSONCoding
import Telemetry

/// Chats as one JSON object that `POST /api/history/import` takes back. Its members are described in docs/history.md.
struct JSONFormat: ChatFormat {
    /// Says what a file is.
    static let name = "apus-chats"
    /// Goes up when a reader of the one before would misunderstand it.
    static let version: Int64 = 1

    let mediaType = "application/json"
    let fileExtension = "json"
    private var isFirstChat = true
    private var isFirstMessage = true

    func head() -> String {
        let time = JSONValue.string(Timestamp.now()).text
        return #"{"format":"\#(Self.name)","version":\#(Self.version),"exportedAt":\#(time),"chats":["#
    }

    mutating func begin(_ chat: ChatRecord) -> String {
        defer { (isFirstChat, isFirstMessage) = (false, true) }
        let about: JSONValue = [
            "id": .string(chat.id), "name": .string(chat.name), "createdAt": .string(chat.createdAt),
            "updatedAt": .string(chat.updatedAt), "preset": .optional(chat.preset),
        ]
        return (isFirstChat ? "\n" : ",\n") + about.text.dropLast() + #","messages":["#
    }

    mutating func message(_ message: ChatMessage) -> String {
        defer { isFirstMessage = false }
        let value: JSONValue = [
            "id": .string(message.id), "role": .string(message.role), "text": .string(message.text),
            "createdAt": .string(message.createdAt), "parentId": .optional(message.parentId),
            "model": .optional(message.model), "finishReason": .optional(message.finishReason),
            "citations": .array(message.citations),
        ]
        return (isFirstMessage ? "\n" : ",\n") + value.text
    }

    func end() -> String { "]}" }

    func tail() -> String { "\n]}\n" }
}
