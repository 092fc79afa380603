import ChildProcess
import FoundationEssentials
import Glibc
import TestSupport
import Testing

/// What a confined program is left with. What the kernel cannot take away is not tested here, and `missing` says it.
@Suite struct ConfinementTests {
    private static let closesFiles = !Confinement.missing.contains { $0.contains("landlock") }
    private static let refusesCalls = !Confinement.missing.contains { $0.contains("seccomp") }

    private func run(_ script: String, writable: [String] = [], readable: [String] = []) async throws
        -> Subprocess.Output
    {
        var command = Subprocess.Command("/bin/bash", ["-c", script])
        command.environment = ["PATH": "/usr/bin:/bin"]
        command.confinement = Confinement(readable: Confinement.systemFolders + readable, writable: writable)
        return try await Subprocess.run(command, timeout: .seconds(300), outputLimit: 1 << 20)
    }

    private func text(_ output: Subprocess.Output) -> String { String(decoding: output.output, as: UTF8.self) }

    @Test func nothingIsInheritedButTheThreeStreams() async throws {
        // Not marked to be closed on exec, as a library's may be.
        let open = (0..<5).map { _ in Glibc.open("/dev/null", O_RDONLY) }
        defer { for file in open { close(file) } }
        var free = Subprocess.Command("/bin/bash", ["-c", "echo /proc/self/fd/* $$"])
        free.environment = [:]
        for output in [
            try await Subprocess.run(free, timeout: .seconds(300), outputLimit: 1000),
            try await run("echo /proc/self/fd/* $$"),
        ] {
            let files = text(output).split(separator: " ").filter { $0.hasPrefix("/proc/self/fd/") }
            // The fourth is the one by which the shell reads the folder.
            #expect(files.count <= 4, "\(text(output))")
        }
    }

    @Test func rightsAreGoneAndStayGone() async throws {
        let status = text(
            try await run("while IFS= read -r line; do echo \"$line\"; done < /proc/self/status; ulimit -c"))
        #expect(status.contains("NoNewPrivs:\t1"))
        for name in ["CapEff", "CapPrm", "CapInh", "CapAmb"] {
            #expect(status.contains("\(name):\t0000000000000000"), "\(status)")
        }
        #expect(status.hasSuffix("\n0\n"))
    }

    @Test(.enabled(if: closesFiles, "the kernel has no landlock")) func onlyWhatIsNamedCanBeReached() async throws {
        let (mine, other) = (try Fixtures.temporaryDirectory(), try Fixtures.temporaryDirectory())
        defer { for folder in [mine, other] { try? FileManager.default.removeItem(atPath: folder) } }
        try Data("secret".utf8).write(to: URL(filePath: other + "/secret"))
        let output = try await run(
            """
            echo text > \(mine)/made; cat \(mine)/made; rm \(mine)/made; cat \(other)/secret; echo x > \(other)/made
            cat /proc/\(getpid())/environ; echo x > /tmp/apus-confinement-test
            """, writable: [mine])
        #expect(text(output) == "text\n", "\(text(output))")
        #expect(!FileManager.default.fileExists(atPath: other + "/made"))
        let reader = try await run("cat \(other)/secret; echo x > \(other)/made", readable: [other])
        #expect(text(reader) == "secret" && !FileManager.default.fileExists(atPath: other + "/made"))
    }

    @Test(.enabled(if: refusesCalls, "the kernel has no seccomp")) func thereAreNoSockets() async throws {
        let output = try await run("exec 3<>/dev/tcp/127.0.0.1/9")
        #expect(output.code != 0 && output.errors.contains("not permitted"), "\(output.errors)")
        let mount = try await run("unshare --user true")
        #expect(mount.code != 0)
    }

    /// A busy server has more files open than the program may have.
    @Test func howManyFilesTheCallerHasOpenMakesNoDifference() async throws {
        let open = (0..<200).map { _ in Glibc.open("/dev/null", O_RDONLY) }
        defer { for file in open { close(file) } }
        var command = Subprocess.Command("/bin/bash", ["-c", "cat /etc/ld.so.cache > /dev/null && echo read"])
        command.environment = ["PATH": "/usr/bin:/bin"]
        command.limits.openFiles = 64
        command.confinement = Confinement(readable: Confinement.systemFolders, writable: [])
        let output = try await Subprocess.run(command, timeout: .seconds(300), outputLimit: 1000)
        #expect(text(output) == "read\n", "\(output.errors)")
    }

    /// What user 0 gets back with each program that is run, and a program that it runs.
    @Test(.enabled(if: geteuid() == 0, "only user 0 has capabilities")) func capabilitiesAreNoMoreThanThoseKept()
        async throws
    {
        var command = Subprocess.Command(
            "/bin/bash", ["-c", "bash -c 'grep ^Cap /proc/self/status'; id -u"])
        command.environment = ["PATH": "/usr/bin:/bin"]
        for (kept, value) in [
            (Set<Capability>(), "0"), ([.overrideFileModes, .dropCapabilities, .bindLowPorts], "502"),
        ] {
            command.capabilities = kept
            let lines = text(try await Subprocess.run(command, timeout: .seconds(60), outputLimit: 1000))
                .split(separator: "\n")
            let padded = String(repeating: "0", count: 16 - value.count) + value
            for name in ["CapPrm", "CapEff", "CapBnd"] { #expect(lines.contains("\(name):\t\(padded)"), "\(lines)") }
            for name in ["CapInh", "CapAmb"] { #expect(lines.contains("\(name):\t0000000000000000"), "\(lines)") }
            #expect(lines.last == "0")
        }
        // Another user may still be chosen, and a reader of documents loses the rest.
        command.capabilities = [.dropCapabilities]
        command.user = (65534, 65534)
        #expect(
            text(try await Subprocess.run(command, timeout: .seconds(60), outputLimit: 1000)).hasSuffix("\n65534\n"))
    }

    @Test func programsOfTheSystemRunAsEver() async throws {
        #expect(text(try await run("printf one | sed s/one/two/; awk 'BEGIN { print 6 * 7 }'")) == "two42\n")
    }
}
