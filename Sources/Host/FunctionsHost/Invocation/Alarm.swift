import EventLoop

/// A wait that can be ended early.
@NetworkActor
final class Alarm {
    private var continuation: UnsafeContinuation<Void, Never>?
    private var isRung = false

    /// Ends the wait, or the next one if nobody waits.
    func ring() {
        guard let waiting = continuation else { return isRung = true }
        continuation = nil
        waiting.resume()
    }

    /// Waits for the time, for `ring`, or for the task's cancellation.
    func wait(_ time: Duration) async {
        if isRung || Task.isCancelled { return isRung = false }
        let timer = Task { @NetworkActor in
            try? await Task.sleep(for: time)
            if !Task.isCancelled { ring() }
        }
        await withTaskCancellationHandler {
            await withUnsafeContinuation { waiting in
                if isRung { waiting.resume() } else { continuation = waiting }
            }
        } onCancel: {
            Task { @NetworkActor in self.ring() }
        }
        timer.cancel()
        isRung = false
    }
}
