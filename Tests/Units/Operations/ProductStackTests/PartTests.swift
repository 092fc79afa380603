import ChildProcess
import FoundationEssentials
import Glibc
import Synchronization
import TestSupport
import Testing

@testable import ProductStack

struct RestartRuleTests {
    @Test func aProgramThatEndsAgainAndAgainIsStartedLessAndLessSoon() {
        var rule = RestartRule()
        let pauses = (1...9).map { _ in rule.pause(afterRunning: .seconds(1)) }
        #expect(pauses.prefix(4) == [.milliseconds(200), .milliseconds(800), .milliseconds(1800), .milliseconds(3200)])
        #expect(pauses == pauses.sorted())
        #expect(pauses.suffix(2) == [.seconds(10), .seconds(10)])
    }

    @Test func oneThatRanWellIsStartedAtOnce() {
        var rule = RestartRule()
        for _ in 0..<20 { _ = rule.pause(afterRunning: .zero) }
        #expect(rule.pause(afterRunning: .seconds(61)) == .milliseconds(200))
        #expect(rule.pause(afterRunning: .seconds(60)) == .milliseconds(800))
    }
}

/// Lines that a printer has written.
private final class Lines: Sendable {
    private let lines = Mutex<[String]>([])
    func add(_ line: String) { lines.withLock { $0.append(line) } }
    var all: [String] { lines.withLock { $0 } }
    var printer: LogPrinter { LogPrinter(showsRequests: false) { self.add($0) } }
    func has(_ words: String) async -> Bool { await eventually { self.all.contains { $0.contains(words) } } }
}

/// Real programs under the supervisor's care.
struct PartTests {
    private func shell(_ script: String) -> Subprocess.Command { Subprocess.Command("/bin/sh", ["-c", script]) }

    @Test func whatAProgramSaysIsPrintedBehindItsName() async {
        let lines = Lines()
        let part = Part("speaker", shell("echo one; echo two >&2; exec sleep 600"), printer: lines.printer)
        let running = Task { await part.run() }
        #expect(await lines.has("speaker         one\n"))
        #expect(await lines.has("speaker         two\n"))
        await part.stop()
        await running.value
        #expect(!lines.all.contains { $0.contains("starting it again") })
    }

    @Test func aProgramThatEndsIsStartedAgain() async throws {
        let folder = try Fixtures.temporaryDirectory()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let lines = Lines()
        let script = "if mkdir \(folder)/once 2>/dev/null; then exit 7; fi; echo again; exec sleep 600"
        let part = Part("crasher", shell(script), printer: lines.printer)
        let running = Task { await part.run() }
        #expect(await lines.has("ended with code 7; starting it again"))
        #expect(await lines.has("crasher         again"))
        await part.stop()
        await running.value
    }

    @Test func aProgramThatCannotBeStartedIsSaidToBeSo() async {
        let lines = Lines()
        let part = Part("ghost", Subprocess.Command("/nonexistent/ghost"), printer: lines.printer)
        let running = Task { await part.run() }
        #expect(await lines.has("ghost           cannot be started"))
        await part.stop()
        // As the supervisor does: whoever waits for the next start is not waited for.
        running.cancel()
        await running.value
    }

    @Test func stoppingUsesThePartsOwnSignal() async throws {
        let lines = Lines()
        let script = "trap 'echo interrupted; exit 0' INT; trap '' TERM; echo ready; while :; do sleep 0.02; done"
        let part = Part("listener", shell(script), stopSignal: SIGINT, printer: lines.printer)
        let running = Task { await part.run() }
        #expect(await lines.has("ready"))
        await part.stop()
        await running.value
        #expect(await lines.has("interrupted"))
    }

    @Test func stoppingBeforeTheStartMeansThatNothingIsStarted() async {
        let lines = Lines()
        let part = Part("never", shell("echo here"), printer: lines.printer)
        await part.stop()
        await part.run()
        #expect(lines.all.isEmpty)
    }
}

struct LogPrinterTests {
    private func printed(_ part: String, _ line: String, showsRequests: Bool = false) -> String? {
        let lines = Lines()
        LogPrinter(showsRequests: showsRequests) { lines.add($0) }.print(part, line)
        return lines.all.first.map { String($0.dropLast()) }
    }

    @Test func plainLinesStandBehindTheirPart() {
        #expect(printed("vm-server", "hello") == "vm-server       hello")
        #expect(printed("a-part-with-a-long-name", "hello") == "a-part-with-a-long-name hello")
        #expect(printed("vm-server", "") == nil)
        #expect(printed("vm-server", "{no json") == "vm-server       {no json")
    }

    @Test func entriesAreWordsWithTheirMembers() {
        let line =
            #"{"time":"t","level":"warning","label":"chat","message":"slow","requestId":"r","ms":12,"what":"query"}"#
        #expect(printed("functions-host", line) == "chat            WARNING slow  ms=12  what=query")
        #expect(printed("p", #"{"level":"info","message":"started","port":80}"#) == "p               started  port=80")
    }

    @Test(arguments: [("200", false), ("304", false), ("404", true), ("500", true)])
    func onlyRequestsThatFailedAreShown(status: String, isShown: Bool) {
        let line = #"{"level":"info","message":"request","status":"\#(status)"}"#
        #expect((printed("p", line) != nil) == isShown)
        #expect(printed("p", line, showsRequests: true) != nil)
    }

    @Test func theHostsExecutionsAreLeftOut() {
        let line = #"{"level":"info","message":"Executed","function":"chat"}"#
        #expect(printed("functions-host", line) == nil)
        #expect(printed("functions-host", line, showsRequests: true) != nil)
        #expect(printed("functions-host", #"{"level":"error","message":"Executed"}"#) != nil)
    }

    @Test func whatPostgresSaysOfItsOwnLifeIsLeftOut() {
        for what in ["starting up", "shutting down"] {
            let line = "2026-11-20 10:00:00.1 UTC [7] FATAL:  the database system is \(what)"
            #expect(printed("postgres", line) == nil && printed("postgres", line, showsRequests: true) != nil)
        }
        #expect(printed("postgres", "2026-11-20 LOG:  starting PostgreSQL") == nil)
        #expect(printed("postgres", "2026-11-20 FATAL:  no") != nil)
        #expect(printed("other", "2026-11-20 LOG:  x") != nil)
    }
}
