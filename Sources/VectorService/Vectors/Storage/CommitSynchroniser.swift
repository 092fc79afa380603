import Dispatch
import Synchronization

/// Lets writers wait until their commits are on the disk; those that come while the disk is busy share the next turn
/// (group commit).
final class CommitSynchroniser: Sendable {
    private struct State {
        var waiting: [CheckedContinuation<Void, any Error>] = []
        var isRunning = false
    }

    private let state = Mutex(State())
    private let queue = DispatchQueue(label: "apus.vectors.synchronise")
    private let synchronise: @Sendable () throws -> Void

    init(_ synchronise: @escaping @Sendable () throws -> Void) { self.synchronise = synchronise }

    /// Returns when everything committed before the call is on the disk.
    func wait() async throws {
        try await withCheckedThrowingContinuation { continuation in
            let starts = state.withLock { state in
                state.waiting.append(continuation)
                defer { state.isRunning = true }
                return !state.isRunning
            }
            if starts { queue.async { self.run() } }
        }
    }

    private func run() {
        while true {
            let turn = state.withLock { state in
                let turn = state.waiting
                state.waiting = []
                if turn.isEmpty { state.isRunning = false }
                return turn
            }
            if turn.isEmpty { return }
            let result = Result { try synchronise() }
            for continuation in turn { continuation.resume(with: result) }
        }
    }
}
