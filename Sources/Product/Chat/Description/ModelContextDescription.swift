import APIDescription

/// `/mcp`: JSON-RPC, which has a description of its own (`tools/list`).
enum ModelContextDescription {
    private static let id = Schema.either([.text, .number, .text.orNull])
    private static let error = Schema.named(
        "RPCError",
        .object([
            .has("jsonrpc", .choice(["2.0"])), .has("id", id),
            .has(
                "error",
                .object([.has("code", .number), .has("message", .text), .may("data", .anything)])),
        ]))
    private static let result = Schema.named(
        "RPCResult", .object([.has("jsonrpc", .choice(["2.0"])), .has("id", id), .has("result", .map(.anything))]))

    private static let none: RouteDescription.Remark = .init(
        .methodNotAllowed, "There is no stream to listen to, and no session to end.")

    static let routes: [RouteDescription] = [
        RouteDescription(
            .post, "/mcp", "Send a message of the Model Context Protocol",
            "One JSON-RPC 2.0 message over streamable HTTP; `tools/list` and `resources/list` say what there is.",
            [
                .header("MCP-Protocol-Version", .text, "The revision that the client speaks."),
                .header("Accept", .text, "Has to allow JSON."),
            ],
            body: .json(
                .object([
                    .has("jsonrpc", .choice(["2.0"])), .may("id", .anything), .may("method", .anything),
                    .may("params", .anything),
                ]), example: ["jsonrpc": "2.0", "id": 1, "method": "tools/list"]),
            answers: [
                .json(.either([result, error]), "The answer, which may be a failure of the protocol."),
                .nothing(.accepted, "A notification was taken."),
            ],
            problems: [.init(.notAcceptable, "The caller takes no JSON.")], form: .other(error)),
        RouteDescription(
            .get, "/mcp", "Not there: no stream is listened to", answers: [],
            problems: [none]),
        RouteDescription(
            .delete, "/mcp", "Not there: no session is ended", answers: [],
            problems: [none]),
    ]
}
