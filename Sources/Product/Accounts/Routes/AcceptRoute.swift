import AccessControl
import Catalog
import Digests
import HTTPMessages
import JSONCoding
import Problems

/// `GET`, `POST /api/account/accept`: links by which people choose passwords.
struct AcceptRoute: Sendable {
    static let tokenLength = 1...200

    let services: AccountServices

    /// What a link is for.
    func show(_ request: HTTPRequest) async throws -> HTTPResponse {
        // The page sends it in a field: what stands in addresses is kept in logs.
        guard let token = request.fields["x-apus-link"] ?? request.target.parameter("token"),
            Self.tokenLength.contains(token.utf8.count),
            let link = try await services.catalog.link(SignInLinks.digest(token))
        else { throw Self.unknown }
        return HTTPResponse(json: link.json)
    }

    /// Uses a link up: the password is kept, and whoever chose it is signed in.
    func accept(_ request: HTTPRequest) async throws -> HTTPResponse {
        var reader = try FieldReader(
            try await AccountServices.body(request), allowed: ["token", "name", "login", "password"])
        let token = reader.requiredString("token", length: Self.tokenLength)
        let name = reader.shownName()
        let given = reader.string("login", length: 1...1000)
        let password = reader.newPassword("password")
        try reader.finish()
        let digest = SignInLinks.digest(token)
        guard let link = try await services.catalog.link(digest) else {
            await services.trail.noteRefusal(.signIn(request, person: nil, .notFound, by: "unknown"))
            throw Self.unknown
        }
        let login = try Self.login(given, link)
        let hash = try await services.passwords.hash(password).stored
        let person = link.person ?? UUIDv7.make()
        let accepted =
            switch link.kind {
            case .first:
                try await services.catalog.acceptFirst(
                    digest, person: person, login: login, name: name ?? login.text, password: hash)
            case .invitation, .reset:
                try await services.catalog.accept(digest, person: person, name: name, password: hash)
            }
        guard accepted else { throw Self.unknown }
        // Their sessions from before have ended.
        services.gate.forget(person: person)
        try await services.catalog.endSignIn(login)
        guard
            let response = try await SignInRoute(services: services).begin(request, person: person, password: hash)
        else { throw Self.unknown }
        await services.trail.record(.signIn(request, person: person, .ok, by: link.kind.rawValue))
        return response
    }

    /// What they sign in with: the first administrator chooses, everybody else has a name already.
    private static func login(_ given: String?, _ link: SignInLinkRecord) throws -> LoginName {
        let own = LoginName(link.login)
        guard link.kind == .first || own == nil else {
            if let given, LoginName(given)?.key != own?.key {
                throw InvalidFields(field: "login", detail: "Cannot be chosen with this link. Leave it out.")
            }
            return try own ?? { throw unknown }()
        }
        var reader = try FieldReader(.object(["login": .optional(given)]), allowed: ["login"])
        let login = reader.login()
        try reader.finish()
        return try login ?? { throw unknown }()
    }

    private static let unknown = Problem(
        .notFound, "This link does not count: it is unknown, was used already, or is too old. Ask for a new one.")
}
