import APIDescription
import Catalog

/// What chats are on the wire.
enum HistorySchemas {
    static let chat = Schema.named(
        "Chat",
        .object([
            .has("id", .id), .has("name", .text), .has("createdAt", .time), .has("updatedAt", .time),
            .has("messages", .count), .has("preset", .text.orNull), .has("pinned", .flag), .has("folder", .text.orNull),
            .has("archived", .flag), .has("unseen", .flag, "Whether an answer has come that nobody has looked at."),
        ]))

    private static let feedback = Schema.object([
        .has("rating", .choice(FeedbackRecord.Rating.self)), .has("reason", .text.orNull),
        .has("comment", .text.orNull),
    ])

    private static let role = Schema.choice(["user", "assistant"])
    private static let ending = Schema.choice(ImportedMessage.endings)

    static let message = Schema.named(
        "Message",
        .object([
            .has("id", .id), .has("role", role), .has("text", .text), .has("createdAt", .time),
            .has("model", .text.orNull), .has("citations", .list(.reference("Citation"))),
            .has("finishReason", ending.orNull),
            .has("parentId", .text.orNull, "What it answers, or follows."),
            .has("receipt", Schema.reference("Receipt").orNull), .has("feedback", feedback.orNull),
            .has("passages", .list(.reference("Passage"))), .has("usage", Schema.map(.anything).orNull),
            .has("problem", Schema.map(.anything).orNull, "Why there is no answer, or only a part of one."),
            .may("versions", .list(.id), "The messages beside it and itself, where there is more than one."),
            .may("version", .whole(from: 1)),
        ]))

    /// A message as those see it who have a link.
    static let sharedMessage = Schema.named(
        "SharedMessage",
        .object([
            .has("role", role), .has("text", .text), .has("createdAt", .time), .has("model", .text.orNull),
            .has("finishReason", ending.orNull), .has("citations", .list(.map(.anything))),
        ]))

    static let link: [Member] = [
        .has("id", .id), .has("createdAt", .time), .has("expiresAt", .time),
        .has("messages", .count, "How many it shows."),
    ]

    static let receipt: [Member] = [
        .has("rows", .count), .has("messages", .count), .has("documents", .count), .has("links", .count),
    ]
}
