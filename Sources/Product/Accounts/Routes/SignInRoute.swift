import AccessControl
import Catalog
import Digests
import HTTPMessages
import JSONCoding
import Problems
import Settings
import Telemetry

/// `GET`, `POST /api/account/sign-in`.
struct SignInRoute: Sendable {
    private static let counter = Metrics.shared.counter(
        "apus.sign_ins", unit: "{attempt}", "Attempts to sign in, by what came of them.")
    private static let longestUserAgent = 300

    let services: AccountServices

    /// How people sign in, and whether there is nobody yet.
    static func ways(
        _ gate: AccessGuard, _ catalog: CatalogDatabase, _ providers: [ProviderSettings]
    ) async throws -> HTTPResponse {
        let needsFirst = gate.ways.isNone ? false : try await !catalog.hasPeople()
        return HTTPResponse(
            json: [
                "ways": .strings(gate.ways.ways.map(\.rawValue)), "needsFirst": .bool(needsFirst),
                "providers": .array(providers.map { ["id": .string($0.id), "label": .string($0.label)] }),
            ])
    }

    /// By a name and a password. Names that nobody has, wrong passwords and people who may not are told by nothing: the same
    /// work is done for each, and the same is answered.
    func signIn(_ request: HTTPRequest) async throws -> HTTPResponse {
        var reader = try FieldReader(try await AccountServices.body(request), allowed: ["login", "password"])
        let name = reader.login()
        let password = reader.givenPassword("password")
        try reader.finish()
        guard let login = name else { throw Self.wrong }
        try await attempt(login, request)
        let credential = try await services.catalog.credential(of: login)
        let stored = credential.flatMap { $0.isActive ? $0.password : nil }
        let hash = stored.flatMap(PasswordHash.init(stored:))
        let matches = try await services.passwords.verify(password, hash ?? .nobodys)
        guard matches, let hash, let stored, let person = credential?.person,
            let response = try await begin(request, person: person, password: stored)
        else {
            Self.count("wrong", .local)
            // The name is not noted where nobody has it: people type passwords there.
            await services.trail.noteRefusal(.signIn(request, person: credential?.person, .unauthorized))
            throw Self.wrong
        }
        try await services.catalog.endSignIn(login)
        Self.count("done", .local)
        await services.trail.record(.signIn(request, person: person, .ok))
        if hash.cost != PasswordHash.cost { rehash(password, of: person, stored) }
        return response
    }

    /// Counts an attempt.
    static func count(_ outcome: String, _ way: SignInWays.Way) {
        counter.add(1, ["outcome": outcome, "way": way.rawValue])
    }

    private static let wrong = AccessProblem.unauthorized("The name or the password is wrong.")

    /// Counts an attempt before it is made.
    ///
    /// - Throws: `Problem` 429 after too many, 503 when too many people sign in at the moment.
    func attempt(_ login: LoginName, _ request: HTTPRequest) async throws {
        try services.passwords.requireRoom()
        guard let seconds = try await services.catalog.beginSignIn(login) else { return }
        Self.count("locked", .local)
        let person = try await services.catalog.credential(of: login)?.person
        await services.trail.noteRefusal(.signIn(request, person: person, .tooManyRequests))
        throw Problem(
            .tooManyRequests, "There were too many attempts with this name. Please try again in \(seconds) s.",
            headers: ["Retry-After": String(seconds)])
    }

    /// Begins a session of somebody whose password was verified, and says who they are; `nil` when they may not any more.
    ///
    /// - Parameter password: What is kept of it.
    func begin(_ request: HTTPRequest, person: String, password: String) async throws -> HTTPResponse? {
        guard let session = try await open(request, person: person, by: .password(password)) else { return nil }
        var own = request
        own.fields = ["Cookie": "\(Cookies.token)=\(session.token)"]
        var response = try await MeRoute.me(own, services.gate, services.catalog)
        SessionCookies.set(token: session.token, refresh: session.refresh, on: &response)
        return response
    }

    /// Begins a session; `nil` when they may not sign in any more, or not by this proof.
    func open(
        _ request: HTTPRequest, person: String, by proof: CatalogDatabase.Proof
    ) async throws -> (token: String, refresh: RefreshToken)? {
        let session = UUIDv7.make()
        let refresh = RefreshToken(session: session)
        let hasBegun = try await services.catalog.addSession(
            session, of: person, by: proof, refresh: refresh.digest,
            userAgent: RequestOrigin.shown(request.fields["user-agent"] ?? "", Self.longestUserAgent),
            address: RequestOrigin.address(of: request))
        guard hasBegun, let token = services.gate.token(of: session, for: person) else { return nil }
        return (token, refresh)
    }

    /// Keeps the password at today's cost, beside the answer.
    private func rehash(_ password: String, of person: String, _ old: String) {
        Task { [services] in
            guard let new = try? await services.passwords.hash(password) else { return }
            try? await services.catalog.rehashPassword(of: person, from: old, to: new.stored)
        }
    }
}
