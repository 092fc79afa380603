import HTTPMessages
import JSONCoding
import Problems

/// What any route may be answered with.
enum StandardResponses {
    /// When each comes about.
    static let notes: [HTTPStatus: String] = [
        .badRequest: "Something in the request is not what it has to be; `errors` names it.",
        .unauthorized: "Nobody is signed in, and no key that counts was sent.",
        .forbidden: "The role or the scope does not do, or another web site's page has sent it.",
        .notFound: "There is no such thing, or none that the caller may see.",
        .requestTimeout: "The body did not come in time.",
        .contentTooLarge: "The body is larger than the route takes.",
        .unsupportedMediaType: "The request does not say what it sends.",
        .tooManyRequests: "Too many requests; `Retry-After` says for how long.",
        .serviceUnavailable: "A part that is needed cannot be reached.",
        .gatewayTimeout: "A part that is needed did not answer in time.",
    ]

    private static let names: [HTTPStatus: String] = [
        .badRequest: "BadRequest", .unauthorized: "Unauthorized", .forbidden: "Forbidden", .notFound: "NotFound",
        .requestTimeout: "RequestTimeout", .contentTooLarge: "ContentTooLarge",
        .unsupportedMediaType: "UnsupportedMediaType", .tooManyRequests: "TooManyRequests",
        .serviceUnavailable: "ServiceUnavailable", .gatewayTimeout: "GatewayTimeout",
    ]

    /// The statuses of problems that a route may have, whatever it does.
    ///
    /// - Parameter isSpecific: Whether its path names something.
    static func statuses(_ door: DeclaredRoute.Door, hasBody: Bool, isSpecific: Bool) -> [HTTPStatus] {
        var statuses: [HTTPStatus] = [.badRequest, .forbidden, .serviceUnavailable, .gatewayTimeout]
        if door != .open { statuses += [.unauthorized, .notFound] }
        if isSpecific { statuses.append(.notFound) }
        if hasBody { statuses += [.requestTimeout, .contentTooLarge, .unsupportedMediaType, .tooManyRequests] }
        return statuses
    }

    static func reference(_ status: HTTPStatus) -> JSONValue? {
        names[status].map { ["$ref": .string("#/components/responses/" + $0)] }
    }

    static let headerReferences: JSONObject = ["x-request-id": ["$ref": "#/components/headers/RequestId"]]

    static let headers: JSONValue = [
        "RequestId": [
            "description": "The request's id, which the logs have, too; a caller's own is taken over.",
            "schema": ["type": "string"],
        ]
    ]

    static var json: JSONValue {
        .object(
            JSONObject(
                names.sorted { $0.key.rawValue < $1.key.rawValue }.map { status, name in
                    (
                        name,
                        [
                            "description": .string(notes[status] ?? ""), "headers": .object(headerReferences),
                            "content": [
                                "application/problem+json": ["schema": .object(StandardSchemas.problem.keywords)]
                            ],
                        ]
                    )
                }))
    }

    /// The types of problems, for whoever reads the document instead of their addresses.
    static var problemTypes: JSONValue {
        .array(
            ProblemType.all.map {
                [
                    "type": .string($0.address), "title": .string($0.title), "status": .int(Int64($0.status.rawValue)),
                    "meaning": .string($0.meaning), "remedy": .string($0.remedy),
                ]
            })
    }
}

/// Schemas that any route refers to.
enum StandardSchemas {
    static let problem = Schema.named(
        "Problem",
        .object([
            .has("type", .text, "An address that explains the kind of problem, relative to where the page is."),
            .has("title", .text, "The kind of problem in a few words."),
            .has("status", .whole(400...599)),
            .has("detail", .text, "What happened and what to do about it."),
            .has("requestId", .text, "Under which the logs have it."),
            .may("code", .text, "For programs, where the status alone does not tell them what to do."),
            .may("kind", .text, "What a language model's service did not do."),
            .may("provider", .text, "The service."),
            .may("existing", .anything, "The document whose name is taken."),
            .may("choices", .list(.text), "What `onExisting` may be then."),
            .may("error", .anything, "Below `/v1/`, the same as OpenAI's SDKs read it."),
            .may(
                "errors",
                .list(
                    .object([
                        .has("field", .text, "The member, parameter or part that is at fault."),
                        .has("detail", .text, "What is wrong, the limit, and what to do."),
                    ])), "What is wrong with the input, field by field."),
        ]).noted("A problem (RFC 9457)."))

    static var all: [String: Schema] { problem.named }
}
