import HTTPClient
import HTTPMessages
import Telemetry
import TestSupport
import Testing

/// Which failures are tried again, how often, how long, and with a fresh token.
@Suite struct RetryPolicyTests {
    private static let quick = RetryPolicy(
        maximumTries: 3, firstPause: .milliseconds(1), longestPause: .milliseconds(2), deadline: .seconds(600))

    /// Runs a policy over failures, one for each try, and then succeeds.
    private func run(
        _ policy: RetryPolicy, _ failures: [RetryPolicy.Failure.Kind], wait: Duration? = nil,
        renewToken: (() async -> Void)? = nil
    ) async -> (tries: Int, succeeded: Bool) {
        var tries = 0
        let value = try? await policy.run(renewToken: renewToken) { _ in
            tries += 1
            if tries <= failures.count {
                throw RetryPolicy.Failure(TestFailure("\(failures[tries - 1])"), failures[tries - 1], wait: wait)
            }
            return true
        }
        return (tries, value == true)
    }

    @Test(
        arguments: [
            (RetryPolicy.Repetition.always, RetryPolicy.Failure.Kind.refused, 2), (.always, .throttled, 2),
            (.always, .uncertain, 2), (.ifRefused, .refused, 2), (.ifRefused, .throttled, 2),
            (.ifRefused, .uncertain, 1),
            (.never, .refused, 1), (.never, .throttled, 1), (.never, .uncertain, 1),
        ] as [(RetryPolicy.Repetition, RetryPolicy.Failure.Kind, Int)])
    func repeatsOnlyWhatMayBe(repetition: RetryPolicy.Repetition, kind: RetryPolicy.Failure.Kind, tries: Int) async {
        var policy = Self.quick
        policy.repetition = repetition
        let result = await run(policy, [kind])
        #expect(result.tries == tries && result.succeeded == (tries == 2))
    }

    @Test func endsWithTheLastErrorWhenTheTriesAreUsedUp() async {
        var tries = 0
        await #expect {
            try await Self.quick.run { _ -> Int in
                tries += 1
                throw RetryPolicy.Failure(TestFailure("try \(tries)"), .refused)
            }
        } throws: {
            ($0 as? TestFailure)?.message == "try 3"
        }
        #expect(tries == 3)
    }

    @Test func anyOtherErrorEndsAtOnce() async {
        var tries = 0
        await #expect(throws: TestFailure.self) {
            try await Self.quick.run { _ -> Int in
                tries += 1
                throw TestFailure("no")
            }
        }
        #expect(tries == 1)
    }

    /// A service that is busy says itself how long; only the deadline ends that.
    @Test func beingThrottledDoesNotCountAsATry() async {
        let result = await run(Self.quick, Array(repeating: .throttled, count: 20), wait: .milliseconds(1))
        #expect(result.tries == 21 && result.succeeded)
    }

    @Test func aRefusedTokenIsRenewedOnce() async {
        var renewals = 0
        let once = await run(Self.quick, [.unauthorised], renewToken: { renewals += 1 })
        #expect(once.tries == 2 && once.succeeded && renewals == 1)
        let twice = await run(Self.quick, [.unauthorised, .unauthorised], renewToken: { renewals += 1 })
        #expect(twice.tries == 2 && !twice.succeeded && renewals == 2)
        let without = await run(Self.quick, [.unauthorised])
        #expect(without.tries == 1 && !without.succeeded)
        // What may not be repeated may be sent with another token: it was not carried out.
        var policy = Self.quick
        policy.repetition = .never
        let never = await run(policy, [.unauthorised], renewToken: {})
        #expect(never.tries == 2 && never.succeeded)
    }

    @Test func aServiceThatAsksForNoWaitIsNotAskedAgainWithoutOne() async {
        let policy = RetryPolicy(firstPause: .milliseconds(40), longestPause: .milliseconds(40))
        let clock = ContinuousClock()
        let time = await clock.measure { _ = await run(policy, [.throttled, .throttled, .throttled], wait: .zero) }
        #expect(time >= .milliseconds(60))
    }

    @Test func waitsAsLongAsTheServiceAsks() async {
        let started = ContinuousClock.now
        let result = await run(Self.quick, [.refused, .throttled], wait: .milliseconds(60))
        #expect(result.succeeded && ContinuousClock.now - started >= .milliseconds(120))
    }

    @Test func neverWaitsBeyondItsDeadline() async {
        var policy = Self.quick
        policy.deadline = .milliseconds(500)
        let started = ContinuousClock.now
        let result = await run(policy, [.throttled], wait: .seconds(30))
        #expect(result.tries == 1 && !result.succeeded && ContinuousClock.now - started < .seconds(10))
    }

    @Test func pausesGrowUpToALimit() async {
        let policy = RetryPolicy(
            maximumTries: 5, firstPause: .milliseconds(20), longestPause: .milliseconds(40), deadline: .seconds(60))
        let started = ContinuousClock.now
        #expect(await run(policy, Array(repeating: .refused, count: 4)).succeeded)
        // 20, 40, 40, 40 milliseconds, of each at least half.
        #expect(ContinuousClock.now - started >= .milliseconds(70))
    }

    @Test func aTryKnowsHowLongItMayTake() async throws {
        let policy = RetryPolicy(deadline: .seconds(5))
        try await policy.run { turn in
            #expect(turn.timeout(atMost: .seconds(1)) == .seconds(1))
            let left = turn.timeout(atMost: .seconds(60))
            #expect(left <= .seconds(5) && left > .zero)
        }
        var late = policy
        late.deadline = .zero
        try await late.run { turn in #expect(turn.timeout(atMost: .seconds(60)) == .milliseconds(1)) }
    }

    @Test func cancellingEndsAPause() async {
        let task = Task {
            try await RetryPolicy(maximumTries: 9, deadline: .seconds(600)).run { _ -> Int in
                throw RetryPolicy.Failure(TestFailure("again"), .refused, wait: .seconds(300))
            }
        }
        try? await Task.sleep(for: .milliseconds(20))
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
    }

    // MARK: - What an answer asks for

    @Test(
        arguments: [
            ("x-ms-retry-after-ms", "150", 150), ("retry-after-ms", "20", 20), ("Retry-After", "3", 3000),
            ("Retry-After", "0.5", 500), ("Retry-After", "600", 60_000), ("Retry-After", "-5", 0),
            ("x-ms-retry-after-ms", "1e30", 60_000), ("Retry-After", "Fri, 20 Nov 2020 07:23:12 GMT", 0),
        ] as [(String, String, Int64)])
    func readsHowLongToWait(name: String, value: String, milliseconds: Int64) {
        let fields: HTTPFields = [name: value]
        #expect(fields.retryAfter(atMost: .seconds(60)) == .milliseconds(milliseconds))
    }

    @Test(arguments: ["nan", "-inf", "inf", "soon", "", "1e400", "Fri, 99 Nov 2020 07:23:12 GMT"] as [String])
    func whatMakesNoSenseIsNoWait(value: String) {
        for name in ["x-ms-retry-after-ms", "Retry-After"] {
            let fields: HTTPFields = [name: value]
            #expect(fields.retryAfter(atMost: .seconds(60)) == nil)
        }
        #expect(HTTPFields().retryAfter(atMost: .seconds(60)) == nil)
    }

    @Test func aDateIsReadAsTheTimeUntilThen() throws {
        let date = Timestamp.httpDate(seconds: Timestamp.nowMilliseconds() / 1000 + 30)
        let fields: HTTPFields = ["Retry-After": date]
        let wait = try #require(fields.retryAfter(atMost: .seconds(60)))
        #expect(wait > .seconds(20) && wait <= .seconds(30))
    }

    @Test func millisecondsAreMoreExactThanSeconds() {
        let fields: HTTPFields = ["Retry-After": "1", "x-ms-retry-after-ms": "250"]
        #expect(fields.retryAfter(atMost: .seconds(60)) == .milliseconds(250))
    }
}
