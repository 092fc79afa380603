import ChildProcess
import Glibc
import HTTPClient
import Synchronization
import Telemetry

/// One program of the stack: started, watched, started again when it crashes.
final class Part: Sendable {
    private struct State {
        var process: Subprocess?
        var isStopping = false
    }

    let name: String
    private let command: Subprocess.Command
    private let stopSignal: Int32
    private let printer: LogPrinter
    private let state = Mutex(State())

    init(_ name: String, _ command: Subprocess.Command, stopSignal: Int32 = SIGTERM, printer: LogPrinter) {
        self.name = name
        self.command = command
        self.stopSignal = stopSignal
        self.printer = printer
    }

    /// Runs the program until `stop`.
    func run() async {
        var rule = RestartRule()
        while !state.withLock({ $0.isStopping }) {
            let started = ContinuousClock.now
            do {
                let code = try await runOnce()
                if state.withLock({ $0.isStopping }) { return }
                printer.print(name, "ended with code \(code); starting it again")
            } catch {
                printer.print(name, "cannot be started: \(error)")
            }
            try? await Task.sleep(for: rule.pause(afterRunning: ContinuousClock.now - started))
        }
    }

    /// Ends the program and waits for its end.
    func stop() async {
        let process = state.withLock { state in
            state.isStopping = true
            return state.process
        }
        guard let process else { return }
        process.signal(stopSignal)
        let killer = Task {
            try await Task.sleep(for: .seconds(15))
            process.signal(SIGKILL, wholeGroup: true)
        }
        _ = await process.wait()
        killer.cancel()
    }

    private func runOnce() async throws -> Int32 {
        let output = try Pipe()
        let null = open("/dev/null", O_RDONLY | O_CLOEXEC)
        defer { close(null) }
        let process: Subprocess
        do {
            defer { output.closeWriteEnd() }
            process = try Subprocess(
                command, standardInput: null, standardOutput: output.writeEnd, standardError: output.writeEnd)
        }
        output.forEachLine { [printer, name] in printer.print(name, $0) }
        let isStopping = state.withLock { state in
            state.process = process
            return state.isStopping
        }
        if isStopping { process.signal(stopSignal) }
        return await process.wait()
    }
}
