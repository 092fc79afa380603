import Dispatch
import Synchronization
import TaskTools
import TestSupport
import Testing

@Suite struct RunOnceTests {
    @Test func manyCallersShareOneRun() async throws {
        let once = RunOnce()
        let runs = Tally()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<100 {
                group.addTask {
                    try await once.ensure {
                        runs.add()
                        try await Task.sleep(for: .milliseconds(20))
                    }
                }
            }
            try await group.waitForAll()
        }
        try await once.ensure { runs.add() }
        #expect(runs.value == 1)
    }

    @Test func aFailureReachesEveryoneWhoWaitedAndIsTriedAgain() async throws {
        let once = RunOnce()
        await #expect(throws: TestFailure.self) { try await once.ensure { throw TestFailure("not yet") } }
        let runs = Tally()
        try await once.ensure { runs.add() }
        try await once.ensure { runs.add() }
        #expect(runs.value == 1)
    }

    /// However failures and new callers meet, no two runs are under way together.
    @Test func runsNeverOverlap() async throws {
        for _ in 0..<50 {
            let once = RunOnce()
            let running = Tally()
            let overlaps = Tally()
            let successes = Tally()
            await withTaskGroup(of: Void.self) { group in
                for number in 0..<40 {
                    group.addTask {
                        for _ in 0..<4 {
                            try? await once.ensure {
                                if running.add() > 1 { overlaps.add() }
                                await Task.yield()
                                running.add(-1)
                                if number % 3 != 0 { throw TestFailure("again") }
                                successes.add()
                            }
                        }
                    }
                }
            }
            #expect(overlaps.value == 0)
            #expect(successes.value <= 1)
        }
    }

    @Test func blockingCallsGiveWhatTheyReturnOrThrow() async throws {
        #expect(try await BlockingCalls.run { 7 } == 7)
        await #expect(throws: TestFailure.self) {
            try await BlockingCalls.run { () throws -> Int in throw TestFailure("no") }
        }
    }

    /// The pool has as many threads as the machine has cores; calls that wait may not be on them.
    @Test func blockingCallsLeaveThePoolFree() async throws {
        let gate = DispatchSemaphore(value: 0)
        let begun = Tally()
        async let calls: Void = withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<6 {
                group.addTask {
                    try await BlockingCalls.run {
                        begun.add()
                        gate.wait()
                    }
                }
            }
            try await group.waitForAll()
        }
        #expect(await eventually { begun.value == 6 })
        for _ in 0..<6 { gate.signal() }
        try await calls
    }
}
