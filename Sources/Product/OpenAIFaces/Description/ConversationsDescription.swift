package import APIDescription
import HTTPMessages
import JSONCoding

/// `/v1/conversations`
package enum ConversationsDescription {
    private static let id: Parameter = .path("id", .text, "The conversation's, `conv_…`.")
    private static let item: Parameter = .path("item", .text, "The item's.")
    private static let include: Parameter = .query("include", .text)

    private static let conversation = Schema.named(
        "Conversation",
        .object([
            .has("id", .text), .has("object", .choice(["conversation"])), .has("created_at", .count),
            .has("metadata", OpenAISchemas.metadata),
        ]))

    private static let message: JSONValue = [
        "type": "message", "role": "user", "content": "Who looks after the boiler?",
    ]

    /// Those of the history app.
    package static let routes: [RouteDescription] = [
        OpenAISchemas.route(
            .post, "conversations", "Begin a conversation", "A chat, which the page shows too.",
            body: .json(
                .fields([.may("items", Schema.list(.anything, 0...20).orNull), .may("metadata", .anything)]),
                example: ["metadata": ["topic": "boiler"]], isRequired: false),
            answers: [.json(conversation)]),
        OpenAISchemas.route(
            .get, "conversations/{id}", "Read a conversation", "", [id], answers: [.json(conversation)]),
        OpenAISchemas.route(
            .post, "conversations/{id}", "Change a conversation's metadata", "", [id],
            body: .json(.fields([.has("metadata", .anything)]), example: ["metadata": ["topic": "boiler"]]),
            answers: [.json(conversation)]),
        OpenAISchemas.route(
            .delete, "conversations/{id}", "Delete a conversation", "The chat with all that is its own.", [id],
            answers: [.json(OpenAISchemas.deleted)]),
        OpenAISchemas.route(
            .get, "conversations/{id}/items", "Read what was said", "",
            [id, include] + OpenAISchemas.listed(hasBefore: false),
            answers: [OpenAISchemas.page(ResponsesDescription.item)]),
        OpenAISchemas.route(
            .post, "conversations/{id}/items", "Add what was said elsewhere", "", [id, include],
            body: .json(.fields([.has("items", .list(.anything, 1...20))]), example: ["items": [message]]),
            answers: [OpenAISchemas.page(ResponsesDescription.item)],
            problems: [.init(.conflict, "The conversation is full, or changes meanwhile.")]),
        OpenAISchemas.route(
            .get, "conversations/{id}/items/{item}", "Read one item", "", [id, item, include],
            answers: [.json(ResponsesDescription.item)]),
        OpenAISchemas.route(
            .delete, "conversations/{id}/items/{item}", "Delete one item", "", [id, item],
            answers: [.json(conversation)]),
    ]
}
