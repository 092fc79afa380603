public import FunctionsRuntime

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

        /// Describes a route.
        public init(method: HTTPMethod, path: String, permission: Permission?, isPersonal: Bool = false) {
            self.method = method
            self.path = path
            self.permission = permission
            self.isPersonal = isPersonal
        }
    }

    /// What the host is given; checks and functions of other triggers are added here.
    public var functions = FunctionRoutes()
    /// Every route, in the order in which they were added.
    public private(set) var table: [Row] = []
    private let gate: AccessGuard

    /// No routes.
    public init(_ gate: AccessGuard) { self.gate = gate }

    /// Adds a route below `api`.
    public mutating func http(
        _ method: HTTPMethod, _ path: String, for permission: Permission, _ action: @escaping Action
    ) {
        http(method, at: "/api/" + path, for: permission, action)
    }

    /// Adds a route by its whole path.
    public mutating func http(
        _ method: HTTPMethod, at path: String, for permission: Permission, _ action: @escaping Action
    ) {
        table.append(Row(method: method, path: path, permission: permission))
        functions.http(method, at: path) { [gate] request in
            try await action(request, try await gate.admit(request, to: permission))
        }
    }

    /// Adds a route below `api` that is about the workspace that its path names, whichever one the caller has chosen.
    ///
    /// - Parameter parameter: The path's.
    public mutating func http(
        _ method: HTTPMethod, _ path: String, for permission: Permission, in parameter: String,
        _ action: @escaping Action
    ) {
        table.append(Row(method: method, path: "/api/" + path, permission: permission))
        functions.http(method, path) { [gate] request in
            var named = request
            named.fields["x-apus-workspace"] = request.parameters[parameter] ?? ""
            return try await action(request, try await gate.admit(named, to: permission))
        }
    }

    /// Adds a route below `api` that is about whoever asks, who need not belong to any workspace.
    ///
    /// - Parameter takesKeys: Whether a key with the scope `read` will do.
    public mutating func personal(
        _ method: HTTPMethod, _ path: String, takesKeys: Bool = false, _ action: @escaping PersonalAction
    ) {
        table.append(Row(method: method, path: "/api/" + path, permission: .read, isPersonal: true))
        functions.http(method, path) { [gate] request in
            let caller = try await gate.identify(request)
            if case .key = caller.credential, !takesKeys { throw AccessProblem.keyForPeople }
            if caller.lacks(.read) { throw AccessProblem.scope(.read) }
            return try await action(request, caller)
        }
    }

    /// Adds a route below `api` that is open to everybody.
    public mutating func open(
        _ method: HTTPMethod, _ path: String, _ action: @escaping @Sendable (HTTPRequest) async throws -> HTTPResponse
    ) {
        table.append(Row(method: method, path: "/api/" + path, permission: nil))
        functions.http(method, path, action)
    }
}
