import APIDescription
import AccessControl
import Catalog

/// `/api/account/sign-in`, `accept`, `refresh`, `sign-out` and `oidc`
enum SignInDescription {
    static let password = Schema.text(1...AccountLimits.passwordBytes.upperBound)
    static let newPassword = Schema.text(1...AccountLimits.passwordBytes.upperBound).noted(
        "\(AccountLimits.passwordBytes.lowerBound) to \(AccountLimits.passwordBytes.upperBound) bytes.")
    static let login = Schema.text(LoginName.length)
    private static let link: Parameter = .header("x-apus-link", .text, "What opens the link.")
    private static let provider: Parameter = .path(
        "provider", .text, "One of the `providers` of `GET /api/account/sign-in`.")
    private static let elsewhere: RouteDescription.Remark = .init(
        .conflict, "People sign in another way here, or nobody does.")
    private static let tooOften: RouteDescription.Remark = .init(
        .tooManyRequests, "There were too many attempts with the name.")

    static let routes: [RouteDescription] = [
        RouteDescription(
            .get, "/api/account/sign-in", "How people sign in here",
            answers: [
                .json(
                    .object([
                        .has("ways", AccountSchemas.ways),
                        .has("needsFirst", .flag, "Whether there is nobody yet."),
                        .has("providers", .list(.object([.has("id", .text), .has("label", .text)]))),
                    ]))
            ]),
        RouteDescription(
            .post, "/api/account/sign-in", "Sign in by a password", "Sets the cookies of a session.",
            body: .json(
                .fields([.has("login", login), .has("password", password)]),
                example: ["login": "ann@example.org", "password": "correct horse battery staple"]),
            answers: [.json(AccountSchemas.me)],
            problems: [elsewhere, tooOften, .init(.unauthorized, "The name or the password is wrong.")]),
        RouteDescription(
            .get, "/api/account/accept", "Look at a link by which somebody chooses a password", "",
            [link, .query("token", .text, "The same; what stands in addresses is kept in logs.")],
            answers: [
                .json(
                    .object([
                        .has("kind", .choice(["first", "invitation", "reset"])), .has("login", .text),
                        .has("name", .text),
                    ]))
            ], problems: [elsewhere, .init(.notFound, "The link does not count.")]),
        RouteDescription(
            .post, "/api/account/accept", "Choose a password by a link", "Uses the link up, and signs in.",
            body: .json(
                .fields([
                    .has("token", .text(AcceptRoute.tokenLength)), .may("name", AccountSchemas.shownName),
                    .may("login", login, "For the first person alone."), .has("password", newPassword),
                ]), example: ["token": "of-the-link", "password": "correct horse battery staple"]),
            answers: [.json(AccountSchemas.me)],
            problems: [elsewhere, .init(.notFound, "The link does not count.")]),
        RouteDescription(
            .post, "/api/account/refresh", "Renew a session's cookies", "With the cookies of the session.",
            answers: [.nothing()], problems: [elsewhere, .init(.unauthorized, "The session has ended.")]),
        RouteDescription(
            .post, "/api/account/sign-out", "End the session", "Clears its cookies, whatever they are.",
            answers: [
                .nothing(),
                .json(.object([.has("signOutAt", .text, "Where to sign out at the identity provider.")])),
            ], problems: [elsewhere]),
        RouteDescription(
            .get, "/api/account/oidc/{provider}/start", "Begin to sign in by an identity provider",
            "A browser is led there; whoever takes JSON is told the address.", [provider, link],
            answers: [
                .json(.object([.has("address", .text)])),
                .nothing(.seeOther, "To the provider, or to the page that says why not.").sending(
                    "Location", "Where to go on."),
            ], problems: [elsewhere]),
        RouteDescription(
            .get, "/api/account/oidc/{provider}/callback", "Come back from an identity provider", "",
            [provider, .query("code", .text), .query("state", .text), .query("error", .text), .query("iss", .text)],
            answers: [.nothing(.seeOther, "To the page.").sending("Location", "Where to go on.")], problems: [elsewhere]
        ),
    ]
}
