import FoundationEssentials
import JSONCoding
import TestSupport
import Testing

@testable import FunctionsHost

/// host.json and what belongs to it (docs/reference/functions-custom-handlers.md, 1).
@Suite struct ConfigurationTests {
    private func configuration(_ content: String, _ environment: [String: String] = [:]) throws -> HostConfiguration {
        let folder = try Fixtures.temporaryDirectory()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try content.write(toFile: folder + "/host.json", atomically: true, encoding: .utf8)
        return try HostConfiguration(root: folder, environment: environment)
    }

    @Test(arguments: [
        ("00:04:00", Duration.seconds(240)), ("1.00:00:01", .seconds(86_401)), ("00:00:00.5", .milliseconds(500)),
        ("24:00:00", .seconds(24 * 86_400)), ("48:00:30", .seconds(48 * 86_400 + 30 * 60)), ("2", .seconds(172_800)),
        ("01:30", .seconds(5400)), ("-00:00:01", .seconds(-1)), ("99999999999999999.00:00:00", nil),
        ("00:00:1e300", nil), ("00:99:00", nil), ("1:2:3:4", nil), ("", nil), (":", nil), ("00:00:00.", nil),
        ("00:00:00.12345678", nil),
    ])
    func readsTimeSpans(text: String, span: Duration?) { #expect(TimeSpan.parse(text) == span) }

    @Test func readsLenientlyAndWithoutCase() throws {
        let read = try configuration(
            """
            { // comment
              'VERSION': "2.0", "FunctionTimeout": "00:04:00", "unknown": [1],
              "extensions": { "queues": { "batchSize": 4, "maxDequeueCount": 3, "visibilityTimeout": "00:00:20" } },
              "customHandler": { "description": { "defaultExecutablePath": "%TOOL%" }, "enableProxyingHttpRequest": "true" }, }
            """, ["TOOL": "/bin/true"])
        #expect(read.handler?.executable == "/bin/true" && read.handler?.mode == .proxying)
        #expect(read.queues.batchSize == 4 && read.queues.maximumDequeueCount == 3)
        #expect(read.queues.visibilityTimeout == .seconds(20) && read.functionTimeout == .seconds(240))
    }

    @Test(arguments: [
        ("{", "valid JSON"), ("[]", "object"), ("{\"a\":1}", "version is missing"),
        ("{\"version\":\"1.0\"}", "\"2.0\""),
        ("{\"version\":\"2.0\",\"customHandler\":{}}", "description is missing"),
        ("{\"version\":\"2.0\",\"customHandler\":{\"description\":{}}}", "defaultExecutablePath is missing"),
        ("{\"version\":\"2.0\",\"extensions\":{\"queues\":{\"batchSize\":33}}}", "batchSize must be"),
        (
            "{\"version\":\"2.0\",\"extensions\":{\"queues\":{\"maxPollingInterval\":\"00:00:00.05\"}}}",
            "maxPollingInterval"
        ),
        ("{\"version\":\"2.0\",\"functionTimeout\":\"00:00:00\"}", "functionTimeout"),
        ("{\"version\":\"2.0\",\"configurationProfile\":\"x\"}", "mcp-custom-handler"),
        (
            "{\"version\":\"2.0\",\"retry\":{\"strategy\":\"fixedDelay\",\"maxRetryCount\":1}}",
            "delayInterval is missing"
        ),
        ("{\"version\":\"2.0\",\"retry\":{\"strategy\":\"x\",\"maxRetryCount\":1}}", "strategy must be"),
        (
            "{\"version\":\"2.0\",\"customHandler\":{\"port\":0,\"description\":{\"defaultExecutablePath\":\"x\"}}}",
            "port must be"
        ),
        (
            "{\"version\":\"2.0\",\"customHandler\":{\"port\":\"70000\",\"description\":{\"defaultExecutablePath\":\"x\"}}}",
            "70000"
        ),
    ])
    func saysWhatIsWrong(content: String, part: String) throws {
        let error = #expect(throws: HostError.self) { try configuration(content) }
        #expect(error?.description.contains(part) == true, "\(error?.description ?? "")")
    }

    @Test func theEnvironmentOverrides() throws {
        let file = """
            {"version":"2.0","extensions":{"http":{"routePrefix":"api"}},
             "customHandler":{"description":{"defaultExecutablePath":"x","arguments":["a"],"workerArguments":["w"]}}}
            """
        let read = try configuration(
            file,
            [
                "AzureFunctionsJobHost__extensions__http__routePrefix": "v1",
                "azurefunctionsjobhost:functionTimeout": "00:01:00",
                "AzureFunctionsJobHost__customHandler__description__arguments": "[\"b\", \"c d\"]",
                "AzureFunctionsJobHost__customHandler__port": "4711",
                "AzureFunctionsJobHost__functions__0": "One",
            ])
        #expect(read.http.routePrefix == "v1" && read.functionTimeout == .seconds(60))
        #expect(read.handler?.arguments == ["b", "c d"] && read.handler?.workerArguments == ["w"])
        #expect(read.handler?.port == 4711 && read.allowedFunctions == ["one"])
    }

    @Test func profilesPresetAndAreOverridden() throws {
        let base = "\"customHandler\":{\"description\":{\"defaultExecutablePath\":\"x\"}"
        let preset = try configuration("{\"version\":\"2.0\",\"configurationProfile\":\"MCP-custom-handler\",\(base)}}")
        #expect(preset.handler?.mode == .proxying && preset.http.routePrefix.isEmpty)
        #expect(preset.handler?.routes.map(\.route) == ["{*route}"])
        let own = try configuration(
            "{\"version\":\"2.0\",\(base),\"enableProxyingHttpRequest\":false}}",
            ["AzureFunctionsJobHost__configurationProfile": "web-app-custom-handler"])
        #expect(own.handler?.mode == .envelope && own.usesRoutes)
    }

    @Test func expandsAndSplitsTheArgumentLine() throws {
        let read = try configuration(
            """
            {"version":"2.0","customHandler":{"description":{"defaultExecutablePath":"bin/chat","defaultWorkerPath":"%W%/m",
             "arguments":["--listen","%FUNCTIONS_CUSTOMHANDLER_PORT%","--title","\\"Swift notes\\"","--a 1"],
             "workerArguments":["%HOME_X%","a%20b%20c"]}}}
            """, ["W": "/w"])
        let handler = try #require(read.handler)
        let line = ArgumentLine.make(
            handler, environment: ["W": "/w"], child: ["FUNCTIONS_CUSTOMHANDLER_PORT": "41733"])
        #expect(
            ArgumentLine.split(line) == ["--listen", "41733", "--title", "Swift notes", "--a", "1", "/w/m", "a20c"])
    }

    @Test(arguments: [
        ("a b", ["a", "b"]), ("  a\t b ", ["a", "b"]), ("\"a b\" c", ["a b", "c"]), ("\\\"x\\\"", ["\"x\""]),
        ("a\\b", ["a\\b"]), ("\"\"", [""]), ("", []), ("\"a\\\\\" b", ["a\\", "b"]), ("x\"y z\"w", ["xy zw"]),
    ])
    func splitsArguments(line: String, arguments: [String]) { #expect(ArgumentLine.split(line) == arguments) }

    @Test func queueDefaults() throws {
        let section = ConfigurationSection(place: "x", value: nil)
        let developer = try QueueOptions(section, processors: 2, isDevelopment: true)
        #expect(developer.batchSize == 16 && developer.newBatchThreshold == 16 && developer.encodesBase64)
        #expect(developer.maximumPollingInterval == .seconds(2) && developer.maximumDequeueCount == 5)
        #expect(try QueueOptions(section, processors: 1, isDevelopment: false).maximumPollingInterval == .seconds(60))
    }

    @Test func retriesWithinBounds() throws {
        func policy(_ json: JSONValue) throws -> RetryOptions? { try RetryOptions(.init(place: "retry", value: json)) }
        let fixed = try #require(
            try policy(["strategy": "FixedDelay", "maxRetryCount": 2, "delayInterval": "00:00:10"]))
        #expect(fixed.allows(1) && !fixed.allows(2) && fixed.pause(before: 1) == .seconds(10))
        let growing = try #require(
            try policy([
                "strategy": "exponentialBackoff", "maxRetryCount": -1, "minimumInterval": "00:00:01",
                "maximumInterval": "00:00:05",
            ]))
        #expect(growing.allows(1_000_000) && growing.pause(before: 500) == .seconds(5))
        #expect(throws: HostError.self) {
            try policy(["strategy": "fixedDelay", "maxRetryCount": -2, "delayInterval": "00:00:01"])
        }
        #expect(throws: HostError.self) {
            try policy([
                "strategy": "exponentialBackoff", "maxRetryCount": 1, "minimumInterval": "00:01:00",
                "maximumInterval": "00:00:05",
            ])
        }
    }

    @Test func localSettingsGiveWayToTheEnvironment() throws {
        let folder = try Fixtures.temporaryDirectory()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try """
        {"IsEncrypted":false,"Values":{"A":"file","B":"file","N":null,"D":{"x":1},"I":5},
         "Host":{"LocalHttpPort":7075,"CORS":"http://a/, http://b","CORSCredentials":true},
         "ConnectionStrings":{"L":"one","O":{"ConnectionString":"two"}}}
        """.write(toFile: folder + "/local.settings.json", atomically: true, encoding: .utf8)
        let settings = try LocalSettings(root: folder, environment: ["A": "own"])
        #expect(settings.environment["A"] == "own" && settings.environment["B"] == "file")
        #expect(settings.environment["I"] == "5" && settings.environment["N"] == nil)
        #expect(settings.environment["ConnectionStrings:L"] == "one")
        #expect(settings.environment["ConnectionStrings:O"] == "two")
        #expect(settings.port == 7075 && settings.corsOrigins == ["http://a", "http://b"] && settings.corsCredentials)
        #expect(settings.warnings.count == 3)
    }
}
