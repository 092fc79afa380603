import ChildProcess
import FoundationEssentials
import Glibc

/// Runs a program to its end and gives what it printed.
enum CommandOutput {
    static func read(_ path: String, _ arguments: [String], directory: String? = nil) async throws -> String {
        let file = FileManager.default.temporaryDirectory.path + "/apus-bench-" + UUID().uuidString
        defer { unlink(file) }
        let output = open(file, O_WRONLY | O_CREAT | O_CLOEXEC, 0o600)
        let null = open("/dev/null", O_RDONLY | O_CLOEXEC)
        var command = Subprocess.Command(path, arguments)
        command.directory = directory
        let process = try Subprocess(command, standardInput: null, standardOutput: output, standardError: output)
        close(output)
        close(null)
        let code = await process.wait()
        let text = String(decoding: FileManager.default.contents(atPath: file) ?? Data(), as: UTF8.self)
        guard code == 0 else { throw BenchError("\(path) ended with \(code): \(text.suffix(600))") }
        return text
    }
}
