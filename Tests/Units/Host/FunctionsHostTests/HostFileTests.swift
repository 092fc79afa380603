import FoundationEssentials
import HTTPClient
import HTTPMessages
import JSONCoding
import TestSupport
import Testing

@testable import FunctionsHost

/// host.json as a file, and where connections come from (docs/reference/functions-custom-handlers.md, 1 and 2.3).
@Suite struct HostFileTests {
    private func read(
        _ content: String?, _ environment: [String: String] = [:], _ body: (HostConfiguration, String) throws -> Void
    ) throws {
        let folder = try Fixtures.temporaryDirectory()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        if let content { try content.write(toFile: folder + "/host.json", atomically: true, encoding: .utf8) }
        try body(try HostConfiguration(root: folder, environment: environment), folder)
    }

    @Test func aMissingFileIsWrittenWithWhatItWouldSay() throws {
        try read(nil) { configuration, folder in
            #expect(configuration.handler == nil && configuration.http.routePrefix == "api")
            let json = try JSONParser.parse(try Fixtures.bytes(folder + "/host.json"))
            #expect(json["version"] == "2.0")
        }
    }

    @Test func anEmptyObjectIsAsGood() throws {
        try read("{}") { configuration, _ in
            #expect(configuration.functionTimeout == .seconds(1800) && configuration.retry == nil)
            #expect(configuration.allowedFunctions == nil && !configuration.usesRoutes)
        }
    }

    @Test(
        arguments: [
            ("\"-1\"", nil), ("\"00:00:01\"", 1), ("\"01:00:00\"", 3600), ("null", 1800), ("\"\"", 1800),
        ] as [(String, Int64?)])
    func timeLimits(text: String, seconds: Int64?) throws {
        try read("{\"version\":\"2.0\",\"functionTimeout\":\(text)}") { configuration, _ in
            #expect(configuration.functionTimeout == seconds.map { .seconds($0) })
        }
    }

    @Test func listsAreOverriddenElementByElement() throws {
        let content = "{\"version\":\"2.0\",\"functions\":[\"One\",\"two\"],\"watchFiles\":[\"a\"]}"
        try read(
            content, ["AzureFunctionsJobHost__functions__1": "Three", "AzureFunctionsJobHost__watchFiles__1": "b"]
        ) {
            configuration, _ in
            #expect(configuration.allowedFunctions == ["one", "three"] && configuration.watchedFiles == ["a", "b"])
        }
    }

    @Test func levelsOfLoggingKnowNoCase() throws {
        let content = """
            {"version":"2.0","logging":{"logLevel":{"default":"Warning","Function.Ask":"Debug","Function":"Error","x":"loud"}}}
            """
        try read(content) { configuration, _ in
            let levels = LogLevels(configuration.logLevels)
            #expect(levels.allows(.warning, "host") && !levels.allows(.information, "host"))
            #expect(levels.allows(.debug, "function.ask") && levels.allows(.debug, "function.ask.user"))
            #expect(!levels.allows(.warning, "function.askew") && levels.allows(.error, "function.tell"))
            // A level that is none says nothing.
            #expect(levels.allows(.warning, "x") && !levels.allows(.information, "x"))
        }
    }

    @Test func optionsOfHTTP() throws {
        let content = """
            {"version":"2.0","extensions":{"http":{"routePrefix":"/v1/","maxOutstandingRequests":"64","maxConcurrentRequests":-1,
             "customHeaders":{"X-A":"1"},"hsts":{"isEnabled":true,"maxAge":"10:00:00","includeSubDomains":true,"preload":true}}}}
            """
        try read(content) { configuration, _ in
            #expect(configuration.http.routePrefix == "v1" && configuration.http.maximumOutstanding == 64)
            #expect(configuration.http.maximumConcurrent == nil && configuration.http.customHeaders["x-a"] == "1")
            #expect(
                configuration.http.customHeaders["strict-transport-security"]
                    == "max-age=36000; includeSubDomains; preload")
        }
    }

    @Test(arguments: [
        ("{\"routePrefix\":\"\"}", ""), ("{}", "api"), ("{\"routePrefix\":\"a/b\"}", "a/b"),
    ])
    func routePrefixes(http: String, prefix: String) throws {
        try read("{\"version\":\"2.0\",\"extensions\":{\"http\":\(http)}}") { configuration, _ in
            #expect(configuration.http.routePrefix == prefix)
        }
    }

    @Test(arguments: [
        ("\"extensions\":{\"http\":{\"customHeaders\":{\"a\":5}}}", "customHeaders.a must be a text"),
        ("\"extensions\":{\"http\":{\"maxOutstandingRequests\":-2}}", "maxOutstandingRequests must be"),
        ("\"extensions\":{\"http\":{\"hsts\":{\"isEnabled\":\"maybe\"}}}", "isEnabled must be true or false"),
        ("\"extensions\":{\"queues\":{\"visibilityTimeout\":\"8.00:00:00\"}}", "visibilityTimeout must be"),
        ("\"extensions\":{\"queues\":{\"messageEncoding\":\"utf7\"}}", "messageEncoding must be base64 or none"),
        ("\"extensions\":{\"queues\":{\"maxDequeueCount\":0}}", "maxDequeueCount must be"),
        ("\"functions\":\"one\"", "functions must be a list of texts"),
        ("\"functions\":[{}]", "functions must be a list"),
        ("\"functionTimeout\":\"soon\"", "functionTimeout must be"),
        (
            "\"customHandler\":{\"description\":{\"defaultExecutablePath\":\"x\"},\"initializationTimeout\":\"00:00:00\"}",
            "initializationTimeout must be above zero"
        ),
        (
            "\"customHandler\":{\"description\":{\"defaultExecutablePath\":\"x\"},\"http\":{\"defaultAuthorizationLevel\":\"x\"}}",
            "defaultAuthorizationLevel must be"
        ),
        (
            "\"customHandler\":{\"description\":{\"defaultExecutablePath\":\"x\",\"arguments\":\"a\"}}",
            "arguments must be a list of texts"
        ),
    ])
    func everyFaultNamesItsPlace(member: String, part: String) {
        let error = #expect(throws: HostError.self) { try read("{\"version\":\"2.0\",\(member)}") { _, _ in } }
        #expect(error?.description.contains(part) == true, "\(error?.description ?? "")")
        #expect(error?.description.contains("/host.json:") == true)
    }

    // MARK: - The handler

    @Test func executablesAreLookedForBelowTheRoot() throws {
        let folder = try Fixtures.temporaryDirectory()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try "#!".write(toFile: folder + "/chat", atomically: true, encoding: .utf8)
        func handler(_ description: String) throws -> CustomHandler {
            let content = "{\"version\":\"2.0\",\"customHandler\":{\"description\":\(description)}}"
            try content.write(toFile: folder + "/host.json", atomically: true, encoding: .utf8)
            return try #require(try HostConfiguration(root: folder, environment: [:]).handler)
        }
        #expect(try handler("{\"defaultExecutablePath\":\"chat\"}").executable == folder + "/chat")
        #expect(try handler("{\"defaultExecutablePath\":\"python3\"}").executable == "python3")
        #expect(try handler("{\"defaultExecutablePath\":\"/bin/true\"}").executable == "/bin/true")
        let placed = try handler("{\"defaultExecutablePath\":\"%UNSET%\",\"workingDirectory\":\"data\"}")
        #expect(placed.executable == "%UNSET%" && placed.workingDirectory == folder + "/data")
        #expect(
            try handler("{\"defaultExecutablePath\":\"x\",\"workingDirectory\":\"/tmp\"}").workingDirectory == "/tmp")
        let plain = try handler("{\"defaultExecutablePath\":\"x\"}")
        #expect(plain.workingDirectory == folder && plain.initializationTimeout == .seconds(30))
        #expect(plain.usesErrorStreamForErrorsOnly && plain.mode == .envelope && plain.warnings.isEmpty)
    }

    @Test func theOldSectionForwardsToTheFunctionsName() throws {
        let old = "{\"version\":\"2.0\",\"httpWorker\":{\"description\":{\"defaultExecutablePath\":\"x\"}}}"
        try read(old) { configuration, _ in
            let handler = try #require(configuration.handler)
            #expect(handler.mode == .forwarding && handler.forwardsToFunctionName)
            #expect(handler.warnings.count == 1 && handler.warnings[0].contains("deprecated"))
        }
        let both = """
            {"version":"2.0","httpWorker":{"description":{"defaultExecutablePath":"x"}},
             "customHandler":{"type":"none","description":{"defaultExecutablePath":"y"},"enableForwardingHttpRequest":true,
              "enableProxyingHttpRequest":true}}
            """
        try read(both) { configuration, _ in
            let handler = try #require(configuration.handler)
            #expect(handler.executable == "y" && handler.mode == .proxying && !handler.forwardsToFunctionName)
            #expect(handler.warnings.first?.contains("always called by http") == true)
        }
    }

    // MARK: - Connections

    @Test(
        arguments: [
            (
                ["ConnectionStrings:AzureWebJobsX": "1", "AzureWebJobsX": "2", "X": "3"],
                "ConnectionStrings:AzureWebJobsX"
            ),
            (["AzureWebJobsX": "2", "ConnectionStrings:X": "3", "X": "4"], "AzureWebJobsX"),
            (["ConnectionStrings:X": "3", "X": "4"], "ConnectionStrings:X"), (["X": "4"], "X"),
            (["X__accountName": "a"], "X"), (["AzureWebJobsX__queueServiceUri": "u", "X": "4"], "AzureWebJobsX"),
            (["Xy": "4"], nil), ([:], nil),
        ] as [([String: String], String?)])
    func connectionsAreLookedForInOrder(environment: [String: String], expected: String?) {
        let connections = Connections(environment: environment, client: .init())
        #expect((try? connections.settingName("X")) == expected)
    }

    @Test func aMissingConnectionSaysWhatToSet() {
        let connections = Connections(environment: [:], client: .init())
        let error = #expect(throws: HostError.self) { try connections.queue("Mail") }
        #expect(error?.description.contains("put a connection string into the setting Mail") == true)
        let cosmos = Connections(environment: ["C": "nothing"], client: .init())
        let other = #expect(throws: HostError.self) { try cosmos.cosmos("C", database: "d", container: "c") }
        #expect(other?.description.contains("has no AccountEndpoint") == true)
    }
}
