import APIDescription

/// `/api/history/export`, `/api/history/{chatId}/export` and `/api/history/import`
enum TransferDescription {
    private static let format: Parameter = .query("format", Schema.choice(["json", "markdown"]).standard("json"))

    private static let keptMessage = Schema.object([
        .has("id", .text), .has("role", .choice(["user", "assistant"])), .has("text", .text), .has("createdAt", .time),
        .may("parentId", .text.orNull), .may("model", .text.orNull),
        .may("finishReason", Schema.choice(ImportedMessage.endings).orNull),
        .may("citations", .list(.map(.anything), 0...ImportedMessage.mostCitations)), .may("versionOf", .text.orNull),
    ])

    private static let keptChat = Schema.object([
        .has("id", .text(1...100)), .has("name", .text(1...ImportedChat.longestName)), .may("createdAt", .time),
        .may("updatedAt", .time), .may("preset", .text.orNull), .may("chosen", .text.orNull), .may("pinned", .flag),
        .may("folder", .text.orNull), .may("archived", .flag),
        .has("messages", .list(keptMessage, 0...ImportedChat.mostMessages)),
    ])

    private static let file = Schema.named(
        "ChatFile",
        .object([
            .has("format", .choice([JSONFormat.name])),
            .has("version", .whole(Int(JSONFormat.version)...Int(JSONFormat.version))), .may("exportedAt", .text),
            .has("chats", .list(keptChat, 0...ImportFile.mostChats)),
        ]).noted("Chats as a file; docs/history.md describes its members."))

    private static let files: [Answer] = [.json(file), .bytes("text/markdown", "With `format=markdown`, for reading.")]

    static let routes: [RouteDescription] = [
        RouteDescription(.get, "/api/history/export", "Export all chats", "", [format], answers: files),
        RouteDescription(
            .get, "/api/history/{chatId}/export", "Export a chat", "", [HistoryDescription.chatId, format],
            answers: files),
        RouteDescription(
            .post, "/api/history/import", "Import chats out of a file",
            "The whole file is checked before anything of it is stored, up to \(ImportFile.longest >> 20) MiB; chats get ids of their own.",
            body: .json(
                file,
                example: [
                    "format": .string(JSONFormat.name), "version": .int(JSONFormat.version),
                    "chats": [["id": "1", "name": "Notice periods", "messages": []]],
                ]),
            answers: [
                .json(
                    .object([
                        .has(
                            "chats",
                            .list(.object([.has("id", .id), .has("name", .text), .has("messages", .count)]))),
                        .has("messages", .count),
                        .has("citationsWithoutDocument", .count, "Whose document is not there."),
                    ]))
            ],
            problems: [.init(.conflict, "The workspace holds as many chats as it may.")]),
    ]
}
