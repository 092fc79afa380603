import ChildProcess
import Dispatch
import FoundationEssentials
import Glibc
import Synchronization
import TestSupport
import Testing

@Suite struct SubprocessTests {
    private func shell(_ script: String, _ change: (inout Subprocess.Command) -> Void = { _ in }) -> Subprocess.Command
    {
        var command = Subprocess.Command("/bin/sh", ["-c", script])
        change(&command)
        return command
    }

    private func run(
        _ script: String, input: [UInt8] = [], limit: Int = 1 << 20,
        _ change: (inout Subprocess.Command) -> Void = { _ in }
    ) async throws -> Subprocess.Output {
        try await Subprocess.run(shell(script, change), input: input, timeout: .seconds(600), outputLimit: limit)
    }

    private func text(_ output: Subprocess.Output) -> String { String(decoding: output.output, as: UTF8.self) }

    @Test func inputIsReadToItsEnd() async throws {
        let input = (0..<300_000).map { UInt8(truncatingIfNeeded: $0 &* 7) }
        #expect(try await run("cat", input: input).output == input)
        #expect(try await run("cat").output == [])
    }

    @Test func argumentsAreGivenAsTheyAre() async throws {
        let command = Subprocess.Command("/usr/bin/printf", ["%s|", "a b", "$HOME", "\"'", "é\n", ""])
        let output = try await Subprocess.run(command, timeout: .seconds(600), outputLimit: 1000)
        #expect(text(output) == "a b|$HOME|\"'|é\n||")
    }

    @Test func theEnvironmentIsWhollyTheOneGiven() async throws {
        let output = try await Subprocess.run(
            { () -> Subprocess.Command in
                var command = Subprocess.Command("/usr/bin/env")
                command.environment = ["ONLY": "x=y"]
                return command
            }(), timeout: .seconds(600), outputLimit: 10_000)
        #expect(text(output) == "ONLY=x=y\n")
    }

    @Test func theFolderIsTheOneGiven() async throws {
        #expect(text(try await run("pwd") { $0.directory = "/" }) == "/\n")
        let error = await #expect(throws: ChildProcessError.self) { try await run("pwd") { $0.directory = "/none" } }
        #expect(error?.errorNumber == ENOENT)
    }

    /// getrlimit(2).
    @Test func limitsAreTheChilds() async throws {
        let output = try await run("ulimit -n; ulimit -t; ulimit -v; ulimit -f") {
            $0.limits.openFiles = 33
            $0.limits.cpuSeconds = 44
            $0.limits.addressSpaceBytes = 1 << 30
            $0.limits.fileBytes = 5120
        }
        // Sizes are in KiB for memory and in blocks of 512 bytes for files (POSIX, `ulimit`).
        #expect(text(output) == "33\n44\n1048576\n10\n")
        let free = try await run("ulimit -t")
        #expect(text(free) == "unlimited\n")
    }

    @Test func aFileThatGrowsTooLargeEndsTheProgram() async throws {
        let folder = try Fixtures.temporaryDirectory()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let output = try await Subprocess.run(
            { () -> Subprocess.Command in
                var command = Subprocess.Command("/bin/dd", ["if=/dev/zero", "of=\(folder)/x", "bs=1024", "count=100"])
                command.limits.fileBytes = 8192
                return command
            }(), timeout: .seconds(600), outputLimit: 1000)
        #expect(output.code == 128 + SIGXFSZ)
        #expect(try Fixtures.bytes(folder + "/x").count == 8192)
    }

    @Test func memoryBeyondTheLimitIsRefused() async throws {
        let output = try await run("dd if=/dev/zero of=/dev/null bs=512M count=1") {
            $0.limits.addressSpaceBytes = 128 << 20
        }
        #expect(output.code != 0)
        #expect(output.errors.contains("memory"))
    }

    @Test func outputMayReachTheLimitAndNotPassIt() async throws {
        #expect(try await run("printf 12345", limit: 5).output == Array("12345".utf8))
        let output = try await run("printf 123456", limit: 5)
        #expect(output.overflowed && output.output.isEmpty)
    }

    @Test func complaintsBeyondTheirLimitEndNothing() async throws {
        let output = try await run(
            "printf done; i=0; while [ $i -lt 3000 ]; do echo aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa >&2; i=$((i+1)); done")
        #expect(text(output) == "done" && output.code == 0)
        #expect(output.errors.utf8.count == 64 * 1024 && output.errors.hasPrefix("aaaa"))
    }

    @Test(arguments: [SIGTERM, SIGKILL, SIGSEGV, SIGABRT]) func aDeathBySignalIsTold(number: Int32) async throws {
        #expect(try await run("kill -\(number) $$").code == 128 + number)
    }

    @Test(arguments: [Int32(0), 1, 42, 127, 255]) func codesAreTold(code: Int32) async throws {
        #expect(try await run("exit \(code)").code == code)
    }

    @Test func errorsOfStartingAreTold() async throws {
        func number(_ path: String) async -> Int32? {
            do {
                _ = try await Subprocess.run(.init(path), timeout: .seconds(600), outputLimit: 1)
                return nil
            } catch { return (error as? ChildProcessError)?.errorNumber }
        }
        #expect(await number("/none") == ENOENT)
        #expect(await number("/etc/passwd") == EACCES)
        #expect(await number("/") == EACCES)
    }

    /// What the whole group does ends too: the shell's own child would go on writing.
    @Test func aProgramThatTakesTooLongEndsWithItsChildren() async throws {
        let folder = try Fixtures.temporaryDirectory()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let script = "sleep 3600 & echo $! > \(folder)/pid; mv \(folder)/pid \(folder)/ready; wait"
        let task = Task {
            try await Subprocess.run(shell(script), timeout: .seconds(3600), outputLimit: 1)
        }
        #expect(await eventually { FileManager.default.fileExists(atPath: folder + "/ready") })
        let pid = try #require(
            Int32(String(decoding: try Fixtures.bytes(folder + "/ready"), as: UTF8.self).split(separator: "\n")[0]))
        #expect(kill(pid, 0) == 0)
        task.cancel()
        #expect(try await task.value.code == 128 + SIGKILL)
        #expect(await eventually { Self.hasEnded(pid) })
    }

    /// Gone, or a zombie that its new parent has not looked after yet.
    private static func hasEnded(_ pid: Int32) -> Bool {
        guard let stat = try? Fixtures.bytes("/proc/\(pid)/stat") else { return true }
        return String(decoding: stat, as: UTF8.self).contains(") Z ")
    }

    @Test func stoppingAsksFirstAndInsistsThen() async throws {
        let pipe = try Pipe()
        let null = open("/dev/null", O_RDWR | O_CLOEXEC)
        defer { close(null) }
        let polite = try Subprocess(
            shell("trap 'exit 3' TERM; echo ready; while :; do sleep 0.01; done"), standardInput: null,
            standardOutput: pipe.writeEnd, standardError: null)
        pipe.closeWriteEnd()
        let ready = Flag()
        pipe.forEachLine { if $0 == "ready" { ready.set() } }
        #expect(await eventually { ready.isSet })
        #expect(polite.isRunning)
        await polite.stop(grace: .seconds(600))
        #expect(await polite.wait() == 3 && !polite.isRunning)
        // Nothing happens to whoever has the number by then.
        polite.signal(SIGKILL)

        let deaf = try Pipe()
        let stubborn = try Subprocess(
            shell("trap '' TERM; echo ready; while :; do sleep 0.01; done"), standardInput: null,
            standardOutput: deaf.writeEnd, standardError: null)
        deaf.closeWriteEnd()
        let isDeaf = Flag()
        deaf.forEachLine { if $0 == "ready" { isDeaf.set() } }
        #expect(await eventually { isDeaf.isSet })
        await stubborn.stop(grace: .milliseconds(50))
        #expect(await stubborn.wait() == 128 + SIGKILL)
    }

    @Test func everyoneWhoWaitsIsTold() async throws {
        let null = open("/dev/null", O_RDWR | O_CLOEXEC)
        defer { close(null) }
        let child = try Subprocess(
            shell("exit 5"), standardInput: null, standardOutput: null, standardError: null)
        let codes = await withTaskGroup(of: Int32.self) { group in
            for _ in 0..<20 { group.addTask { await child.wait() } }
            return await group.reduce(into: []) { $0.append($1) }
        }
        #expect(codes == [Int32](repeating: 5, count: 20))
        #expect(await child.wait() == 5)
    }

    /// What this process has open is no business of the child's: only its three streams are there.
    @Test func noDescriptorOfOursIsInherited() async throws {
        let pipe = try Pipe()
        defer { pipe.closeWriteEnd() }
        let connectionTarget = try RawListener(answering: "")
        let connection = try RawConnection(port: connectionTarget.port)
        defer { connection.abort() }
        let ours = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/fd/\(pipe.writeEnd)")
        #expect(ours.hasPrefix("pipe:["))
        let listing = text(try await run("ls -l /proc/self/fd"))
        #expect(listing.contains("/proc"))
        #expect(!listing.contains(ours))
    }

    @Test func linesComeOneByOneAndTheLastOneWithoutItsEnd() async throws {
        let pipe = try Pipe()
        let lines = Mutex<[String]>([])
        let ended = Flag()
        pipe.forEachLine({ line in lines.withLock { $0.append(line) } }, end: { ended.set() })
        let long = String(repeating: "x", count: 200_000)
        let bytes = Array("one\n\nthree é\n\(long)\nlast".utf8)
        let writeEnd = pipe.writeEnd
        DispatchQueue(label: "test.write").async {
            var rest = bytes[...]
            while !rest.isEmpty {
                let count = rest.withUnsafeBytes { write(writeEnd, $0.baseAddress, min(1000, $0.count)) }
                guard count > 0 else { break }
                rest = rest.dropFirst(count)
            }
            close(writeEnd)
        }
        #expect(await eventually { ended.isSet })
        let all = lines.withLock { $0 }
        #expect(all.prefix(3) == ["one", "", "three é"])
        #expect(all.last == "last")
        // What is too long for one piece comes in several, and none of it is lost.
        #expect(all.dropFirst(3).dropLast().joined() == long)
    }

    @Test func anExecutableTellsItsProcessor() throws {
        #expect(ExecutableFormat.architecture(of: "/proc/self/exe") == ExecutableFormat.here)
        #expect(ExecutableFormat.architecture(of: "/etc/passwd") == nil)
        #expect(ExecutableFormat.architecture(of: "/none") == nil)
        let folder = try Fixtures.temporaryDirectory()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        // System V ABI: `e_machine` is at 18; 183 is AArch64, 62 x86-64.
        for (machine, name) in [(UInt8(183), "aarch64"), (62, "x86_64"), (99, nil)] as [(UInt8, String?)] {
            var header = [UInt8](repeating: 0, count: 64)
            header.replaceSubrange(0..<4, with: [0x7f, 0x45, 0x4c, 0x46])
            header[18] = machine
            try Data(header).write(to: URL(fileURLWithPath: folder + "/x"))
            #expect(ExecutableFormat.architecture(of: folder + "/x") == name)
        }
        try Data([0x7f, 0x45, 0x4c, 0x46]).write(to: URL(fileURLWithPath: folder + "/x"))
        #expect(ExecutableFormat.architecture(of: folder + "/x") == nil)
    }
}
