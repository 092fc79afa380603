/// How often and how long a call is tried: growing pauses or the service's own, a fresh token once, and nothing again that
/// may have been carried out already and must not be twice.
public struct RetryPolicy: Sendable {
    /// When a call may be sent again.
    public enum Repetition: Sendable {
        /// Whatever went wrong: a second run changes nothing.
        case always
        /// Only when the one before was surely not carried out.
        case ifRefused
        case never
    }

    /// One run of an operation.
    public struct Try: Sendable {
        /// When the time for all tries is over.
        public let deadline: ContinuousClock.Instant

        /// How long this try may wait for an answer: what is left of the time, at most `limit`.
        public func timeout(atMost limit: Duration) -> Duration {
            max(.milliseconds(1), min(limit, deadline - ContinuousClock.now))
        }
    }

    /// What an operation throws when another try may help. Any other error ends the tries.
    public struct Failure: Error {
        /// What is known of the try that failed.
        public enum Kind: Sendable {
            /// It was surely not carried out.
            case refused
            /// It was surely not carried out, and the service says by itself when it will be; such tries do not count.
            case throttled
            /// It may have been carried out.
            case uncertain
            /// The token was refused: it may have been withdrawn before its time.
            case unauthorised
        }

        /// What the caller is told when it was the last try.
        public let error: any Error
        public let kind: Kind
        /// How long the service asks to wait.
        public let wait: Duration?

        /// A failure that the service told of.
        public init(_ error: any Error, _ kind: Kind, wait: Duration? = nil) {
            self.error = error
            self.kind = kind
            self.wait = wait
        }

        /// A call that no answer came to; without a connection it was surely not carried out.
        public init(_ error: any Error, noAnswer reason: HTTPClientError) {
            self.init(error, reason.isConnection ? .refused : .uncertain)
        }
    }

    public var repetition: Repetition
    /// Tries in all, the first included.
    public var maximumTries: Int
    /// The pause before the second try when the service names none; it doubles from there. Half of it is left to chance.
    public var firstPause: Duration
    public var longestPause: Duration
    /// The time for all tries together. No pause goes beyond it.
    public var deadline: Duration

    /// A policy; every part has a sensible default.
    public init(
        _ repetition: Repetition = .always, maximumTries: Int = 3, firstPause: Duration = .milliseconds(100),
        longestPause: Duration = .seconds(5), deadline: Duration = .seconds(60)
    ) {
        self.repetition = repetition
        self.maximumTries = maximumTries
        self.firstPause = firstPause
        self.longestPause = longestPause
        self.deadline = deadline
    }

    /// Runs an operation until it succeeds or must not be tried again.
    ///
    /// - Parameter renewToken: Forgets the token that was refused; done once. `nil` where no token is sent.
    /// - Throws: The last failure's error, or what the operation threw besides, or `CancellationError`.
    public func run<Value: Sendable>(
        renewToken: (() async -> Void)? = nil, _ operation: (Try) async throws -> Value
    ) async throws -> Value {
        let end = ContinuousClock.now + deadline
        var pause = firstPause
        var tries = 0
        var renewed = false
        while true {
            do {
                return try await operation(Try(deadline: end))
            } catch let failure as Failure {
                if failure.kind == .unauthorised {
                    guard let renewToken, !renewed else { throw failure.error }
                    renewed = true
                    await renewToken()
                    continue
                }
                tries += failure.kind == .throttled ? 0 : 1
                // A service that asks for no wait at all must not be asked again and again without one.
                let asked = failure.wait.flatMap { $0 > .zero ? $0 : nil }
                let wait = asked ?? pause * Double.random(in: 0.5...1)
                guard mayRepeat(failure.kind), tries < maximumTries, ContinuousClock.now + wait < end else {
                    throw failure.error
                }
                try await Task.sleep(for: wait)
                pause = min(pause * 2, longestPause)
            }
        }
    }

    private func mayRepeat(_ kind: Failure.Kind) -> Bool {
        switch repetition {
        case .always: true
        case .ifRefused: kind != .uncertain
        case .never: false
        }
    }
}
