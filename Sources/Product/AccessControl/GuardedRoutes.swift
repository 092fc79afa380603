import Catalog
public import FunctionsRuntime
import Problems

/// The routes of an app, each with what it asks of its caller: there is none without.
public struct GuardedRoutes: Sendable {
    /// Answers a request of somebody who may send it.
    public typealias Action = @Sendable (HTTPRequest, Access) async throws -> HTTPResponse

    /// Answers a request of somebody who is signed in, whatever the workspace.
    public typealias PersonalAction = @Sendable (HTTPRequest, Caller) async throws -> HTTPResponse

    /// A route, and who may use it.
    public struct Row: Sendable, Equatable {
        public let method: HTTPMethod
        public let path: String
        /// `nil` for what is open to everybody, such as signing in.
        public let permission: Permission?
        /// Whether it is about whoever asks rather than about a workspace; a key is refused but for reading.
        public let isPersonal: Bool
        /// Whether a key will do that has the permission as a scope.
        public let takesKeys: Bool
        /// Whether the path names the workspace, so that no header has to.
        public let namesWorkspace: Bool

        /// Describes a route.
        public init(
            method: HTTPMethod, path: String, permission: Permission?, isPersonal: Bool = false, takesKeys: Bool? = nil,
            namesWorkspace: Bool = false
        ) {
            self.method = method
            self.path = path
            self.permission = permission
            self.isPersonal = isPersonal
            self.takesKeys = takesKeys ?? !isPersonal
            self.namesWorkspace = namesWorkspace
        }
    }

    /// When it is written down who used a route; never what was said.
    public enum Audited: Sendable {
        case not
        /// Soon: what only reads, and questions, which are not to wait for it.
        case soon
        /// Before the answer goes out.
        case first
        /// The same, where the route has named what came of it: a piece of an upload is nothing that anybody sees.
        case named
    }

    /// What the host is given; checks and functions of other triggers are added here.
    public var functions = FunctionRoutes()
    /// Every route, in the order in which they were added.
    public private(set) var table: [Row] = []
    private let gate: AccessGuard
    private let trail: AuditTrail?

    /// No routes.
    ///
    /// - Parameter trail: Where it is written down who did what; `nil` where nobody signs in.
    public init(_ gate: AccessGuard, trail: AuditTrail? = nil) {
        self.gate = gate
        self.trail = trail
    }

    /// Adds a route below `api`.
    ///
    /// - Parameter audited: What changes something is by itself.
    public mutating func http(
        _ method: HTTPMethod, _ path: String, for permission: Permission, audited: Audited? = nil,
        _ action: @escaping Action
    ) {
        http(method, at: "/api/" + path, for: permission, audited: audited, action)
    }

    /// Adds a route by its whole path.
    public mutating func http(
        _ method: HTTPMethod, at path: String, for permission: Permission, audited: Audited? = nil,
        _ action: @escaping Action
    ) {
        add(Row(method: method, path: path, permission: permission), audited, in: nil, action)
    }

    /// Adds a route below `api` that is about the workspace that its path names, whichever one the caller has chosen.
    ///
    /// - Parameter parameter: The path's.
    public mutating func http(
        _ method: HTTPMethod, _ path: String, for permission: Permission, in parameter: String,
        audited: Audited? = nil, _ action: @escaping Action
    ) {
        let row = Row(method: method, path: "/api/" + path, permission: permission, namesWorkspace: true)
        add(row, audited, in: parameter, action)
    }

    private mutating func add(
        _ row: Row, _ audited: Audited?, in parameter: String?, _ action: @escaping Action
    ) {
        table.append(row)
        let permission = row.permission ?? .read
        let watch = Watch(row, audited ?? Self.standard(row), trail)
        functions.http(row.method, at: row.path) { [gate] request in
            var named = request
            if let parameter { named.fields["x-apus-workspace"] = request.parameters[parameter] ?? "" }
            let caller = try await gate.identify(named)
            return try await watch.noting(request, of: caller) { objects in
                let access = try await gate.access(of: caller, named)
                // What is about the installation is no workspace's, whichever is chosen.
                if permission.role != nil { objects?.workspace = access.workspace }
                try access.require(permission)
                return try await action(request, access)
            }
        }
    }

    private static func standard(_ row: Row) -> Audited {
        if row.method == .get { return .not }
        return row.permission == .ask && row.method == .post ? .soon : .first
    }

    /// Adds a route below `api` that is about whoever asks, who need not belong to any workspace.
    ///
    /// - Parameter takesKeys: Whether a key with the scope `read` will do.
    public mutating func personal(
        _ method: HTTPMethod, _ path: String, takesKeys: Bool = false, _ action: @escaping PersonalAction
    ) {
        let row = Row(
            method: method, path: "/api/" + path, permission: .read, isPersonal: true, takesKeys: takesKeys)
        table.append(row)
        let watch = Watch(row, method == .get ? .not : .first, trail)
        functions.http(method, path) { [gate] request in
            let caller = try await gate.identify(request)
            return try await watch.noting(request, of: caller) { _ in
                if case .key = caller.credential, !takesKeys { throw AccessProblem.keyForPeople }
                if caller.lacks(.read) { throw AccessProblem.scope(.read) }
                return try await action(request, caller)
            }
        }
    }

    /// Adds a route below `api` that is open to everybody.
    public mutating func open(
        _ method: HTTPMethod, _ path: String, _ action: @escaping @Sendable (HTTPRequest) async throws -> HTTPResponse
    ) {
        table.append(Row(method: method, path: "/api/" + path, permission: nil))
        functions.http(method, path, action)
    }

    /// Writes down what was done by one route, and what was refused.
    private struct Watch: Sendable {
        private let template: String
        private let audited: Audited
        private let trail: AuditTrail?

        init(_ row: Row, _ audited: Audited, _ trail: AuditTrail?) {
            template = row.path
            self.audited = audited
            self.trail = trail
        }

        func noting(
            _ request: HTTPRequest, of caller: Caller, _ answer: (AuditObjects?) async throws -> HTTPResponse
        ) async throws -> HTTPResponse {
            guard let trail else { return try await answer(nil) }
            let objects = AuditObjects()
            func event(_ status: HTTPStatus) -> AuditEntry.Event {
                AuditEntry.Event(request, template: template, caller: caller, objects: objects, status: status)
            }
            do {
                let response = try await AuditObjects.$current.withValue(objects) { try await answer(objects) }
                if audited != .named || objects.all.isEmpty == false { await note(event(response.status), trail) }
                return response
            } catch {
                let status = Problem(error).status
                // Whoever tries what they may not is noted whatever they tried.
                if status == .forbidden || status == .notFound && objects.workspace == nil {
                    await trail.noteRefusal(event(status))
                } else {
                    await note(event(status), trail)
                }
                throw error
            }
        }

        private func note(_ event: AuditEntry.Event, _ trail: AuditTrail) async {
            switch audited {
            case .not: break
            case .soon: await trail.note(event)
            case .first, .named: await trail.record(event)
            }
        }
    }
}
