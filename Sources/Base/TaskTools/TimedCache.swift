import Synchronization

/// Keeps answers of the database for some seconds. Callers who ask for the same thing side by side wait for one query. What is
/// not there is not kept.
public final class TimedCache<Value: Sendable>: Sendable {
    private struct Entry {
        let value: Value
        /// When the query began: what is older may have changed.
        let since: ContinuousClock.Instant
    }

    private struct Flight {
        let number: Int
        let task: Task<Value?, any Error>
    }

    private struct State {
        // Two generations: when the younger is full it takes the place of the older, so that neither room nor the time to make
        // some grows.
        var young: [String: Entry] = [:]
        var old: [String: Entry] = [:]
        var flights: [String: Flight] = [:]
        var flightCount = 0
    }

    private let life: Duration
    private let limit: Int
    private let now: @Sendable () -> ContinuousClock.Instant
    private let load: @Sendable (String) async throws -> Value?
    private let state = Mutex(State())

    /// - Parameters:
    ///   - limit: Most that are kept.
    ///   - load: Asks the database.
    public init(
        life: Duration, limit: Int, now: @escaping @Sendable () -> ContinuousClock.Instant,
        load: @escaping @Sendable (String) async throws -> Value?
    ) {
        self.life = life
        self.limit = limit
        self.now = now
        self.load = load
    }

    /// What is there under a key; `nil` when there is nothing.
    ///
    /// - Throws: what the query throws.
    public func value(_ key: String) async throws -> Value? {
        let moment = now()
        let found: (Value?, Flight?) = state.withLock { state in
            if let entry = state.young[key] ?? state.old[key], moment - entry.since < life {
                return (entry.value, nil)
            }
            if let flight = state.flights[key] { return (nil, flight) }
            state.flightCount += 1
            let number = state.flightCount
            // Not a child of whoever comes first: the others wait for it, too.
            let flight = Flight(number: number, task: Task { try await self.fetch(key, number, since: moment) })
            state.flights[key] = flight
            return (nil, flight)
        }
        guard let flight = found.1 else { return found.0 }
        return try await flight.task.value
    }

    private func fetch(_ key: String, _ number: Int, since moment: ContinuousClock.Instant) async throws -> Value? {
        let result: Result<Value?, any Error>
        do { result = .success(try await load(key)) } catch { result = .failure(error) }
        state.withLock { state in
            // It was forgotten meanwhile: what was found may be what it was before.
            guard state.flights[key]?.number == number else { return }
            state.flights[key] = nil
            guard case .success(let value?) = result else { return }
            if state.young.count >= limit / 2 {
                state.old = state.young
                state.young = [:]
            }
            state.young[key] = Entry(value: value, since: moment)
        }
        return try result.get()
    }

    /// Forgets what the condition is true of, and what is being asked for.
    public func forget(where condition: (Value) -> Bool) {
        state.withLock { state in
            state.young = state.young.filter { !condition($0.value.value) }
            state.old = state.old.filter { !condition($0.value.value) }
            state.flights = [:]
        }
    }

    /// How many are kept.
    public var count: Int { state.withLock { $0.young.count + $0.old.count } }
}
