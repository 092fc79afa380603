import EventLoop

/// Runs functions by hand, in the background.
@NetworkActor
final class ManualRuns {
    private let invoker: Invoker
    private let blobs: [String: BlobListener]
    private let timers: [String: TimerListener]
    private var runs: [Int: Task<Void, Never>] = [:]
    private var next = 0

    init(invoker: Invoker, blobs: [String: BlobListener], timers: [String: TimerListener]) {
        self.invoker = invoker
        self.blobs = blobs
        self.timers = timers
    }

    /// Starts a run.
    ///
    /// - Parameter input: The message of a queue function, the path of a blob; of no use to a timer.
    /// - Throws: `HostError` for functions that cannot be run so.
    func start(_ function: FunctionDefinition, input: String) throws {
        let invoker = invoker
        let reason = "by hand, through the host's API"
        switch function.trigger {
        case .http: throw HostError("\(function.name) is an HTTP function; call its URL.")
        case .queue:
            track {
                _ = try await invoker.run(function, reason: reason) {
                    try await invoker.call($0, .queue(function, text: input, message: nil))
                }
            }
        case .timer:
            guard let timer = timers[function.name] else { throw HostError("\(function.name) has no listener.") }
            track { try await timer.runByHand(reason: reason) }
        case .blob:
            guard let blob = blobs[function.name] else { throw HostError("\(function.name) has no listener.") }
            track { try await blob.runByHand(path: input, reason: reason) }
        }
    }

    func stop() { for run in runs.values { run.cancel() } }

    private func track(_ work: @escaping @NetworkActor () async throws -> Void) {
        next += 1
        let id = next
        runs[id] = Task { @NetworkActor in
            // Failures are in the log.
            try? await work()
            runs[id] = nil
        }
    }
}
