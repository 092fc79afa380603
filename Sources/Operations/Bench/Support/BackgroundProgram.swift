import CLinux
import ChildProcess
import Glibc

/// A program that runs beside what is measured, or is what is measured, its output in a file.
final class BackgroundProgram: Sendable {
    private let name: String
    private let process: Subprocess
    private let log: String
    private let grace: Duration
    private let started = ContinuousClock.now

    /// - Parameters:
    ///   - folder: Where it runs; its output goes to `NAME.txt` there.
    ///   - grace: How long it may take to end by itself.
    init(
        _ name: String, _ path: String, _ arguments: [String] = [], _ environment: [String: String] = [:],
        in folder: String, grace: Duration = .seconds(10)
    ) throws {
        self.name = name
        self.grace = grace
        log = "\(folder)/\(name).txt"
        var command = Subprocess.Command(path, arguments)
        command.environment = environment.merging(["PATH": "/usr/bin:/bin", "HOME": folder]) { given, _ in given }
        command.directory = folder
        let output = open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
        let null = open("/dev/null", O_RDONLY | O_CLOEXEC)
        defer {
            close(output)
            close(null)
        }
        process = try Subprocess(command, standardInput: null, standardOutput: output, standardError: output)
    }

    var id: Int32 { process.id }

    var residentMegabytes: Double { Double(apus_resident_bytes(process.id)) / 1_048_576 }

    /// Asks again and again whether the program is ready, with so many microseconds between.
    ///
    /// - Returns: Milliseconds from the start to the answer.
    /// - Throws: `BenchError` when the program ends, or is not ready in time.
    @discardableResult
    func ready(within limit: Duration, every pause: UInt32, _ isReady: () async -> Bool) async throws -> Double {
        while !(await isReady()) {
            guard process.isRunning, ContinuousClock.now - started < limit else {
                throw BenchError("\(name) did not start; \(log) says why")
            }
            // A sleeping task would wake when the pool has time for it, which would be measured too.
            usleep(pause)
        }
        return started.millisecondsAgo
    }

    func stop() async { await process.stop(grace: grace) }

    /// Does the body's work beside the program, and stops the program however the work ends.
    func whileRunning<Result>(_ body: (BackgroundProgram) async throws -> Result) async throws -> Result {
        let result: Result
        do {
            result = try await body(self)
        } catch {
            await stop()
            throw error
        }
        await stop()
        return result
    }
}
