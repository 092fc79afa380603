public import HTTPMessages
public import HTTPServing

/// What a handler does: HTTP routes, functions of other triggers, and the health of what it needs.
public struct FunctionRoutes: Sendable {
    /// Handles one invocation; throwing makes the host count it as failed.
    public typealias Action = @Sendable (FunctionContext) async throws -> Void

    /// A part that a handler cannot do without.
    public struct Check: Sendable {
        let name: String
        let probe: @Sendable () async throws -> Void
    }

    var router = Router()
    var functions: [String: Action] = [:]
    var checks: [Check] = []
    private let prefix: String

    /// No functions.
    ///
    /// - Parameter prefix: `extensions.http.routePrefix` of host.json.
    public init(prefix: String = "api") { self.prefix = prefix }

    /// Adds an HTTP route below the prefix, for proxied requests and for envelopes alike.
    public mutating func http(_ method: HTTPMethod, _ path: String, _ action: @escaping Router.Action) {
        router.on(method, prefix.isEmpty ? "/" + path : "/\(prefix)/\(path)", action)
    }

    /// Adds an HTTP route by its whole path, for functions whose route does not begin with the prefix.
    public mutating func http(_ method: HTTPMethod, at path: String, _ action: @escaping Router.Action) {
        router.on(method, path, action)
    }

    /// Adds a function of any trigger by its name; inputs and outputs are in the context.
    public mutating func function(_ name: String, _ action: @escaping Action) { functions[name] = action }

    /// Adds a queue function; throwing makes the host deliver the message again.
    ///
    /// - Parameter binding: The trigger's name in function.json; of no matter when it is the only input.
    public mutating func queue(
        _ name: String, binding: String = "message", _ action: @escaping @Sendable (QueueTrigger) async throws -> Void
    ) {
        functions[name] = { context in
            guard let trigger = QueueTrigger(context, binding: binding) else { throw MissingTrigger(name: binding) }
            try await action(trigger)
        }
    }

    /// Adds a timer function.
    public mutating func timer(
        _ name: String, binding: String = "timer", _ action: @escaping @Sendable (TimerTrigger) async throws -> Void
    ) {
        functions[name] = { try await action(TimerTrigger($0, binding: binding)) }
    }

    /// Adds a blob function.
    public mutating func blob(
        _ name: String, binding: String = "blob", _ action: @escaping @Sendable (BlobTrigger) async throws -> Void
    ) {
        functions[name] = { context in
            guard let trigger = BlobTrigger(context, binding: binding) else { throw MissingTrigger(name: binding) }
            try await action(trigger)
        }
    }

    /// Adds a part to the health check at `<prefix>/health`.
    public mutating func check(_ name: String, _ probe: @escaping @Sendable () async throws -> Void) {
        checks.append(Check(name: name, probe: probe))
    }

    /// Every HTTP route's method and template but the health check, in the order in which they were added.
    public var table: [(method: HTTPMethod, template: String)] { router.table }

    var healthPath: [String] { prefix.split(separator: "/").map(String.init) + ["health"] }
}

/// The envelope has no value for the trigger.
struct MissingTrigger: Error, CustomStringConvertible {
    let name: String
    var description: String { "the envelope has no value for the trigger \(name)" }
}
