import AccessControl
import FunctionsRuntime
import HTTPMessages
import Problems
import Settings

/// The routes of the app. They are the same where nobody signs in, and answer that there.
struct AccountTable {
    typealias Open = @Sendable (AccountServices, HTTPRequest) async throws -> HTTPResponse
    typealias Personal = @Sendable (AccountServices, HTTPRequest, Caller) async throws -> HTTPResponse
    typealias Guarded = @Sendable (AccountServices, HTTPRequest, Access) async throws -> HTTPResponse

    var routes: GuardedRoutes
    private let services: AccountServices?

    init(_ gate: AccessGuard, _ services: AccountServices?) {
        routes = GuardedRoutes(gate, trail: services?.trail)
        self.services = services
    }

    private static func there(_ services: AccountServices?) throws -> AccountServices {
        guard let services else { throw nobodySignsIn }
        return services
    }

    private static let nobodySignsIn = Problem(.conflict, "Nobody signs in here; APUS_SIGN_IN says so.")

    mutating func open(_ method: HTTPMethod, _ path: String, _ action: @escaping Open) {
        routes.open(method, "account/" + path) { [services] in try await action(Self.there(services), $0) }
    }

    /// By a password, where people sign in so.
    mutating func byPassword(_ method: HTTPMethod, _ path: String, _ action: @escaping Open) {
        guard let services, !services.gate.ways.has(.local) else {
            open(method, path, action)
            return
        }
        open(method, path) { _, _ in throw Self.noPasswords }
    }

    private static let noPasswords = Problem(
        .conflict, "Nobody signs in by a password here; APUS_SIGN_IN says so.")

    mutating func personal(
        _ method: HTTPMethod, _ path: String, takesKeys: Bool = false, _ action: @escaping Personal
    ) {
        routes.personal(method, "account/" + path, takesKeys: takesKeys) { [services] in
            try await action(Self.there(services), $0, $1)
        }
    }

    mutating func administer(
        _ method: HTTPMethod, _ path: String, audited: GuardedRoutes.Audited? = nil, _ action: @escaping Guarded
    ) {
        routes.http(method, "account/" + path, for: .administer, audited: audited) { [services] in
            try await action(Self.there(services), $0, $1)
        }
    }

    /// About the workspace of the path's `{id}`.
    mutating func workspace(
        _ method: HTTPMethod, _ path: String, for permission: Permission, _ action: @escaping Guarded
    ) {
        let path = "account/workspaces/{id}" + path
        // Where nobody signs in there is one workspace, and nothing to say of any other.
        guard let services else {
            routes.http(method, path, for: permission) { _, _ in throw Self.nobodySignsIn }
            return
        }
        routes.http(method, path, for: permission, in: "id") { try await action(services, $0, $1) }
    }
}
