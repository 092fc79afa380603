import APIDescription
import ChatMessages

/// `/api/history/{chatId}/messages` and `branch`
enum MessageDescription {
    static let routes: [RouteDescription] = [
        RouteDescription(
            .put, "/api/history/{chatId}/messages/{messageId}", "Put a question another way",
            "A new version beside the old ones, at most \(MessageStore.mostVersions), which the chat shows from then on; `POST /api/chat` with its id answers it.",
            [HistoryDescription.chatId, .path("messageId", .id)],
            body: .json(
                .fields([.has("text", .text(1...MessageRoutes.longestQuestion))]),
                example: ["text": "What is the notice period after two years?"]),
            answers: [.json(HistorySchemas.message)],
            problems: [
                .init(.conflict, "It is no question, has too many versions, or an answer is being written in the chat.")
            ]),
        RouteDescription(
            .post, "/api/history/{chatId}/branch", "Go on from a message in a chat of its own",
            "With copies of what leads to the message, and of the message.", [HistoryDescription.chatId],
            body: .json(
                .fields([.has("messageId", .text(1...64))]),
                example: ["messageId": "01980a3e-7c40-7000-8000-000000000002"]),
            answers: [.json(HistorySchemas.chat)],
            problems: [.init(.conflict, "The chat is too large, or the workspace holds as many as it may.")]),
    ]
}
