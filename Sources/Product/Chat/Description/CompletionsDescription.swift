import APIDescription
import OpenAIFaces

/// `/v1/chat/completions` and `/v1/models`.
enum CompletionsDescription {
    private static let toolCall = Schema.object([
        .has("id", .text), .has("type", .choice(["function"])),
        .has("function", .object([.has("name", .text), .has("arguments", .text)])), .may("index", .count),
    ])

    private static let usage = Schema.object([
        .has("prompt_tokens", .count), .has("completion_tokens", .count), .has("total_tokens", .count),
        .has("prompt_tokens_details", .object([.has("cached_tokens", .count)])),
    ])

    private static func choice(_ name: String, _ schema: Schema) -> Schema {
        .object([
            .has("index", .count), .has(name, schema), .has("finish_reason", .text.orNull),
            .has("logprobs", .anything),
        ])
    }

    private static func head(_ object: String) -> [Member] {
        [
            .has("id", .text), .has("object", .choice([object])), .has("created", .count, "Seconds since 1970."),
            .has("model", .text),
        ]
    }

    private static let completion = Schema.named(
        "Completion",
        .object(
            head("chat.completion") + [
                .has(
                    "choices",
                    .list(
                        choice(
                            "message",
                            .object([
                                .has("role", .choice(["assistant"])), .has("content", .text.orNull),
                                .may("tool_calls", .list(toolCall)),
                            ])), 1...1)),
                .has("usage", usage), .has("citations", .list(AnswerSchemas.citation)),
                .has("receipt", AnswerSchemas.receipt.orNull),
            ]))

    private static let chunk = Schema.named(
        "CompletionChunk",
        .object(
            head("chat.completion.chunk") + [
                .has(
                    "choices",
                    .list(
                        choice(
                            "delta",
                            .object([
                                .may("role", .text), .may("content", .text), .may("tool_calls", .list(toolCall)),
                            ])), 0...1)),
                .may("usage", usage), .may("citations", .list(AnswerSchemas.citation)),
                .may("receipt", AnswerSchemas.receipt.orNull),
            ]))

    /// OpenAI's parameters that have an effect here; the others are ignored, so more members may be there.
    private static let request = Schema.object([
        .may(
            "model", Schema.text(QuestionFields.modelLength).orNull,
            "`apus`, which answers from the documents, or a model by itself."),
        .has(
            "messages",
            .list(
                .object([
                    .has("role", .choice(["system", "developer", "user", "assistant", "tool"])),
                    .may(
                        "content",
                        .either([.text.orNull, .list(.object([.has("type", .choice(["text"])), .has("text", .text)]))])),
                    .may("tool_calls", .anything), .may("tool_call_id", .anything),
                ]), 1...CompletionRequest.maximumMessages)),
        .may("stream", .flag.orNull), .may("stream_options", .anything),
        .may("temperature", Schema.number(CompletionRequest.temperatures).orNull),
        .may("max_completion_tokens", Schema.number(CompletionRequest.tokens).orNull),
        .may("max_tokens", Schema.number(CompletionRequest.tokens).orNull),
        .may("tools", .anything, "At most \(CompletionRequest.maximumTools) functions of the caller."),
        .may("tool_choice", .anything), .may("n", Schema.whole(1...1).orNull),
    ])

    static let routes: [RouteDescription] = [
        RouteDescription(
            .post, "/v1/chat/completions", "Answer as OpenAI's chat completions do",
            "The last message of the user is the question. Citations stand in a member of their own, and as numbered notes below the text. What OpenAI knows and has no effect here is ignored.",
            body: .json(
                request,
                example: [
                    "model": "apus", "messages": [["role": "user", "content": "What is the notice period?"]],
                ]),
            answers: [
                .json(completion),
                .events(
                    [
                        Event("", chunk, "A piece of the answer."),
                        Event("", OpenAISchemas.error, "The end when there is none."),
                        Event("", .choice(["[DONE]"]), "The end."),
                    ], "With `\"stream\": true`."),
            ], problems: ChatDescription.modelProblems, form: .other(OpenAISchemas.error)),
        RouteDescription(
            .get, "/v1/models", "List the models as OpenAI does",
            answers: [
                .json(
                    .object([
                        .has("object", .choice(["list"])),
                        .has(
                            "data",
                            .list(
                                .object([
                                    .has("id", .text), .has("object", .choice(["model"])), .has("created", .count),
                                    .has("owned_by", .text),
                                ]))),
                    ]))
            ]),
    ]
}
