import APIDescription
import Catalog
import FunctionsRuntime

/// `/api/account/workspaces`
enum WorkspaceDescription {
    private static let id: Parameter = .path("id", .text, "The workspace's.")
    private static let person: Parameter = .path("personId", .id)
    private static let days = Schema.whole(WorkspaceRoutes.days).orNull

    static let routes: [RouteDescription] = [
        RouteDescription(
            .post, "/api/account/workspaces", "Make a workspace",
            body: .json(
                .fields([
                    .may(
                        "id", .text(like: "^[a-z0-9][a-z0-9-]{1,38}[a-z0-9]$"),
                        "\(WorkspaceName.length.lowerBound) to \(WorkspaceName.length.upperBound) characters; without it one of the name."
                    ),
                    .has("name", AccountSchemas.shownName),
                ]), example: ["name": "Legal"]),
            answers: [.json(.created, AccountSchemas.workspace)],
            problems: [.init(.conflict, "The id is taken, there are too many, or nobody signs in here.")]),
        RouteDescription(
            .patch, "/api/account/workspaces/{id}", "Change a workspace", "What is left out stays.", [id],
            body: .json(
                .changes([
                    .may("name", AccountSchemas.shownName.orNull),
                    .may("keepChatsDays", days, "After the last message; null for ever."),
                    .may("keepDocumentsDays", days, "After the upload; null for ever."),
                    .may("publicLinks", Schema.flag.orNull, "Whether links to chats open for people from outside."),
                ]), example: ["keepChatsDays": 365]),
            answers: [.json(AccountSchemas.workspace)], problems: [OneselfDescription.nobody]),
        RouteDescription(
            .get, "/api/account/workspaces/{id}/members", "List the members", "",
            [
                id, .limit(standard: WorkspaceRoutes.page.standard, most: WorkspaceRoutes.page.most),
                .query("after", .id, "The `next` of the page before."),
            ],
            answers: [
                .json(.object([.has("members", .list(AccountSchemas.member)), .has("next", Schema.id.orNull)]))
            ], problems: [OneselfDescription.nobody]),
        RouteDescription(
            .put, "/api/account/workspaces/{id}/members/{personId}", "Give somebody a role", "", [id, person],
            body: .json(.fields([.has("role", AccountSchemas.role)]), example: ["role": "editor"]),
            answers: [.json(AccountSchemas.member)],
            problems: [.init(.conflict, "The workspace would have no owner, or nobody signs in here.")]),
        RouteDescription(
            .delete, "/api/account/workspaces/{id}/members/{personId}", "Remove a member", "", [id, person],
            answers: [.nothing()],
            problems: [.init(.conflict, "The workspace would have no owner, or nobody signs in here.")]),
        RouteDescription(
            .get, "/api/account/workspaces/{id}/audit", "Read who did what in a workspace", "The newest first.",
            [id] + PeopleDescription.auditFilter,
            answers: [.json(PeopleDescription.auditPage)], problems: [OneselfDescription.nobody]),
    ]
}
