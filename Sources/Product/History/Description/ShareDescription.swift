import APIDescription
import ChatMessages
import FunctionsRuntime

/// `/api/history/{chatId}/share` and `/api/share`
enum ShareDescription {
    private static let made: [Member] = [
        .has("token", .text, "Opens the link; it is told once."), .has("path", .text),
    ]

    private static let shown: [Answer] = [
        .json(
            .object([
                .has("name", .text.orNull, "Null where something is withheld."), .has("createdAt", .time),
                .has("expiresAt", .time), .has("count", .count), .has("withheld", .count),
                .has("messages", .list(HistorySchemas.sharedMessage)), .has("next", Schema.count.orNull),
            ])), .bytes("text/markdown", "With `format=markdown`."),
    ]

    private static let parameters: [Parameter] = [
        .limit(standard: SharedChatRoute.page.standard, most: SharedChatRoute.page.most),
        .query("after", .whole(0...MessageStore.mostWithVersions), "The `next` of the page before."),
        .query("format", Schema.choice(["json", "markdown"]).standard("json")),
    ]

    private static let forMembers: RouteDescription.Remark = .init(
        .unauthorized, "The link is not found, has ended, or is for people who are signed in.")

    static let routes: [RouteDescription] = [
        RouteDescription(
            .post, "/api/history/{chatId}/share", "Make a link to a chat", "It shows the chat as it is now.",
            [HistoryDescription.chatId],
            body: .json(
                .fields([
                    .may(
                        "expiresInDays", Schema.whole(ShareRoutes.days).standard(.int(Int64(ShareRoutes.standardDays))))
                ]), example: ["expiresInDays": 7], isRequired: false),
            answers: [.json(.created, .object(HistorySchemas.link + made))],
            problems: [.init(.conflict, "There is nothing to show, or there are too many links.")]),
        RouteDescription(
            .get, "/api/history/{chatId}/share", "List a chat's links", "", [HistoryDescription.chatId],
            answers: [.json(.object([.has("links", .list(.object(HistorySchemas.link)))]))]),
        RouteDescription(
            .delete, "/api/history/{chatId}/share/{shareId}", "End a link", "",
            [HistoryDescription.chatId, .path("shareId", .id)], answers: [.nothing()]),
        RouteDescription(
            .get, "/api/share", "Read the chat of a link, by a field",
            "As below; no server on the way keeps a field in its log.",
            [.header("x-apus-link", .text, "What opens the link.")] + parameters, answers: shown,
            problems: [forMembers, .init(.notFound, "The link is not found or has ended.")]),
        RouteDescription(
            .get, "/api/share/{token}", "Read the chat of a link", "",
            [.path("token", .text)] + parameters, answers: shown, problems: [forMembers]),
    ]
}
