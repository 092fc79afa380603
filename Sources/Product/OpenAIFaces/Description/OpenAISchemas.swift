package import APIDescription
import HTTPMessages

/// What the routes of OpenAI's API share.
package enum OpenAISchemas {
    /// A problem as OpenAI's SDKs read it.
    package static let error = Schema.named(
        "OpenAIError",
        .object([
            .has(
                "error",
                .object([
                    .has("message", .text), .has("type", .text), .has("param", .text.orNull),
                    .has("code", .text.orNull),
                ]))
        ]).noted("A problem as OpenAI's SDKs read it."))

    static let metadata = Schema.map(.text, most: 16)

    static let deleted = Schema.object([.has("id", .text), .has("object", .text), .has("deleted", .flag)])

    static func page(_ entry: Schema) -> Answer {
        .json(
            .object([
                .has("object", .choice(["list"])), .has("data", .list(entry)), .has("first_id", .text.orNull),
                .has("last_id", .text.orNull), .has("has_more", .flag),
            ]))
    }

    /// Parameters of lists.
    static func listed(standard: Int = 20, most: Int = 100, hasBefore: Bool = true) -> [Parameter] {
        let before: [Parameter] = hasBefore ? [.query("before", .text, "Those that stand before this one.")] : []
        return [
            .limit(standard: standard, most: most), .query("order", Schema.choice(["asc", "desc"]).standard("desc")),
            .query("after", .text, "The `last_id` of the page before."),
        ] + before
    }

    static func route(
        _ method: HTTPMethod, _ path: String, _ summary: String, _ text: String = "", _ parameters: [Parameter] = [],
        body: Body? = nil, answers: [Answer], problems: [RouteDescription.Remark] = []
    ) -> RouteDescription {
        RouteDescription(
            method, "/v1/" + path, summary, text, parameters, body: body, answers: answers, problems: problems,
            form: .other(error))
    }
}
