import JSONCoding
import Telemetry
import Testing

/// Lines are written to the process's standard error, so each case runs in a process of its own.
@Suite struct LogTests {
    private func lines(_ result: ExitTest.Result?) throws -> [JSONValue] {
        let result = try #require(result)
        return try result.standardErrorContent.split(separator: 10).filter { $0.first == UInt8(ascii: "{") }
            .map { try JSONParser.parse(Array($0)) }
    }

    @Test func aLineIsOneJSONObject() async throws {
        let result = await #expect(processExitsWith: .success, observing: [\.standardErrorContent]) {
            let log = Log(label: "test", level: .debug)
            log.warning("something \"odd\"\n\u{1}", ["zeta": "1\t2", "alpha": "é\\"])
        }
        let lines = try lines(result)
        #expect(lines.count == 1)
        let line = try #require(lines.first)
        #expect(line.object?.names == ["time", "level", "label", "message", "alpha", "zeta"])
        #expect(line["level"] == "warning" && line["label"] == "test")
        #expect(line["message"] == "something \"odd\"\n\u{1}")
        #expect(line["alpha"] == "é\\" && line["zeta"] == "1\t2")
        #expect(line["time"]?.string.flatMap { Timestamp.milliseconds(iso8601: $0) } != nil)
    }

    @Test func linesBelowTheLevelAreNotWrittenAndTheirFieldsNotMade() async throws {
        let result = await #expect(processExitsWith: .success, observing: [\.standardErrorContent]) {
            let log = Log(label: "test", level: .warning)
            func costly() -> [String: String] {
                writeAll("{\"message\":\"made\"}\n", to: 2)
                return [:]
            }
            log.debug("debug", costly())
            log.info("info", costly())
            log.warning("warning")
            log.error("error")
        }
        #expect(try lines(result).map { $0["message"] } == ["warning", "error"])
    }

    @Test func linesCarryTheRequestAndTheTrace() async throws {
        let result = await #expect(processExitsWith: .success, observing: [\.standardErrorContent]) {
            let log = Log(label: "test")
            let parent = TraceContext(traceparent: "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01")
            Log.$requestID.withValue("r-7") {
                Span.$current.withValue(Span("step", parent: parent)) { log.info("inside") }
            }
            log.info("outside")
        }
        let lines = try lines(result)
        #expect(lines.first?["requestId"] == "r-7")
        #expect(lines.first?["traceId"] == "4bf92f3577b34da6a3ce929d0e0e4736")
        #expect(lines.first?["spanId"]?.string?.count == 16)
        #expect(lines.last?["requestId"] == nil && lines.last?["traceId"] == nil)
    }

    @Test func levelsHaveNamesAndAnOrder() {
        #expect(Log.Level(name: "debug") == .debug && Log.Level(name: "error") == .error)
        #expect(Log.Level(name: "") == .info)
        #expect(Log.Level(name: "INFO") == nil && Log.Level(name: "trace") == nil)
        #expect(Log.Level.debug < .info && Log.Level.info < .warning && Log.Level.warning < .error)
    }
}
