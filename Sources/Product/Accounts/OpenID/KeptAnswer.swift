/// What an identity provider has answered, for a while: read by whoever comes first, and waited for by the others.
actor KeptAnswer<Value: Sendable> {
    /// How long it counts on where nothing new comes.
    private static var longestLife: Duration { .seconds(24 * 3600) }
    /// How long a failure is the answer for everybody.
    private static var pause: Duration { .seconds(5) }

    private let now: @Sendable () -> ContinuousClock.Instant
    private var value: Value?
    private var since: ContinuousClock.Instant?
    private var failure: (error: OpenIDFailure, at: ContinuousClock.Instant)?
    private var reading: Task<Value, any Error>?

    init(now: @escaping @Sendable () -> ContinuousClock.Instant) { self.now = now }

    /// What is there and not older than `life`, or what is read now. Where that fails, what was read before counts on.
    ///
    /// - Throws: `OpenIDFailure` where nothing is there.
    func value(
        for life: Duration, _ read: @escaping @Sendable () async throws -> Value
    ) async throws -> Value {
        let moment = now()
        if let value, let since, moment - since < life { return value }
        if let failure, moment - failure.at < Self.pause { return try old(moment, failure.error) }
        // Not a child of whoever comes first: the others wait for it, too.
        let task = reading ?? Task { try await read() }
        reading = task
        do {
            let fresh = try await task.value
            if reading == task { (value, since, failure, reading) = (fresh, moment, nil, nil) }
            return fresh
        } catch {
            let failure = error as? OpenIDFailure ?? OpenIDFailure(.unavailable, "the provider was not asked")
            if reading == task { (self.failure, reading) = ((failure, moment), nil) }
            return try old(moment, failure)
        }
    }

    private func old(_ moment: ContinuousClock.Instant, _ failure: OpenIDFailure) throws -> Value {
        guard let value, let since, moment - since < Self.longestLife else { throw failure }
        return value
    }
}
