import EventLoop

/// What happens when a handler ends (docs/reference/functions-custom-handlers.md, 6.4).
struct RestartPolicy: Sendable, Equatable {
    enum Ending: Sendable, Equatable {
        case exit(Int32)
        /// It did not answer within the start-up time.
        case neverReady
        /// We ended it, after a function's time was up.
        case functionTimeout
    }

    enum Decision: Sendable, Equatable {
        case restart(after: Duration)
        /// Not started again; calls fail.
        case stay
        /// The host shuts down.
        case giveUp
    }

    /// Errors at which the real host gives up, and how long it remembers them.
    static let limit = 3
    static let memory = Duration.seconds(1800)

    private var errors = 0
    private var last: MonotonicTime?
    private let goesOn: Bool

    /// - Parameter goesOn: Restarts with growing pauses where the real host gives up.
    init(goesOn: Bool) { self.goesOn = goesOn }

    /// Decides after an ending.
    mutating func decide(_ ending: Ending, at now: MonotonicTime) -> Decision {
        switch ending {
        case .exit(0): return .stay
        case .exit(200), .functionTimeout: return .restart(after: .zero)
        case .exit, .neverReady: break
        }
        if let last, last + Self.memory < now { errors = 0 }
        last = now
        errors += 1
        if errors < Self.limit { return .restart(after: .zero) }
        return goesOn ? .restart(after: .seconds(min(10, errors - Self.limit + 1))) : .giveUp
    }
}
