import FoundationEssentials
import HTTPClient
import HTTPMessages
import JSONCoding
import Problems
import Synchronization
import Telemetry
import TestSupport
import Testing

@testable import FunctionsHost

/// An app as its callers and its handler see it (docs/reference/functions-custom-handlers.md, 3 to 7).
@Suite struct AppTests {
    private typealias App = AppFixture

    private static func json(_ text: String) -> HTTPResponse {
        HTTPResponse(.ok, fields: ["Content-Type": "application/json"], body: .bytes(Array(text.utf8)))
    }

    // MARK: - Envelope

    @Test func callsTheHandlerWithAnEnvelope() async throws {
        let answer: App.Handler.Answer = { _ in
            Self.json(
                "{\"Outputs\":{\"res\":{\"statusCode\":201,\"headers\":{\"X-Own\":\"1\"},\"body\":\"made\"}},\"Logs\":[\"note\"]}"
            )
        }
        try await App.with(
            functions: ["Ask": App.http(["route": "notes/{id:int}"])], answer: answer
        ) { app in
            let got = try await app.call(
                .post, "/api/notes/7?lang=en", ["Content-Type": "application/json"], body: "{\"question\":\"Q\"}")
            #expect(got.status == 201 && got.text == "made" && got.fields["x-own"] == "1")
            let call = try #require(app.handler.last)
            #expect(call.method == "POST" && call.target == "/Ask")
            #expect(call.fields["content-type"] == "application/json; charset=utf-8")
            #expect(call.fields["x-azure-functions-invocationid"]?.count == 36)
            #expect(call.fields["user-agent"]?.hasPrefix("Azure-Functions-Host/4.") == true)
            #expect(call.fields["traceparent"]?.count == 55)
            let request = call.json["Data"]?["req"]
            #expect(request?["Method"] == "POST" && request?["Params"] == ["id": "7"])
            #expect(request?["Body"] == "{\"question\":\"Q\"}" && request?["Query"] == ["lang": "en"])
            #expect(call.json["Metadata"]?["question"] == "\"Q\"" && call.json["Metadata"]?["id"] == "\"7\"")
        }
    }

    /// RFC 9112, section 11.2; in both ways of passing requests on.
    @Test(arguments: [false, true]) func nothingMalformedReachesTheHandler(proxies: Bool) async throws {
        try await App.with(
            host: ["customHandler": ["enableProxyingHttpRequest": .bool(proxies)]], functions: ["f": App.http()]
        ) { app in
            let port = await app.app.port
            for request in try MalformedRequest.all() {
                let fault = try await request.fault(port: port, path: "/api/f")
                #expect(fault == nil)
            }
            #expect(app.handler.count == 0)
        }
    }

    @Test(arguments: [
        ("{\"Outputs\":{}}", 200, "{}"), ("{}", 204, ""), ("{\"Outputs\":{\"res\":\"text\"}}", 500, ""),
        ("nonsense", 500, ""), ("null", 500, ""),
    ])
    func envelopesBecomeAnswers(envelope: String, status: Int, text: String) async throws {
        try await App.with(functions: ["f": App.http()], answer: { _ in Self.json(envelope) }) { app in
            let got = try await app.call(.get, "/api/f")
            #expect(got.status == status && got.text == text)
        }
    }

    @Test func aHandlersFailureIsNotItsAnswer() async throws {
        let answer: App.Handler.Answer = { call in
            call.target == "/f" ? HTTPResponse(.notFound, text: "secret detail") : HTTPResponse(.ok, text: "no JSON")
        }
        try await App.with(functions: ["f": App.http(), "g": App.http()], answer: answer) { app in
            for name in ["f", "g"] {
                let got = try await app.call(.get, "/api/" + name)
                #expect(got.status == 500 && got.text.isEmpty)
            }
        }
    }

    @Test func aFailedCallIsTriedAgainAsThePolicySays() async throws {
        let retry: JSONValue = ["strategy": "fixedDelay", "maxRetryCount": 2, "delayInterval": "00:00:00.01"]
        let answer: App.Handler.Answer = { call in
            call.json["Metadata"]?["RetryContext"]?["RetryCount"] == 2
                ? Self.json("{\"Outputs\":{\"res\":{\"body\":\"third time\"}}}") : HTTPResponse(.badGateway)
        }
        try await App.with(
            functions: ["f": App.http().merging(["retry": retry])], answer: answer
        ) { app in
            let got = try await app.call(.get, "/api/f")
            #expect(got.status == 200 && got.text == "third time" && app.handler.count == 3)
            let ids = app.handler.calls.withLock { Set($0.compactMap { $0.fields["x-azure-functions-invocationid"] }) }
            #expect(ids.count == 3)
        }
    }

    @Test func aFunctionsTimeEnds() async throws {
        let answer: App.Handler.Answer = { _ in
            try? await Task.sleep(for: .seconds(60))
            return HTTPResponse(json: [:])
        }
        try await App.with(
            host: ["functionTimeout": "00:00:01"], functions: ["f": App.http()], answer: answer
        ) { app in
            let started = ContinuousClock.now
            let got = try await app.call(.get, "/api/f")
            #expect(got.status == 500 && ContinuousClock.now - started < .seconds(30))
            // The handler is ended with it and started again.
            #expect(
                await eventually {
                    (try? await app.metrics().contains("functions_host_handler_restarts_total 1")) ?? false
                })
        }
    }

    // MARK: - Passing on

    @Test func proxyingPassesEverythingOn() async throws {
        let answer: App.Handler.Answer = { call in
            HTTPResponse(
                HTTPStatus(rawValue: 418), fields: ["X-Own": "1", "Content-Type": "text/x"], body: .bytes(call.body))
        }
        try await App.with(
            host: ["customHandler": ["enableProxyingHttpRequest": true]],
            functions: ["f": App.http(["route": "a/{*rest}"])], answer: answer
        ) { app in
            let got = try await app.call(
                .put, "/api/a/b%20c?x=1&x=2", ["X-In": "2", "x-ms-invocation-id": "forged"], body: "data")
            #expect(got.status == 418 && got.text == "data" && got.fields["x-own"] == "1")
            #expect(got.fields["content-type"] == "text/x")
            let call = try #require(app.handler.last)
            #expect(call.method == "PUT" && call.target == "/api/a/b%20c?x=1&x=2" && call.fields["x-in"] == "2")
            #expect(
                call.fields.values("x-ms-invocation-id").count == 1 && call.fields["x-ms-invocation-id"] != "forged")
        }
    }

    @Test func forwardingNamesTheHost() async throws {
        try await App.with(
            host: ["customHandler": ["enableForwardingHttpRequest": true]], functions: ["f": App.http()],
            answer: { _ in HTTPResponse(HTTPStatus(rawValue: 302), fields: ["Location": "/elsewhere"]) }
        ) { app in
            let got = try await app.call(
                .post, "/api/f?x=1&x=2&y=%20", ["User-Agent": "own", "Content-Language": "de", "X-In": "1"],
                body: "data")
            #expect(got.status == 302 && got.fields["location"] == "/elsewhere")
            let call = try #require(app.handler.last)
            #expect(call.method == "POST" && call.target == "/api/f?x=1%2C2&y=%20" && call.body == Array("data".utf8))
            #expect(call.fields["user-agent"]?.hasPrefix("own Azure-Functions-Host/") == true)
            #expect(call.fields["content-language"] == nil && call.fields["x-in"] == "1")
        }
    }

    @Test func functionsWithMoreBindingsKeepTheEnvelope() async throws {
        let extra: JSONValue = ["type": "queue", "direction": "out", "name": "out", "queueName": "q"]
        try await App.with(
            host: ["customHandler": ["enableProxyingHttpRequest": true]],
            functions: ["f": App.http(outputs: [extra])]
        ) { (app) async throws in
            #expect(try await app.call(.get, "/api/f").status == 204)
            #expect(app.handler.last?.target == "/f" && app.handler.last?.json["Data"]?["req"] != nil)
        }
    }

    // MARK: - The edge

    @Test func theFirstNameWhoseRouteAndMethodFitAnswers() async throws {
        let functions = [
            "b-notes": App.http(["route": "notes/{id}"]), "a-all": App.http(["route": "{*path}", "methods": ["get"]]),
        ]
        try await App.with(functions: functions) { (app) async throws in
            _ = try await app.call(.get, "/api/notes/1")
            #expect(app.handler.last?.target == "/a-all")
            _ = try await app.call(.post, "/api/notes/1")
            #expect(app.handler.last?.target == "/b-notes")
            #expect(try await app.call(.post, "/api/other").status == 404)
            #expect(try await app.call(.get, "/elsewhere").status == 404)
        }
    }

    @Test func keysAreCheckedAfterTheRoute() async throws {
        let functions = [
            "open": App.http(["authLevel": "anonymous"]), "shut": App.http(), "top": App.http(["authLevel": "admin"]),
            "off": App.http(["authLevel": "anonymous"]).merging(["disabled": true]),
        ]
        try await App.with(functions: functions, options: { $0.checksKeys = true }) { app in
            let keys = try JSONParser.parse(try Fixtures.bytes(app.root + "/" + AccessKeys.fileName))
            let master = try #require(keys["master"]?.string)
            let host = try #require(keys["host"]?["default"]?.string)
            func status(_ name: String, _ key: String?) async throws -> Int {
                try await app.call(.get, "/api/" + name, key.map { ["x-functions-key": $0] } ?? [:]).status
            }
            #expect(try await status("none", nil) == 404)
            #expect(try await status("open", nil) == 204)
            #expect(try await status("open", "wrong") == 204)
            #expect(try await status("shut", nil) == 401)
            #expect(try await status("shut", "wrong") == 401)
            #expect(try await status("shut", host) == 204)
            #expect(try await status("top", host) == 401)
            #expect(try await status("top", master) == 204)
            // Disabled, but not for whoever holds the master key.
            #expect(try await status("off", nil) == 404)
            #expect(try await status("off", master) == 204)
            #expect(try await app.call(.get, "/admin/functions").status == 401)
            #expect(try await app.call(.get, "/admin/host/ping").status == 200)
            let listed = try await app.call(.get, "/admin/functions", ["x-functions-key": master])
            #expect(listed.status == 200)
        }
    }

    @Test func bodiesHaveALimit() async throws {
        try await App.with(
            functions: ["f": App.http()], environment: ["FUNCTIONS_REQUEST_BODY_SIZE_LIMIT": "10"]
        ) { (app) async throws in
            #expect(try await app.call(.post, "/api/f", body: "0123456789").status == 204)
            #expect(try await app.call(.post, "/api/f", body: "0123456789x").status == 413)
            #expect(app.handler.count == 1)
        }
    }

    @Test func tooManyCallersAreTurnedAway() async throws {
        let answer: App.Handler.Answer = { call in
            if call.json["Data"]?["req"]?["Query"]?["slow"] != nil { try? await Task.sleep(for: .seconds(1)) }
            return HTTPResponse(json: [:])
        }
        try await App.with(
            host: ["extensions": ["http": ["maxOutstandingRequests": 1]]], functions: ["f": App.http()], answer: answer
        ) { app in
            async let slow = app.call(.get, "/api/f?slow=1")
            #expect(await eventually { app.handler.count == 1 })
            let turned = try await app.call(.get, "/api/f")
            #expect(turned.status == 429 && turned.fields["x-function-scaleout"] == "1")
            #expect(try await slow.status == 204)
            #expect(try await app.call(.get, "/api/f").status == 204)
            #expect(try await app.metrics().contains("functions_host_requests_rejected_total 1"))
        }
    }

    @Test func otherOriginsAreAnsweredByTheHost() async throws {
        try await App.with(
            functions: ["f": App.http()], options: { $0.corsOrigins = ["http://a.example"] }
        ) { app in
            let asked = try await app.call(
                .options, "/api/f", ["Origin": "http://a.example", "Access-Control-Request-Method": "PUT"])
            #expect(asked.status == 204 && asked.fields["access-control-allow-methods"] == "PUT")
            #expect(app.handler.count == 0)
            let read = try await app.call(.get, "/api/f", ["Origin": "http://a.example"])
            #expect(read.fields["access-control-allow-origin"] == "http://a.example")
        }
    }

    @Test func theHomePageCanBeSwitchedOff() async throws {
        try await App.with(functions: ["f": App.http()]) { app in
            let page = try await app.call(.get, "/")
            #expect(page.status == 200 && page.fields["content-type"]?.hasPrefix("text/html") == true)
        }
        try await App.with(
            functions: ["f": App.http()], environment: ["AzureWebJobsDisableHomepage": "true"]
        ) { app in
            let status = try await app.call(.get, "/").status
            #expect(status == 204)
        }
    }

    @Test func anAppGoesOfflineAndComesBack() async throws {
        try await App.with(functions: ["f": App.http()]) { app in
            #expect(try await app.call(.put, "/admin/host/state", body: "\"Offline\"").status == 202)
            #expect(
                await eventually { (try? await app.call(.get, "/api/f").status) == 503 })
            #expect(try await app.call(.put, "/admin/host/state", body: "\"Paused\"").status == 400)
            let state = try JSONParser.parse(try await app.call(.get, "/admin/host/status").text)
            #expect(state["state"] == "Offline")
            #expect(try await app.call(.put, "/admin/host/state", body: "\"Running\"").status == 202)
            #expect(await eventually { (try? await app.call(.get, "/api/f").status) == 204 })
        }
    }

    @Test func adminEndpointsDescribeTheFunctions() async throws {
        let functions = ["Good": App.http(["route": "x/{id}"]), "bad": ["bindings": []]] as [String: JSONValue]
        try await App.with(functions: functions) { app in
            let list = try JSONParser.parse(try await app.call(.get, "/admin/functions").text)
            #expect(list.array?.count == 1)
            let one = try JSONParser.parse(try await app.call(.get, "/admin/functions/good").text)
            #expect(one["name"] == "Good" && one["isDisabled"] == false && one["language"] == "custom")
            #expect(one["invoke_url_template"]?.string?.hasSuffix("/api/x/{id}") == true)
            #expect(one["config"]?["bindings"]?.array?.count == 2)
            let fault = try JSONParser.parse(try await app.call(.get, "/admin/functions/bad/status").text)
            #expect(fault["errors"]?[0]?.string?.contains("no bindings") == true)
            #expect(try await app.call(.get, "/admin/functions/good/status").text == "{}")
            #expect(try await app.call(.get, "/admin/functions/none").status == 404)
            #expect(try await app.call(.post, "/admin/functions/good", body: "{}").status == 400)
            #expect(try await app.call(.post, "/admin/functions/good", body: "null").status == 400)
            let status = try JSONParser.parse(try await app.call(.get, "/admin/host/status").text)
            #expect(status["state"] == "Running" && status["errors"]?[0]?.string?.hasPrefix("bad: ") == true)
        }
    }

    // MARK: - Metrics

    @Test func metricsCountInvocations() async throws {
        let answer: App.Handler.Answer = { $0.target == "/bad" ? HTTPResponse(.badGateway) : HTTPResponse(json: [:]) }
        try await App.with(functions: ["good": App.http(), "bad": App.http()], answer: answer) { app in
            for _ in 0..<3 { _ = try await app.call(.get, "/api/good") }
            _ = try await app.call(.get, "/api/bad")
            let lines = try await app.metrics()
            for line in [
                "# HELP functions_host_invocations_total Invocations that have ended.",
                "# TYPE functions_host_invocations_total counter",
                "functions_host_invocations_total{function=\"good\",result=\"succeeded\"} 3",
                "functions_host_invocations_total{function=\"good\",result=\"failed\"} 0",
                "functions_host_invocations_total{function=\"bad\",result=\"failed\"} 1",
                "functions_host_invocations_running{function=\"good\"} 0",
                "functions_host_invocation_duration_seconds_bucket{function=\"good\",le=\"+Inf\"} 3",
                "functions_host_invocation_duration_seconds_count{function=\"good\"} 3",
                "functions_host_requests_rejected_total 0", "functions_host_handler_restarts_total 0",
                "functions_host_handler_ready 1",
            ] { #expect(lines.contains(line), "\(line)") }
            #expect(lines.contains { $0.hasPrefix("functions_host_connections ") })
            // The process's exporter has them too, with the app's name.
            let name = try #require(app.root.split(separator: "/").last.map(String.init))
            let exported = Metrics.shared.snapshot().first { $0.definition.name == "functions.host.invocations" }
            let point = exported?.points.first {
                $0.attributes == ["app": name, "function": "good", "result": "succeeded"]
            }
            #expect(point?.value == .number(3))
        }
    }

    @Test func metricsGiveWayToAFunctionOfThatName() async throws {
        try await App.with(
            host: [
                "customHandler": ["enableProxyingHttpRequest": true], "extensions": ["http": ["routePrefix": ""]],
            ], functions: ["metrics": App.http()], answer: { _ in HTTPResponse(.ok, text: "mine") }
        ) { app in
            let got = try await app.call(.get, "/metrics")
            #expect(got.text == "mine")
        }
    }

    @Test func anAppThatCannotRunIsRefusedWithAReason() async throws {
        let root = try Fixtures.temporaryDirectory()
        defer { try? FileManager.default.removeItem(atPath: root) }
        func start(_ root: String) async throws {
            _ = try await AppHost(
                root: root, options: .init(), environment: [:], client: .init(),
                console: HostConsole(.json, isVerbose: false))
        }
        let none = await #expect(throws: HostError.self) { try await start(root + "/none") }
        #expect(none?.description.contains("is not a folder") == true)
        let empty = await #expect(throws: HostError.self) { try await start(root) }
        #expect(empty?.description.contains("has no host.json") == true)
    }
}
