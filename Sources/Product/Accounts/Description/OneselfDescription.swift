import APIDescription
import AccessControl

/// `/api/account/me`, `workspaces`, `sessions` and `keys`
enum OneselfDescription {
    static let nobody: RouteDescription.Remark = .init(.conflict, "Nobody signs in here.")

    static let routes: [RouteDescription] = [
        RouteDescription(
            .get, "/api/account/me", "Who asks, and what they may", answers: [.json(AccountSchemas.me)]),
        RouteDescription(
            .patch, "/api/account/me", "Change one's name, password or workspace",
            body: .json(
                .fields([
                    .may("name", AccountSchemas.shownName),
                    .may("workspace", .text(1...100), "To work in from now on."),
                    .may(
                        "password",
                        .fields([.has("old", SignInDescription.password), .has("new", SignInDescription.newPassword)])),
                ]), example: ["name": "Ann"]),
            answers: [.json(AccountSchemas.me)],
            problems: [nobody, .init(.tooManyRequests, "There were too many attempts with the old password.")]),
        RouteDescription(
            .get, "/api/account/workspaces", "List the workspaces that one may ask for",
            answers: [.json(.object([.has("workspaces", .list(AccountSchemas.workspace))]))]),
        RouteDescription(
            .get, "/api/account/sessions", "List one's sessions",
            answers: [.json(.object([.has("sessions", .list(AccountSchemas.session))]))], problems: [nobody]),
        RouteDescription(
            .delete, "/api/account/sessions", "End one's other sessions", answers: [.nothing()], problems: [nobody]),
        RouteDescription(
            .delete, "/api/account/sessions/{sessionId}", "End one of one's sessions", "", [.path("sessionId", .id)],
            answers: [.nothing()], problems: [nobody]),
        RouteDescription(
            .get, "/api/account/keys", "List one's keys",
            answers: [.json(.object([.has("keys", .list(AccountSchemas.keys))]))], problems: [nobody]),
        RouteDescription(
            .post, "/api/account/keys", "Make a key",
            "For programs, which act with it in one's name, in one workspace, with some scopes. Nobody sees it again.",
            body: .json(
                .fields([
                    .has("name", AccountSchemas.shownName),
                    .has("scopes", .list(.choice(KeyRoutes.scopes.map(\.rawValue)), 1...20)),
                    .may("workspace", .text(1...100)),
                    .may("expiresInDays", .whole(1...KeyRoutes.mostDays), "For ever when nothing is said."),
                ]), example: ["name": "nightly import", "scopes": ["read", "write"]]),
            answers: [.json(.created, AccountSchemas.newKey)],
            problems: [.init(.conflict, "Nobody signs in here, or there are as many keys as there may be.")]),
        RouteDescription(
            .delete, "/api/account/keys/{keyId}", "Remove a key", "", [.path("keyId", .text)], answers: [.nothing()],
            problems: [nobody]),
    ]
}
