import Digests
import EventLoop
import JSONCoding

/// One attempt at running a function.
@NetworkActor
final class Invocation {
    nonisolated let id = UUIDv7.random()
    nonisolated let function: FunctionDefinition
    /// How many attempts there were before; `nil` without a retry policy.
    nonisolated let retryCount: Int?
    /// Why the attempt before failed.
    nonisolated let lastError: String?
    let began = MonotonicTime.now
    private let start = ContinuousClock.now
    /// Whether the function's time was up.
    private(set) var isTimedOut = false
    /// Ends what the invocation waits for.
    var cancel: (@NetworkActor () -> Void)?

    init(_ function: FunctionDefinition, retryCount: Int?, lastError: String?) {
        self.function = function
        self.retryCount = retryCount
        self.lastError = lastError
    }

    var elapsed: Duration { ContinuousClock.now - start }

    func timeOut() {
        isTimedOut = true
        cancel?()
    }

    /// The entry of the metadata that tells the handler about retries; from the first attempt on.
    nonisolated var retryContext: JSONValue? {
        guard let retryCount, let policy = function.retry else { return nil }
        return [
            "RetryCount": .int(Int64(retryCount)), "MaxRetryCount": .int(Int64(policy.maximum)),
            "Exception": lastError.map { ["Message": .string($0)] } ?? .null, "Instance": nil, "State": nil,
        ]
    }
}
