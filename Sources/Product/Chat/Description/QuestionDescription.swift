import APIDescription

/// `/api/ask` and what there is to choose from.
enum QuestionDescription {
    private static let useDay: [Member] = [
        .has("answers", .count), .has("failures", .count), .has("cacheHits", .count), .has("promptTokens", .count),
        .has("completionTokens", .count), .has("cachedTokens", .count), .has("cost", .number, "US dollars."),
    ]

    static let routes: [RouteDescription] = [
        RouteDescription(
            .post, "/api/ask", "Ask one question without a chat",
            "Nothing of it is stored but what it took.",
            body: .json(
                .fields(
                    [.has("question", ChatDescription.question)] + ChatDescription.questionFields + [
                        ChatDescription.preset
                    ]),
                example: ["question": "What is the notice period?"]),
            answers: [
                .json(AnswerSchemas.ownAnswer), .events(AnswerSchemas.events, AnswerSchemas.aboutEvents),
            ], problems: ChatDescription.modelProblems),
        RouteDescription(
            .get, "/api/models", "List the models", "In the order in which the next is asked when one fails.",
            answers: [
                .json(
                    .object([
                        .has(
                            "models",
                            .list(
                                .object([
                                    .has("id", .text), .has("provider", .text),
                                    .has("default", .flag, "Whether it is asked when a question names none."),
                                ])))
                    ]))
            ]),
        RouteDescription(
            .get, "/api/presets", "List the kinds of assistants",
            answers: [
                .json(
                    .object([
                        .has(
                            "presets",
                            .list(
                                .object([
                                    .has("id", .text), .has("name", .text), .has("description", .text),
                                    .has("disclaimer", .text.orNull, "Shown below its answers."),
                                    .has("sampleQuestions", .list(.text)), .has("look", .map(.anything)),
                                    .has("default", .flag),
                                ])))
                    ]))
            ]),
        RouteDescription(
            .get, "/api/usage", "What answers took, by day and model", "The last 30 days when nothing is said.",
            [.query("from", .day), .query("to", .day)],
            answers: [
                .json(
                    .object([
                        .has("from", .day), .has("to", .day), .has("currency", .choice(["USD"])),
                        .has(
                            "days",
                            .list(
                                .object(
                                    [.has("date", .day), .has("model", .text)] + useDay
                                        + [.has("milliseconds", .number)]))),
                        .has("total", .object(useDay)),
                    ]))
            ]),
    ]
}
