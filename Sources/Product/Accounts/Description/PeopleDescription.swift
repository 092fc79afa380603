import APIDescription
import FunctionsRuntime

/// `/api/account/people` and `audit`
enum PeopleDescription {
    private static let person: Parameter = .path("personId", .id)
    private static let taken: RouteDescription.Remark = .init(
        .conflict, "The name is taken, nobody would be left to administer, or nobody signs in here.")

    static let auditFilter: [Parameter] = [
        .query("workspace", .text), .query("person", .id), .query("from", .time), .query("until", .time),
        .limit(standard: AuditRoutes.listPage.standard, most: AuditRoutes.listPage.most),
        .query("before", .whole(from: 1), "The `next` of the page before."),
    ]
    static let auditPage = Schema.object([
        .has("entries", .list(AccountSchemas.auditEntry)), .has("next", .text.orNull),
    ])

    static let routes: [RouteDescription] = [
        RouteDescription(
            .get, "/api/account/people", "List the people", "",
            [
                .limit(standard: PeopleRoutes.page.standard, most: PeopleRoutes.page.most),
                .query("after", .id, "The `next` of the page before."),
            ],
            answers: [
                .json(.object([.has("people", .list(AccountSchemas.people)), .has("next", Schema.id.orNull)]))
            ], problems: [OneselfDescription.nobody]),
        RouteDescription(
            .post, "/api/account/people", "Add somebody", "They choose a password by the link in the answer.",
            body: .json(
                .fields([
                    .has("login", SignInDescription.login), .may("name", AccountSchemas.shownName),
                    .may("administrator", .flag),
                    .may(
                        "workspaces",
                        .list(
                            .fields([.has("id", .text(1...100)), .has("role", AccountSchemas.role)]),
                            0...PeopleRoutes.mostWorkspaces)),
                ]),
                example: ["login": "ann@example.org", "workspaces": [["id": "default", "role": "editor"]]]),
            answers: [.json(.created, AccountSchemas.personWithLink)], problems: [taken]),
        RouteDescription(
            .patch, "/api/account/people/{personId}", "Change somebody", "", [person],
            body: .json(
                .fields([
                    .may("name", AccountSchemas.shownName), .may("administrator", .flag),
                    .may("active", .flag, "Whether they may sign in."),
                ]), example: ["active": false]),
            answers: [.json(AccountSchemas.people)], problems: [taken]),
        RouteDescription(
            .delete, "/api/account/people/{personId}", "Remove somebody", "With their chats, keys and sessions.",
            [person],
            answers: [.nothing()], problems: [taken]),
        RouteDescription(
            .post, "/api/account/people/{personId}/reset", "Have somebody choose a new password",
            "By a link; the old one counts until then.", [person],
            answers: [.json(AccountSchemas.personWithLink)],
            problems: [.init(.conflict, "They may not sign in, or nobody does here.")]),
        RouteDescription(
            .get, "/api/account/audit", "Read who did what", "The newest first.", auditFilter,
            answers: [.json(auditPage)], problems: [OneselfDescription.nobody]),
        RouteDescription(
            .get, "/api/account/audit/export", "Download who did what", "All entries, one JSON object on a line.",
            answers: [.bytes("application/x-ndjson")], problems: [OneselfDescription.nobody]),
        RouteDescription(
            .get, "/api/account/audit/state", "Check the chain of entries",
            answers: [
                .json(
                    .object([
                        .has("state", .choice(["intact", "broken"])), .may("entries", .count),
                        .may("at", .whole(from: 1), "The first that is not what was written."),
                    ]))
            ], problems: [OneselfDescription.nobody]),
    ]
}
