import Synchronization
import TaskTools
import TestSupport
import Testing

/// What several tasks note.
private final class Notes: Sendable {
    private let counts = Mutex((now: 0, most: 0, done: 0))
    private let mayEnd = Mutex(false)

    var most: Int { counts.withLock { $0.most } }
    var done: Int { counts.withLock { $0.done } }
    var isOpen: Bool { mayEnd.withLock { $0 } }

    func open() { mayEnd.withLock { $0 = true } }

    func enter() {
        counts.withLock {
            $0.now += 1
            $0.most = max($0.most, $0.now)
        }
    }

    func leave() {
        counts.withLock {
            $0.now -= 1
            $0.done += 1
        }
    }
}

@Suite struct SlotsTests {
    @Test func noMoreThanSoManyAtOnce() async throws {
        let slots = Slots(3)
        let notes = Notes()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<50 {
                group.addTask {
                    try await slots.run {
                        notes.enter()
                        for _ in 0..<5 { await Task.yield() }
                        notes.leave()
                    }
                }
            }
            try await group.waitForAll()
        }
        #expect(notes.most <= 3 && notes.done == 50)
    }

    @Test func whoeverIsCancelledLeavesTheQueueAndTheSlotToTheNext() async throws {
        let slots = Slots(1)
        let notes = Notes()
        let first = Task {
            try await slots.run {
                notes.enter()
                while !notes.isOpen { try await Task.sleep(for: .milliseconds(5)) }
            }
        }
        while notes.most == 0 { try await Task.sleep(for: .milliseconds(5)) }
        let second = Task { try await slots.run {} }
        let third = Task { try await slots.run { 3 } }
        second.cancel()
        await #expect(throws: CancellationError.self) { try await second.value }
        notes.open()
        try await first.value
        #expect(try await third.value == 3)
        #expect(try await slots.run { 4 } == 4)
    }

    @Test func aFailureGivesTheSlotBack() async throws {
        struct Failure: Error {}
        let slots = Slots(1)
        for _ in 0..<3 { await #expect(throws: Failure.self) { try await slots.run { throw Failure() } } }
        #expect(try await slots.run { true })
    }
}
