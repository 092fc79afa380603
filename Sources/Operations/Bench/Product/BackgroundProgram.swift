import ChildProcess
import Glibc

/// A program that runs beside what is measured, its output in a file.
final class BackgroundProgram: Sendable {
    private let process: Subprocess

    init(_ path: String, _ arguments: [String], _ environment: [String: String], log: String) throws {
        var command = Subprocess.Command(path, arguments)
        command.environment = environment.merging(["PATH": "/usr/bin:/bin"]) { given, _ in given }
        let output = open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
        let null = open("/dev/null", O_RDONLY | O_CLOEXEC)
        defer {
            close(output)
            close(null)
        }
        process = try Subprocess(command, standardInput: null, standardOutput: output, standardError: output)
    }

    var id: Int32 { process.id }
    var isRunning: Bool { process.isRunning }

    func stop() async { await process.stop(grace: .seconds(10)) }
}
