import Glibc
import ProgramSupport
import Synchronization
import TestSupport
import Testing

/// What is the whole process's own is looked at in a process of its own.
@Suite struct ProgramLifeTests {
    @Test func workThatIsDoneEndsTheProgramWell() async throws {
        let result = await #expect(processExitsWith: .success, observing: [\.standardOutputContent]) {
            ProgramLife.beforeExit { print("second") }
            await ProgramLife.run("prog") { print("first") }
        }
        let text = String(decoding: try #require(result).standardOutputContent, as: UTF8.self)
        #expect(text.contains("first\nsecond\n"))
    }

    @Test func anErrorIsSaidAndIsTheProgramsFailure() async throws {
        let result = await #expect(processExitsWith: .exitCode(1), observing: [\.standardErrorContent]) {
            await ProgramLife.run("prog") { throw TestFailure("the disk is full") }
        }
        let text = String(decoding: try #require(result).standardErrorContent, as: UTF8.self)
        #expect(text.contains("prog: the disk is full\n"))
    }

    @Test func aClosedPipeIsAnErrorAndNoDeath() async {
        await #expect(processExitsWith: .exitCode(7)) {
            await ProgramLife.run("prog") {
                var ends: [Int32] = [0, 0]
                _ = pipe(&ends)
                close(ends[0])
                if write(ends[1], "x", 1) < 0, errno == EPIPE { exit(7) }
            }
        }
    }

    @Test(arguments: [SIGTERM, SIGINT]) func terminationIsWaitedFor(signal number: Int32) async {
        if number == SIGTERM {
            await #expect(processExitsWith: .exitCode(9)) { await ProgramLifeTests.end(by: SIGTERM) }
        } else {
            await #expect(processExitsWith: .exitCode(9)) { await ProgramLifeTests.end(by: SIGINT) }
        }
    }

    static func end(by number: Int32) async {
        let sender = Task {
            // The handler is installed when waiting begins; a signal before would end the process otherwise.
            while true {
                var action = sigaction()
                sigaction(number, nil, &action)
                if action.__sigaction_handler.sa_handler != nil { break }
                try? await Task.sleep(for: .milliseconds(5))
            }
            kill(getpid(), number)
        }
        await ProgramLife.terminationRequested()
        sender.cancel()
        exit(9)
    }

    @Test func theEnvironmentIsTheProcesses() async {
        await #expect(processExitsWith: .success) {
            setenv("APUS_TEST_A", "x=y", 1)
            setenv("APUS_TEST_B", "", 1)
            unsetenv("APUS_TEST_C")
            let environment = ProgramLife.environment
            #expect(environment["APUS_TEST_A"] == "x=y")
            #expect(environment["APUS_TEST_B"] == "")
            #expect(environment["APUS_TEST_C"] == nil)
        }
    }

    @Test func theFileLimitIsRaisedToWhatTheSystemAllows() async {
        await #expect(processExitsWith: .success) {
            ProgramLife.raiseFileLimit()
            var limit = rlimit()
            getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
            #expect(limit.rlim_cur == limit.rlim_max)
        }
    }

    @Test func theFolderIsThatOfTheRunningProgram() {
        let folder = ProgramLife.executableFolder
        #expect(folder.hasPrefix("/") && !folder.hasSuffix("/"))
        #expect(access(folder, X_OK) == 0)
    }

    @Test func certificatesThatAreNamedComeFirst() async {
        await #expect(processExitsWith: .success) {
            setenv("SSL_CERT_FILE", "/somewhere/own.pem", 1)
            #expect(TrustedCertificates.file == "/somewhere/own.pem")
            unsetenv("SSL_CERT_FILE")
            #expect(TrustedCertificates.file.map { access($0, R_OK) == 0 } ?? true)
        }
    }

    /// sd_listen_fds(3): descriptors from 3 on, only for the process that is named, and taken once.
    @Test func socketsThatWereHandedOverAreFoundByTheirPort() async {
        #expect(InheritedSockets.firstDescriptor == 3)
        await #expect(processExitsWith: .success) {
            // Not 3, which may be the pipe that this process reports over.
            let listener = fcntl(socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0), F_DUPFD, 100)
            #expect(listen(listener, 1) == 0)
            setenv("LISTEN_FDS", "1", 1)
            setenv("LISTEN_PID", "1", 1)
            var address = sockaddr_in()
            var size = socklen_t(MemoryLayout<sockaddr_in>.size)
            withUnsafeMutablePointer(to: &address) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { _ = getsockname(listener, $0, &size) }
            }
            let port = UInt16(bigEndian: address.sin_port)
            #expect(InheritedSockets(from: listener).listener(on: port) == nil)
            setenv("LISTEN_FDS", "1", 1)
            setenv("LISTEN_PID", "\(getpid())", 1)
            let sockets = InheritedSockets(from: listener)
            #expect(sockets.listener(on: port) == listener)
            #expect(sockets.listener(on: port &+ 1) == nil)
            #expect(fcntl(listener, F_GETFD) & FD_CLOEXEC != 0)
            #expect(getenv("LISTEN_FDS") == nil && getenv("LISTEN_PID") == nil)
            #expect(InheritedSockets(from: listener).listener(on: port) == nil)
        }
    }
}
