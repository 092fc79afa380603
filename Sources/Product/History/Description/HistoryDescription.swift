package import APIDescription
import Catalog
import FunctionsRuntime
import OpenAIFaces

extension HistoryFunctions {
    /// What is to be known of the app's routes.
    package static let topics = [
        APITopic("Chats", "Chats that there are, and their messages.", HistoryDescription.routes),
        APITopic(
            "Messages", "Questions put another way, and chats that go on from a message.", MessageDescription.routes),
        APITopic("Files of chats", "Out and in.", TransferDescription.routes),
        APITopic(
            "OpenAI's conversations", "Chats, as OpenAI's API has them.", ConversationsDescription.routes),
        APITopic("Links", "Chats shown to others.", ShareDescription.routes),
    ]
}

/// `/api/history`
enum HistoryDescription {
    static let chatId: Parameter = .path("chatId", .id)
    private static let folder = Schema.text(1...ChatFields.longestFolder)

    static let routes: [RouteDescription] = [
        RouteDescription(
            .get, "/api/history", "List the chats", "Pinned ones first, then the latest.",
            [
                .limit(standard: HistoryRoutes.chatPage.standard, most: HistoryRoutes.chatPage.most),
                .query("before", .id, "The `next` of the page before."),
                .query("archived", Schema.choice(["true", "false", "any"]).standard("false")),
                .query("pinned", .choice(["true", "false"])),
                .query(
                    "folder", .text(0...ChatFields.longestFolder), "A folder's name; empty for the chats in none."),
            ],
            answers: [
                .json(.object([.has("chats", .list(HistorySchemas.chat)), .has("next", Schema.id.orNull)]))
            ]),
        RouteDescription(
            .get, "/api/history/search", "Search chats", "All words have to be there, in any order.",
            [
                .query(
                    "q", .text(1...ChatQuery.longest), "At most \(ChatQuery.mostWords) words.", isRequired: true),
                .limit(standard: SearchRoute.page.standard, most: SearchRoute.page.most),
                .query("before", .text, "The `next` of the page before."),
            ],
            answers: [
                .json(
                    .object([
                        .has(
                            "hits",
                            .list(
                                .object([
                                    .has("chat", .object([.has("id", .id), .has("name", .text)])),
                                    .has(
                                        "message",
                                        Schema.object([
                                            .has("id", .text), .has("role", .choice(["user", "assistant"])),
                                            .has("createdAt", .time),
                                        ]).orNull, "Null where the chat's name has the words."),
                                    .has("excerpt", .text),
                                    .has(
                                        "highlights", .list(.list(.count, 2...2)),
                                        "Start and end in the excerpt, in Unicode scalars."),
                                ]))), .has("next", .text.orNull),
                    ]))
            ]),
        RouteDescription(
            .get, "/api/history/folders", "List the folders",
            answers: [
                .json(
                    .object([
                        .has("folders", .list(.object([.has("name", .text), .has("chats", .count)])))
                    ]))
            ]),
        RouteDescription(
            .get, "/api/history/{chatId}", "Read a chat",
            "Its last messages, oldest first. Where messages have versions, one path.",
            [
                chatId, .limit(standard: HistoryRoutes.messagePage.standard, most: HistoryRoutes.messagePage.most),
                .query("before", .id, "The `next` of the page before."),
                .query("path", .id, "A message that the path is to lead through."),
            ],
            answers: [
                .json(
                    .object([
                        .has("chat", HistorySchemas.chat), .has("messages", .list(HistorySchemas.message)),
                        .has("next", Schema.id.orNull),
                        .has(
                            "running",
                            .list(
                                .object([
                                    .has("answerId", .id), .has("messageId", .id), .has("model", .text),
                                    .has("createdAt", .time),
                                ])), "Answers that are being written."),
                    ]))
            ]),
        RouteDescription(
            .patch, "/api/history/{chatId}", "Change what is said of a chat",
            "What is left out stays. `chosen` takes another path, and comes alone.", [chatId],
            body: .json(
                .either([
                    .changes([
                        .may("name", .text(1...ChatFields.longestName)), .may("pinned", .flag),
                        .may("folder", folder.orNull, "Null for none."), .may("archived", .flag), .may("seen", .flag),
                    ]),
                    .fields([.has("chosen", .id, "A message that the path is to lead through.")]),
                ]), example: ["name": "Notice periods"]),
            answers: [.json(HistorySchemas.chat)],
            problems: [.init(.conflict, "There are as many folders as there may be.")]),
        RouteDescription(
            .delete, "/api/history/{chatId}", "Delete a chat", "With its documents and links.",
            [
                chatId,
                .query(
                    "undo", .choice(["true", "false"]),
                    "Whether it can be restored for \(WorkspaceCatalog.undoSeconds) s."),
            ],
            answers: [
                .json(.object(HistorySchemas.receipt)),
                .json(.accepted, .object([.has("undoUntil", .time)]), "It can be restored until then."),
            ]),
        RouteDescription(
            .post, "/api/history/delete", "Delete several chats",
            "Each by itself: one that cannot be deleted keeps none of the others.",
            body: .json(
                .fields([.has("ids", .list(.text, 1...DeletionRoutes.mostChats)), .may("undo", .flag)]),
                example: ["ids": ["01980a3e-7c40-7000-8000-000000000001"], "undo": true]),
            answers: [
                .json(
                    .object([
                        .has(
                            "results",
                            .list(
                                .object([
                                    .has("id", .text), .has("status", .whole(200...599)), .may("detail", .text),
                                    .may("undoUntil", .time), .may("rows", .count), .may("messages", .count),
                                    .may("documents", .count), .may("links", .count),
                                ])))
                    ]))
            ]),
        RouteDescription(
            .post, "/api/history/{chatId}/restore", "Restore a chat",
            "For \(WorkspaceCatalog.undoSeconds) s after it was deleted with `undo`.", [chatId],
            answers: [.json(HistorySchemas.chat)]),
    ]
}
