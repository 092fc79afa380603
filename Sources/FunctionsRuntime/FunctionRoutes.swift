public import HTTPMessages
public import HTTPServing

/// What a handler does: HTTP routes, queue functions, timer functions, and the health of what it needs.
public struct FunctionRoutes: Sendable {
    /// Handles one queue message; throwing makes the host deliver it again.
    public typealias QueueAction = @Sendable (QueueTrigger) async throws -> Void
    /// Handles one occurrence of a timer.
    public typealias TimerAction = @Sendable () async throws -> Void

    /// A queue message as a function gets it.
    public struct QueueTrigger: Sendable {
        public let text: String
        /// How often the message was delivered, this time included.
        public let dequeueCount: Int
    }

    /// A part that a handler cannot do without.
    public struct Check: Sendable {
        let name: String
        let probe: @Sendable () async throws -> Void
    }

    var router = Router()
    var queues: [String: QueueAction] = [:]
    var timers: [String: TimerAction] = [:]
    var checks: [Check] = []
    /// Largest request body.
    public var maximumBodyBytes = 1 << 20

    /// No functions.
    public init() {}

    /// Adds an HTTP route below `/api`.
    public mutating func http(_ method: HTTPMethod, _ path: String, _ action: @escaping Router.Action) {
        router.on(method, "/api/" + path, action)
    }

    /// Adds a queue function.
    public mutating func queue(_ function: String, _ action: @escaping QueueAction) { queues[function] = action }

    /// Adds a timer function.
    public mutating func timer(_ function: String, _ action: @escaping TimerAction) { timers[function] = action }

    /// Adds a part to the health check.
    public mutating func check(_ name: String, _ probe: @escaping @Sendable () async throws -> Void) {
        checks.append(Check(name: name, probe: probe))
    }
}
