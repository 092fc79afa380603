import ChildProcess
import Glibc
import Testing

@Suite struct ChildProcessTests {
    private func run(_ script: String, timeout: Duration = .seconds(300), limit: Int = 1 << 20, cpuSeconds: Int = 0)
        async throws -> Subprocess.Output
    {
        var command = Subprocess.Command("/bin/sh", ["-c", script])
        command.limits.cpuSeconds = cpuSeconds
        return try await Subprocess.run(command, timeout: timeout, outputLimit: limit)
    }

    @Test func givesOutputErrorsAndCode() async throws {
        let result = try await run("echo out; echo err >&2; exit 7")
        #expect(result.code == 7 && result.output == Array("out\n".utf8) && result.errors == "err\n")
    }

    @Test func endsWhatTakesTooLong() async throws {
        let result = try await run("sleep 3600", timeout: .milliseconds(200))
        #expect(result.timedOut && result.code == 128 + SIGKILL)
    }

    @Test func endsWhatWritesTooMuch() async throws {
        let result = try await run("while true; do echo aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa; done", limit: 100_000)
        #expect(result.overflowed)
    }

    @Test func endsWhatBurnsTheProcessor() async throws {
        let result = try await run("while true; do :; done", cpuSeconds: 1)
        #expect(result.code == 128 + SIGXCPU || result.code == 128 + SIGKILL)
    }

    @Test func saysThatThereIsNoProgram() async {
        await #expect(throws: ChildProcessError.self) {
            try await Subprocess.run(.init("/nonexistent/program"), timeout: .seconds(300), outputLimit: 1)
        }
    }

    @Test func runsManyAtOnce() async throws {
        let codes = try await withThrowingTaskGroup(of: Int32.self) { group in
            for number in 0..<32 { group.addTask { try await run("exit \(number)").code } }
            return try await group.reduce(into: Set<Int32>()) { $0.insert($1) }
        }
        #expect(codes == Set(0..<32))
    }
}
