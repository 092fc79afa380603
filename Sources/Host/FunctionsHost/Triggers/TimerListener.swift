import EventLoop
import Telemetry

/// Fires a timer function by its schedule; runs do not overlap (docs/reference/functions-custom-handlers.md, 9.2).
@NetworkActor
final class TimerListener {
    private let function: FunctionDefinition
    private let schedule: CronSchedule
    private let runsOnStartup: Bool
    private let invoker: Invoker
    private let console: HostConsole
    /// Where the status is recorded; `nil` when it is not.
    private let storage: HostStorage?
    private var status: TimerStatus?

    init(
        _ function: FunctionDefinition, schedule: CronSchedule, runsOnStartup: Bool, usesMonitor: Bool,
        storage: HostStorage?, invoker: Invoker, console: HostConsole
    ) {
        self.function = function
        self.schedule = schedule
        self.runsOnStartup = runsOnStartup
        self.invoker = invoker
        self.console = console
        self.storage = usesMonitor && !schedule.isSubMinute(at: Self.now) ? storage : nil
    }

    /// Waits and fires until the task is cancelled.
    func run() async {
        let isPastDue = await checkStatus()
        if isPastDue {
            await fire(isPastDue: true, isPlanned: false, reason: "timer, an occurrence was missed")
        } else if runsOnStartup {
            await fire(isPastDue: false, isPlanned: false, reason: "timer, run on start-up")
        }
        while !Task.isCancelled {
            guard let next = status?.next ?? schedule.next(after: Self.now) else {
                return console.line(.error, function.name, "the schedule never comes due")
            }
            if status == nil { status = TimerStatus(next: next, lastUpdated: Self.now) }
            while Self.now < next {
                // In stages, so that a clock that is set does not matter for long.
                guard (try? await Task.sleep(for: .milliseconds(min(30_000, next - Self.now)))) != nil else { return }
            }
            guard !Task.isCancelled else { return }
            await fire(isPastDue: false, isPlanned: true, reason: "timer")
        }
    }

    /// Runs the function out of turn; the schedule does not change.
    func runByHand(reason: String) async throws {
        let status = storage == nil ? nil : status
        _ = try await invoker.run(function, reason: reason) { [invoker, function] in
            try await invoker.call($0, .timer(function, status: status, isPastDue: false))
        }
    }

    private static var now: Int64 { Timestamp.nowMilliseconds() }

    private var recordName: String { "timers/\(storage?.hostID ?? "")/Host.Functions.\(function.name)/status" }

    /// Reads what is recorded and compares it with the schedule. Returns whether an occurrence was missed.
    private func checkStatus() async -> Bool {
        guard let storage else { return false }
        var stored: TimerStatus?
        do {
            stored = try await storage.read(recordName).flatMap { TimerStatus($0) }
        } catch {
            console.line(
                .warning, function.name, "the timer's status cannot be read; it runs without",
                [("error", String(describing: error))])
            return false
        }
        let (checked, isPastDue) = TimerStatus.checked(stored, schedule, now: Self.now)
        status = checked
        if checked != stored { await record() }
        return isPastDue
    }

    private func fire(isPastDue: Bool, isPlanned: Bool, reason: String) async {
        let began = Self.now
        let shown = storage == nil ? nil : status
        // A failure is in the log; it neither stops the schedule nor is it tried again by itself.
        _ = try? await invoker.run(function, reason: reason) { [invoker, function] in
            try await invoker.call($0, .timer(function, status: shown, isPastDue: isPastDue))
        }
        let current = status ?? TimerStatus(next: nil, lastUpdated: nil)
        status = current.afterRun(at: began, isPlanned: isPlanned, schedule)
        // Occurrences that passed while it ran are not made up for.
        if let next = status?.next, next <= Self.now { status?.next = schedule.next(after: Self.now) }
        await record()
    }

    private func record() async {
        guard let storage, let status else { return }
        do {
            try await storage.write(status.json, to: recordName)
        } catch {
            console.line(
                .warning, function.name, "the timer's status cannot be recorded", [("error", String(describing: error))]
            )
        }
    }
}
