import APIDescription
import Catalog
import ClaimChecking

/// What answers are made of, on the wire.
enum AnswerSchemas {
    private static let place: [Member] = [
        .has("n", .whole(from: 0), "The number by which the answer cites it."),
        .has("documentId", Schema.id.orNull, "Null for a page of the web, and where the document is gone."),
        .has("name", .text, "The document's name, or the page's title."),
        .has("page", .count.orNull, "Null for a page of the web."),
        .has("start", .count, "Place in the document's text, in Unicode scalars."),
        .has("end", .count),
        .may("url", .text, "Address of a page of the web."),
    ]

    static let passage = Schema.named(
        "Passage",
        .object(
            place + [.has("text", .text), .has("score", .number, "Likeness to the question, from 0 to 1.")]))

    static let citation = Schema.named(
        "Citation",
        .object(
            place + [
                .has("quote", .text, "Empty when nothing of the passage resembles the sentence."),
                .may(
                    "sentence", .object([.has("start", .count), .has("end", .count)]),
                    "Place of the sentence that cites in the answer's text, in Unicode scalars."),
                .may("support", .choice(Support.self), "How far the passages that it cites bear the sentence out."),
            ]))

    static let activity = Schema.named(
        "ToolActivity",
        .object([
            .has("id", .text), .has("name", .text), .has("arguments", .anything),
            .has("status", .choice(["running", "done", "error"])), .may("summary", .text),
            .may("milliseconds", .number),
            .may("confirmation", .text, "The code with which the user has the tool run."),
        ]))

    static let usage = Schema.object([.has("promptTokens", .count), .has("completionTokens", .count)])

    static let timings = Schema.object([
        .has("embedMs", .number), .has("searchMs", .number), .has("firstTokenMs", .number), .has("totalMs", .number),
    ])

    private static let attempt = Schema.object([
        .has("model", .text), .has("failure", .text.orNull, "Null for the one that answered."),
        .has("milliseconds", .number),
    ])

    private static let trial = Schema.object([.has("id", .id), .has("arm", .choice(SplitRecord.Arm.self))])

    static let receipt = Schema.named(
        "Receipt",
        .object([
            .has("provider", .text), .has("model", .text, "Who answered."),
            .has("attempts", .list(attempt), "The models that were tried, in order."),
            .has("reason", .text.orNull, "Why the answer is not of the model that was asked for."),
            .has(
                "tokens", .object([.has("prompt", .count), .has("completion", .count), .has("cached", .count)])),
            .has("cost", .number.orNull, "US dollars; null when a price is not known."),
            .has("tools", .list(activity)),
            .has("passages", .object([.has("considered", .count), .has("used", .count)])),
            .has("cacheHit", .flag, "Whether an equal question was answered before."),
            .has(
                "support",
                .object([
                    .has("checked", .count), .has("supported", .count), .has("partly", .count),
                    .has("unsupported", .count),
                ]), "Sentences that were compared with what they cite."),
            .may("question", .text, "The question as it was completed from what was said before."),
            .may("retrieval", .anything, "How passages were found."),
            .may("trial", trial, "The trial that the answer belongs to."),
            .may("quotas", .list(.reference("QuotaStanding")), "Quotas that are nearly used up."),
        ]).noted("What an answer took, and how it came about."))

    static let ending = Schema.choice(AnswerEnding.self)

    private static let outcome: [Member] = [
        .has("model", .text, "Who answered."), .has("finishReason", ending), .has("text", .text),
        .has("citations", .list(citation)), .has("usage", usage), .has("timings", timings),
        .has("receipt", receipt.orNull),
        .may("chatName", .text, "The name of the chat that it belongs to."),
    ]
    private static let head: [Member] = [
        .has("chatId", .id), .has("messageId", .id, "The question."), .has("answerId", .id),
    ]
    private static let passages: Member = .has("passages", .list(passage), "The sources that it was made from.")

    /// An answer in a chat.
    static let answer = Schema.named("Answer", .object(head + outcome + [passages]))
    /// An answer to a question by itself.
    static let ownAnswer = Schema.named("OneOffAnswer", .object(outcome + [passages]))

    /// The events of an answer to a question by itself.
    static let events = [
        Event("sources", .object([passages]), "All sources so far; comes again when tools have found more."),
        Event("tool", activity, "A tool at work, or done."),
        Event("delta", .object([.has("text", .text)]), "A piece of the answer."),
        Event("done", .named("AnswerDone", .object(outcome)), "The end of an answer that there is."),
        Event("error", .reference("Problem"), "The end when there is none."),
    ]
    /// The events of an answer in a chat.
    static let chatEvents =
        [Event("start", .object(head + [.has("model", .text)]), "Where the answer belongs, and whose it will be.")]
        + events

    /// Where events come from: a comment goes out in silence, and numbers are there to come back with.
    static let aboutEvents =
        "With `Accept: text/event-stream`: the events of the answer as it is written. A comment line goes out every 10 s of silence."
}
