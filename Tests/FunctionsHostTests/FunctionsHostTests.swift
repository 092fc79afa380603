import FoundationEssentials
import HTTPMessages
import JSONCoding
import TestSupport
import Testing

@testable import FunctionsHost

@Suite struct FunctionsHostTests {
    @Test(arguments: [
        ("0 0 * * * *", 0, 3600), ("0 */5 * * * *", 1, 300), ("30 9 * * 1-5", 1_795_159_588 as Int64, 1_795_167_000),
        ("0 0 0 1 1 *", 0, 31_536_000),
        ("00:10:00", 100, 700), ("0 0 0 * * sun", 0, 259_200), ("5,10 * * * * *", 5, 10),
    ])
    func findsTheNextOccurrence(schedule: String, after: Int64, next: Int64) throws {
        #expect(try CronSchedule(schedule).next(after: after) == next)
    }

    @Test(arguments: [
        "", "* * *", "60 * * * * *", "* * * * * 8", "a * * * * *", "*/0 * * * * *", "5-1 * * * * *", "0 0 0 31 2 * *",
    ])
    func refusesSchedules(text: String) { #expect(throws: HostError.self) { try CronSchedule(text) } }

    @Test func saysThatADayNeverComes() throws { #expect(try CronSchedule("0 0 0 31 2 *").next(after: 0) == nil) }

    @Test(arguments: [
        ("api/chat", "api/Chat", true), ("api/{id}", "api/x", true), ("api/{id}", "api", false),
        ("api/{id?}", "api", true), ("api/{n:int}", "api/5", true),
        ("api/{n:int}", "api/x", false), ("a/{*rest}", "a/b/c", true), ("a/b", "a/b/c", false),
        ("x/{g:guid}", "x/0c9f1c9e-1f7e-4a5c-8f2e-5f2f7b5a9c10", true),
    ])
    func matchesRoutes(template: String, path: String, matches: Bool) throws {
        let values = try RouteTemplate(template).match(path.split(separator: "/").map(String.init))
        #expect((values != nil) == matches)
    }

    @Test(arguments: [
        ("00:04:00", Duration.seconds(240)), ("1.00:00:01", .seconds(86_401)), ("00:00:00.5", .milliseconds(500)),
        ("99999999999999999.00:00:00", nil), ("00:00:1e300", nil), ("00:99:00", nil), ("-1:00:00", nil), ("10", nil),
    ])
    func readsTimeSpans(text: String, span: Duration?) { #expect(HostConfiguration.duration(.string(text)) == span) }

    @Test func expandsVariablesThatExist() {
        #expect(HostConfiguration.expanded("%A%/x/%B%", ["A": "1"]) == "1/x/%B%")
        #expect(HostConfiguration.expanded("100%", [:]) == "100%")
    }

    private func withHostFile(_ content: String, _ body: (String) throws -> Void) throws {
        let folder = try Fixtures.temporaryDirectory()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try content.write(toFile: folder + "/host.json", atomically: true, encoding: .utf8)
        try body(folder)
    }

    @Test func readsHostFilesLeniently() throws {
        try withHostFile(
            """
            { // comment
              'VERSION': "2.0", "functionTimeout": "00:04:00",
              "extensions": { "queues": { "batchSize": 4, "maxDequeueCount": 3 } },
              "customHandler": { "description": { "defaultExecutablePath": "%TOOL%" }, "enableProxyingHttpRequest": true }, }
            """
        ) { folder in
            let configuration = try HostConfiguration(root: folder, environment: ["TOOL": "/bin/true"])
            #expect(configuration.executable == "/bin/true" && configuration.mode == .proxying)
            #expect(configuration.queueBatchSize == 4 && configuration.queueNewBatchThreshold == 2)
            #expect(configuration.functionTimeout == .seconds(240))
        }
    }

    @Test(arguments: [
        "{", "{}", "{\"version\":\"1.0\"}", "{\"version\":\"2.0\"}",
        "{\"version\":\"2.0\",\"customHandler\":{\"description\":{}}}",
        "{\"version\":\"2.0\",\"customHandler\":{\"description\":{\"defaultExecutablePath\":\"x\"}},\"extensions\":{\"queues\":{\"batchSize\":33}}}",
    ])
    func refusesHostFiles(content: String) throws {
        try withHostFile(content) { folder in
            #expect(throws: HostError.self) { try HostConfiguration(root: folder, environment: [:]) }
        }
    }

    @Test func decodesResponseEnvelopes() throws {
        let answer: JSONValue = ["outputs": ["res": ["statusCode": "201", "headers": ["X-A": 1], "body": "text"]]]
        let response = try InvocationEnvelope.response(answer)
        #expect(response.status.rawValue == 201 && response.fields["x-a"] == "1")
        #expect(try InvocationEnvelope.response([:]).status.rawValue == 204)
        #expect(throws: HostError.self) { try InvocationEnvelope.response(["Outputs": ["res": 5]]) }
    }
}
