package import APIDescription
import Catalog
import OpenAIFaces

extension ChatFunctions {
    /// What is to be known of the app's routes.
    package static let topics = [
        APITopic(
            "Chat", "Questions and answers in chats, and answers while they are written.", ChatDescription.routes),
        APITopic("Questions", "A question by itself, and what can be asked of whom.", QuestionDescription.routes),
        APITopic(
            "OpenAI", "The faces that OpenAI's SDKs and other chat clients know.", CompletionsDescription.routes),
        APITopic(
            "OpenAI's responses", "Answers for programs that were written for assistants and threads.",
            ResponsesDescription.routes),
        APITopic(
            "Model Context Protocol", "The documents for other programs' models.", ModelContextDescription.routes),
        APITopic("Feedback", "What people think of answers.", FeedbackDescription.routes),
        APITopic(
            "Experiments", "What runs of `apus eval` came to, and trials in service.", ExperimentsDescription.routes),
    ]
}

/// `/api/chat…`
enum ChatDescription {
    /// What every question may bring.
    static let questionFields: [Member] = [
        .may(
            "documents", .list(.id, 0...QuestionFields.maximumDocuments),
            "Searches these alone; without it everything that can be seen."),
        .may(
            "tags", .list(.text(DocumentFacts.tagLength), 0...DocumentFacts.mostTags),
            "Searches documents that have all of them."),
        .may("before", .day, "Searches documents of an earlier day."),
        .may("after", .day, "Searches documents of this day and later ones."),
        .may("source", .text, "Searches documents from there."), .may("author", .text, "Searches what they wrote."),
        .may("language", .text(2...8), "Searches documents in this language (ISO 639-1)."),
        .may("useDocuments", .flag.standard(true), "Whether documents are searched."),
        .may("model", .text(QuestionFields.modelLength), "One of `GET /api/models`; without it the first."),
    ]
    static let preset: Member = .may(
        "preset", .text(QuestionFields.presetLength), "One of `GET /api/presets`; of no matter in a chat that there is."
    )
    static let question = Schema.text(1...QuestionFields.maximumLength)

    private static let failed: RouteDescription.Remark = .init(
        .badGateway, "The model's service refused what it was asked.")
    private static let broke: RouteDescription.Remark = .init(
        .paymentRequired, "A quota that waiting does not refill soon is used up.")
    static let modelProblems = [failed, broke]
    private static let answerId: Parameter = .path("answerId", .id)

    static let routes: [RouteDescription] = [
        RouteDescription(
            .post, "/api/chat", "Ask a question in a chat",
            "The question is stored before a model is called, and what was written is stored however the answer ends. As events the answer goes on when the caller leaves, and can be read from its log; as one object it ends with the request. The same `messageId` sent twice is answered from what is stored.",
            body: .json(
                .fields(
                    [
                        .has("message", question), .may("chatId", .id, "Without it a chat is made and named."),
                        .may("messageId", .id, "The caller's own, so that a request can be sent again."),
                    ] + questionFields + [preset]),
                example: ["message": "What is the notice period?"]),
            answers: [
                .json(AnswerSchemas.answer),
                .events(AnswerSchemas.chatEvents, AnswerSchemas.aboutEvents),
            ],
            problems: [.init(.conflict, "The chat is full, or an answer is being written to this question.")]
                + modelProblems),
        RouteDescription(
            .get, "/api/chat/{answerId}/events", "Read an answer as it is written",
            "From its beginning, or after an event that the reader has: `after`, or the field `Last-Event-ID` that an event source sends by itself.",
            [
                answerId,
                .query(
                    "after", .whole(0...RunningAnswerRoutes.greatestNumber).standard(0),
                    "The number of the last event that the reader has."),
                .header("Last-Event-ID", .text(like: "^[0-9]{0,15}$"), "The same."),
            ],
            answers: [
                .events(AnswerSchemas.chatEvents, "The events, each with its number as `id`."),
                .nothing(.noContent, "There is nothing after that event; an event source does not ask again."),
            ]),
        RouteDescription(
            .post, "/api/chat/{answerId}/stop", "Stop an answer",
            "What is written of it is kept. One that has ended stays as it is, and says how it ended.", [answerId],
            answers: [
                .json(
                    .object([
                        .has("answerId", .id), .has("chatId", .id),
                        .has("finishReason", AnswerSchemas.ending.orNull, "Null while it is still being stopped."),
                    ]))
            ]),
        RouteDescription(
            .post, "/api/chat/{answerId}/regenerate", "Have a question answered again",
            "Another version beside the answers that there are.", [answerId],
            body: .json(.fields(questionFields), example: [:], isRequired: false),
            answers: [
                .json(AnswerSchemas.answer),
                .events(AnswerSchemas.chatEvents, AnswerSchemas.aboutEvents),
            ],
            problems: [
                .init(
                    .conflict, "It has no question, has too many versions, or an answer is being written in the chat.")
            ] + modelProblems),
    ]
}
