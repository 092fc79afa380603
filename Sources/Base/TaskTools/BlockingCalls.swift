import Dispatch
import Synchronization

/// Runs calls that wait for a disk or a child, off the cooperative thread pool, which has only as many threads
/// as the machine has cores.
public enum BlockingCalls {
    // A serial queue gets a thread of its own when it is blocked, a concurrent one only slowly.
    private static let queues = (0..<8).map { DispatchQueue(label: "apus.blocking.\($0)") }
    private static let next = Atomic(0)

    /// Runs the body on one of a few queues and returns its result.
    public static func run<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
        let index = next.wrappingAdd(1, ordering: .relaxed).newValue & 7
        return try await withCheckedThrowingContinuation { continuation in
            queues[index].async { continuation.resume(with: Result { try body() }) }
        }
    }
}
