public import FunctionsRuntime

/// The routes of an app, each with what it asks of its caller: there is none without.
public struct GuardedRoutes: Sendable {
    /// Answers a request of somebody who may send it.
    public typealias Action = @Sendable (HTTPRequest, Access) async throws -> HTTPResponse

    /// A route, and who may use it.
    public struct Row: Sendable, Equatable {
        public let method: HTTPMethod
        public let path: String
        /// `nil` for what is open to everybody, such as signing in.
        public let permission: Permission?
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

    /// Adds a route below `api` that is open to everybody.
    public mutating func open(
        _ method: HTTPMethod, _ path: String, _ action: @escaping @Sendable (HTTPRequest) async throws -> HTTPResponse
    ) {
        table.append(Row(method: method, path: "/api/" + path, permission: nil))
        functions.http(method, path, action)
    }
}
