import EventLoop
import TaskTools

/// A wait that can be ended early.
@NetworkActor
final class Alarm {
    private var sleeper = WaitingPlace<UnsafeContinuation<Void, Never>>()
    private var isRung = false

    /// Ends the wait, or the next one if nobody waits.
    func ring() {
        guard let waiting = sleeper.clear() else { return isRung = true }
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
                if isRung || !sleeper.take(waiting) { waiting.resume() }
            }
        } onCancel: {
            Task { @NetworkActor in self.ring() }
        }
        timer.cancel()
        isRung = false
    }
}
