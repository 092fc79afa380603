public import Catalog
import Glibc
public import HTTPMessages
import Problems
public import Settings
public import Telemetry

/// Says who a request is from and what they may, or refuses it. Every app has one of its own, and asks nobody but the database.
public struct AccessGuard: SecretSettings, Sendable {
    public static let secretNames = [SigningKeys.setting]

    /// What there is where people sign in.
    struct Door: Sendable {
        let keys: SigningKeys
        let standings: Standings
        let catalog: CatalogDatabase
        /// Seconds since 1970.
        let seconds: @Sendable () -> Int64
    }

    /// How people sign in.
    public let ways: SignInWays
    private let door: Door?

    /// A guard that lets everybody do everything: nobody signs in.
    public init() {
        ways = .none
        door = nil
    }

    /// Reads `APUS_SIGN_IN`, and where somebody signs in `APUS_SIGNING_KEYS`; `nil` when they are not usable, or there is no
    /// database, which is among the settings' problems then.
    public init?(_ settings: inout SettingsReader, catalog: CatalogDatabase?) {
        let ways = SignInWays(&settings)
        if ways.isNone {
            self.init()
            return
        }
        guard let keys = SigningKeys(&settings), let catalog else { return nil }
        self.init(ways, keys, catalog)
    }

    /// A guard with a clock of one's own, for tests.
    package init(
        _ ways: SignInWays, _ keys: SigningKeys, _ catalog: CatalogDatabase,
        seconds: @escaping @Sendable () -> Int64 = { Int64(time(nil)) },
        now: @escaping @Sendable () -> ContinuousClock.Instant = { ContinuousClock.now }
    ) {
        self.ways = ways
        door = Door(keys: keys, standings: Standings(catalog, now: now), catalog: catalog, seconds: seconds)
    }

    /// Where it is written down who did what; `nil` where nobody signs in.
    public func trail(_ log: Log) -> AuditTrail? { door.map { AuditTrail($0.catalog, log: log) } }

    /// What tokens are signed with; `nil` where nobody signs in.
    public var keys: SigningKeys? { door?.keys }

    /// Who a request is from.
    ///
    /// - Throws: `Problem`: 401 when nobody is signed in; 503 when the database does not answer.
    public func identify(_ request: HTTPRequest) async throws -> Caller {
        guard let door else { return .everybody }
        if let text = try Self.bearer(request) {
            guard let key = APIKey(text), let standing = try await door.standings.key(key) else {
                throw AccessProblem.badKey
            }
            return Caller(credential: .key(key.id), standing: standing)
        }
        guard let text = Cookies.value(Cookies.token, in: request) else { throw AccessProblem.nobody }
        let token: SessionToken
        do { token = try SessionToken(text, door.keys, now: door.seconds()) } catch {
            throw error == .expired ? AccessProblem.expired : AccessProblem.badToken
        }
        // The person is the session's: a token says nothing that is not compared.
        guard let standing = try await door.standings.session(token.session), standing.person == token.person else {
            throw AccessProblem.badToken
        }
        return Caller(credential: .session(token.session), standing: standing)
    }

    /// What somebody may in the workspace that their request is about.
    ///
    /// - Throws: `Problem` 404 when there is no such workspace for them.
    public func access(of caller: Caller, _ request: HTTPRequest) async throws -> Access {
        let said = request.fields.values("x-apus-workspace")
        guard said.count <= 1 else { throw AccessProblem.noWorkspace }
        guard let door else {
            guard said.first ?? CatalogDatabase.firstWorkspace == CatalogDatabase.firstWorkspace else {
                throw AccessProblem.noWorkspace
            }
            return .everything
        }
        guard let workspace = said.first ?? caller.standingWorkspace(), let role = caller.role(in: workspace),
            try await isOpen(workspace, to: caller, door)
        else { throw AccessProblem.noWorkspace }
        return Access(
            workspace: workspace, person: caller.person, role: role, isAdministrator: caller.isAdministrator,
            scopes: caller.scopes, key: caller.key)
    }

    private func isOpen(_ workspace: String, to caller: Caller, _ door: Door) async throws -> Bool {
        // A key is for its own workspace, whatever else its person may see.
        if caller.scopes != nil { return workspace == caller.standing?.workspace }
        // Membership shows that it is there; to an administrator every one is open, but only if it is.
        if caller.standing?.roles[workspace] != nil || workspace == CatalogDatabase.firstWorkspace { return true }
        return try await door.standings.hasWorkspace(workspace)
    }

    /// A token for a session that has just begun, or was renewed; `nil` where nobody signs in.
    public func token(of session: String, for person: String) -> String? {
        door.map { SessionToken(person: person, session: session, now: $0.seconds()).encoded($0.keys) }
    }

    /// The session that a request's token is of, however old the token; for ending it.
    public func session(of request: HTTPRequest) -> SessionToken? {
        guard let door, let text = Cookies.value(Cookies.token, in: request) else { return nil }
        return try? SessionToken.signed(text, door.keys)
    }

    /// Has this process read anew what somebody may; others do so within seconds.
    public func forget(person: String) { door?.standings.forget(person: person) }

    /// The key of an `Authorization` field; `nil` where there is none, or another scheme, which a proxy in front may ask for.
    ///
    /// - Throws: `Problem` 401 when a bearer's text is no key.
    private static func bearer(_ request: HTTPRequest) throws -> String? {
        let values = request.fields.values("authorization")
        guard let value = values.first else { return nil }
        guard values.count == 1 else { throw AccessProblem.badKey }
        let scheme = value.prefix { $0 != " " }
        guard equalIgnoringCase(String(scheme), "bearer") else { return nil }
        return String(value.dropFirst(scheme.count).drop { $0 == " " })
    }
}
