package import APIDescription
import HTTPMessages

/// `/v1/responses`
package enum ResponsesDescription {
    private static let id: Parameter = .path("id", .text, "The response's, `resp_…`.")

    static let item = Schema.named(
        "ResponseItem",
        .object([
            .has("type", .text, "`message`, `function_call`, `function_call_output` or `file_search_call`."),
            .may("id", .text.orNull), .may("role", .text), .may("status", .text.orNull),
            .may(
                "content",
                .list(
                    .object([
                        .has("type", .text), .may("text", .text), .may("annotations", .anything),
                        .may("logprobs", .anything),
                    ]))), .may("call_id", .text), .may("name", .text), .may("arguments", .text),
            .may("output", .anything), .may("queries", .list(.text)), .may("results", .anything),
        ]).noted("As OpenAI has it; annotations of type `file_citation` have `page` and `quote` as well."))

    private static let response = Schema.named(
        "Response",
        .object(
            [
                .has("id", .text), .has("object", .choice(["response"])), .has("created_at", .number),
                .has("status", .choice(["in_progress", "completed", "failed", "incomplete", "cancelled", "queued"])),
                .has("model", .text), .has("output", .list(item)), .has("error", .anything),
                .has("incomplete_details", .anything), .has("metadata", .anything), .may("usage", .anything),
                .may("receipt", .anything, "Who answered, and at what cost, as answers of Apus have it."),
            ] + echoed.map { .may($0, .anything) }))

    /// What the request said of it, and what OpenAI's own have.
    private static let echoed = [
        "completed_at", "instructions", "tools", "tool_choice", "temperature", "top_p", "max_output_tokens",
        "parallel_tool_calls", "background", "truncation", "text", "reasoning", "service_tier", "store",
        "previous_response_id", "conversation", "user", "safety_identifier", "prompt_cache_key", "max_tool_calls",
        "top_logprobs",
    ]

    private static let request = Schema.object([
        .may("input", .either([.text, .list(.anything)]), "The question, or items; its last message is the question."),
        .may("model", .text.orNull, "`apus`, or a model by itself."), .may("instructions", .text.orNull),
        .may("previous_response_id", .text.orNull), .may("conversation", .anything), .may("store", .flag.orNull),
        .may("stream", .flag.orNull), .may("background", .flag.orNull), .may("tools", .anything),
        .may("tool_choice", .anything), .may("include", .anything), .may("metadata", .anything),
    ])

    private static let events: [Event] = [
        Event("response.created", .anything, "And `response.in_progress`: it has begun."),
        Event("response.output_item.added", .anything, "And `response.content_part.added`."),
        Event("response.output_text.delta", .anything, "A piece of the answer."),
        Event("response.output_text.annotation.added", .anything, "A citation that was checked."),
        Event("response.completed", .anything, "The whole response; or `response.incomplete`, `response.failed`."),
    ]

    /// Those of the chat app.
    package static let routes: [RouteDescription] = [
        OpenAISchemas.route(
            .post, "responses", "Answer as OpenAI's responses do",
            "`file_search` searches vector stores, or all documents; functions of the caller come back as `function_call`. What cannot be done here is refused by name.",
            body: .json(request, example: ["model": "apus", "input": "What is the notice period?"]),
            answers: [.json(response), .events(events, "With `\"stream\": true`.")],
            problems: [
                .init(.badGateway, "The model's service refused what it was asked."),
                .init(.paymentRequired, "A quota that waiting does not refill soon is used up."),
                .init(.conflict, "The conversation changes meanwhile."),
            ]),
        OpenAISchemas.route(
            .get, "responses/{id}", "Read a response that is stored", "",
            [id, .query("include", .text), .query("stream", .text)], answers: [.json(response)]),
        OpenAISchemas.route(
            .delete, "responses/{id}", "Delete a response", "", [id], answers: [.json(OpenAISchemas.deleted)]),
        OpenAISchemas.route(
            .post, "responses/{id}/cancel", "Cancel a response in the background", "", [id],
            answers: [.json(response)]),
        OpenAISchemas.route(
            .get, "responses/{id}/input_items", "Read what a response was made from", "",
            [id, .query("include", .text)] + OpenAISchemas.listed(hasBefore: false), answers: [OpenAISchemas.page(item)]
        ),
    ]
}
