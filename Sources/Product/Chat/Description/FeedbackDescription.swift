import APIDescription
import Catalog
import FunctionsRuntime

/// `/api/feedback`
enum FeedbackDescription {
    private static let said: [Member] = [
        .has("chatId", .id), .has("answerId", .id), .has("rating", Schema.choice(FeedbackRecord.Rating.self).orNull),
        .has("reason", Schema.choice(FeedbackFields.Reason.self).orNull), .has("comment", .text.orNull),
    ]
    private static let more: [Member] = [
        .may("question", .text), .may("model", .text), .may("createdAt", .time), .may("updatedAt", .time),
    ]
    private static let feedback = Schema.named("Feedback", .object(said + more))

    static let routes: [RouteDescription] = [
        RouteDescription(
            .post, "/api/feedback", "Rate an answer",
            "What is said again takes the place of what was said; null withdraws it.",
            body: .json(
                .fields([
                    .has("chatId", .id), .has("answerId", .id),
                    .has("rating", Schema.choice(FeedbackRecord.Rating.self).orNull, "Null withdraws what was said."),
                    .may("reason", .choice(FeedbackFields.Reason.self), "Goes with `down` alone."),
                    .may("comment", .text(0...FeedbackFields.longestComment), "Goes with a rating."),
                ]),
                example: [
                    "chatId": "01980a3e-7c40-7000-8000-000000000001",
                    "answerId": "01980a3e-7c40-7000-8000-000000000002", "rating": "up",
                ]),
            answers: [.json(feedback)],
            problems: [.init(.conflict, "The answer broke off.")]),
        RouteDescription(
            .get, "/api/feedback", "List what was said of answers", "The latest first.",
            [
                .limit(standard: FeedbackRoute.page.standard, most: FeedbackRoute.page.most),
                .query("before", .text, "The `next` of the page before."),
                .query("rating", .choice(FeedbackRecord.Rating.self)),
            ],
            answers: [.json(.object([.has("feedback", .list(feedback)), .has("next", .text.orNull)]))]),
    ]
}
