import Dispatch

/// Runs asynchronous work to its end; libFuzzer waits for each input.
func finish(_ work: @escaping @Sendable () async -> Void) {
    let done = DispatchSemaphore(value: 0)
    Task.detached {
        await work()
        done.signal()
    }
    done.wait()
}
