import Synchronization
import TaskTools
import TestSupport
import Testing

/// What is kept of the database's answers, and for how long.
@Suite struct TimedCacheTests {
    /// A clock that a test moves.
    private final class Clock: Sendable {
        private let start = ContinuousClock.now
        private let passed = Mutex(Duration.zero)

        func advance(_ duration: Duration) { passed.withLock { $0 += duration } }
        var now: ContinuousClock.Instant { start + passed.withLock { $0 } }
    }

    private let clock = Clock()
    private let queries = Tally()

    private func cache(limit: Int = 100, _ load: @escaping @Sendable (String) async throws -> Int?) -> TimedCache<Int> {
        TimedCache(life: .seconds(15), limit: limit, now: { [clock] in clock.now }) { [queries] key in
            queries.add()
            return try await load(key)
        }
    }

    @Test func anAnswerIsKeptForSoLongAndNoLonger() async throws {
        let cache = cache { _ in 7 }
        #expect(try await cache.value("a") == 7)
        clock.advance(.milliseconds(14_999))
        #expect(try await cache.value("a") == 7)
        #expect(queries.value == 1)
        clock.advance(.milliseconds(1))
        #expect(try await cache.value("a") == 7)
        #expect(queries.value == 2)
    }

    @Test func callersSideBySideShareOneQuery() async throws {
        let mayEnd = Flag()
        let cache = cache { _ in
            while !mayEnd.isSet { try await Task.sleep(for: .milliseconds(1)) }
            return 3
        }
        try await withThrowingTaskGroup(of: Int?.self) { group in
            for _ in 0..<100 { group.addTask { try await cache.value("a") } }
            while queries.value == 0 { try await Task.sleep(for: .milliseconds(1)) }
            mayEnd.set()
            for try await value in group { #expect(value == 3) }
        }
        #expect(queries.value == 1)
    }

    @Test func whatIsNotThereAndWhatFailsIsAskedAgain() async throws {
        let attempt = Tally()
        let cache = cache { _ in
            switch attempt.add() {
            case 1: nil
            case 2: throw TestFailure("down")
            default: 5
            }
        }
        #expect(try await cache.value("a") == nil)
        await #expect(throws: TestFailure.self) { try await cache.value("a") }
        #expect(try await cache.value("a") == 5)
        #expect(cache.count == 1)
    }

    /// A query that began before something changed may answer what was before.
    @Test func whatIsForgottenWhileItIsAskedForIsNotKept() async throws {
        let mayEnd = Flag()
        let cache = cache { _ in
            while !mayEnd.isSet { try await Task.sleep(for: .milliseconds(1)) }
            return 3
        }
        async let first = cache.value("a")
        while queries.value == 0 { try await Task.sleep(for: .milliseconds(1)) }
        cache.forget { _ in true }
        mayEnd.set()
        #expect(try await first == 3)
        #expect(cache.count == 0)
        #expect(try await cache.value("a") == 3)
        #expect(queries.value == 2)
        cache.forget { $0 == 4 }
        #expect(cache.count == 1)
    }

    @Test func thereAreNeverMoreThanTheLimit() async throws {
        let cache = cache(limit: 100) { Int($0) }
        for number in 0..<1000 {
            #expect(try await cache.value(String(number)) == number)
            #expect(cache.count <= 100)
        }
        // The latest are there.
        let before = queries.value
        for number in 960..<1000 { _ = try await cache.value(String(number)) }
        #expect(queries.value == before)
    }
}
