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
    let hasVersions = true
    private var isFirstChat = true
    private var isFirstMessage = true

    func head() -> String {
        let time = JSONValue.string(Timestamp.now()).text
        return #"{"format":"\#(Self.name)","version":\#(Self.version),"exportedAt":\#(time),"chats":["#
    }

    mutating func begin(_ chat: ChatRecord) -> String {
        defer { (isFirstChat, isFirstMessage) = (false, true) }
        var about: JSONObject = [
            "id": .string(chat.id), "name": .string(chat.name), "createdAt": .string(chat.createdAt),
            "updatedAt": .string(chat.updatedAt), "preset": .optional(chat.preset),
        ]
        // Files of chats without versions are what they were before there were any.
        if let chosen = chat.chosen { about["chosen"] = .string(chosen) }
        if chat.isPinned { about["pinned"] = true }
        if let folder = chat.folder { about["folder"] = .string(folder) }
        if chat.isArchived { about["archived"] = true }
        return (isFirstChat ? "\n" : ",\n") + JSONValue.object(about).text.dropLast() + #","messages":["#
    }

    mutating func message(_ message: ChatMessage) -> String {
        defer { isFirstMessage = false }
        var value: JSONObject = [
            "id": .string(message.id), "role": .string(message.role), "text": .string(message.text),
            "createdAt": .string(message.createdAt), "parentId": .optional(message.parentId),
            "model": .optional(message.model), "finishReason": .optional(message.finishReason),
            "citations": .array(message.citations),
        ]
        if let first = message.versionOf { value["versionOf"] = .string(first) }
        return (isFirstMessage ? "\n" : ",\n") + JSONValue.object(value).text
    }

    func end() -> String { "]}" }

    func tail() -> String { "\n]}\n" }
}
