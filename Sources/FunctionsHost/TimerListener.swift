import Digests
import Telemetry

/// Fires a timer function by its schedule; runs do not overlap.
struct TimerListener: Sendable {
    let function: FunctionDefinition
    let schedule: CronSchedule
    let runOnStartup: Bool
    let invocation: Invocation
    let log: Log

    /// Waits and fires until the task is cancelled.
    func run() async {
        var last: Int64?
        if runOnStartup {
            await fire(last: nil, next: schedule.next(after: now))
            last = now
        }
        while !Task.isCancelled {
            guard let next = schedule.next(after: max(now, last ?? 0)) else {
                return log.error("the schedule never comes due", ["function": function.name])
            }
            while now < next {
                // In stages, so that a clock that is set does not matter for long.
                guard (try? await Task.sleep(for: .seconds(min(60, next - now)))) != nil else { return }
            }
            await fire(last: last, next: schedule.next(after: next))
            last = next
        }
    }

    private var now: Int64 { Timestamp.nowMilliseconds() / 1000 }

    private func fire(last: Int64?, next: Int64?) async {
        do {
            let envelope = InvocationEnvelope.timer(function, last: last, next: next, isPastDue: false)
            _ = try await invocation.send(envelope, to: function.name, id: UUIDv7.random())
        } catch {
            log.warning("invocation failed", ["function": function.name, "error": String(describing: error)])
        }
    }
}
