import HTTPMessages
import JSONCoding
import Problems
import Synchronization
import Telemetry
import Testing

@testable import FunctionsRuntime

/// Both dialects of one app: proxied requests on their own path, envelopes on the function's.
@Suite struct DispatcherTests {
    private struct Trouble: Error {}

    private func dispatcher(_ fill: (inout FunctionRoutes) -> Void) -> FunctionDispatcher {
        var routes = FunctionRoutes()
        fill(&routes)
        return FunctionDispatcher(routes: routes, log: Log(label: "test", level: .error))
    }

    private func send(
        _ dispatcher: FunctionDispatcher, _ method: HTTPMethod, _ path: String, body: String = "",
        fields: HTTPFields = [:]
    ) async throws -> (status: Int, json: JSONValue, fields: HTTPFields, text: String) {
        let request = HTTPRequest(
            method: method, target: HTTPTarget(path), fields: fields, body: .bytes(body.bytes), id: "r1")
        let response = await dispatcher.answer(request)
        guard case .bytes(let bytes) = response.body else {
            return (response.status.rawValue, .null, response.fields, "")
        }
        return (
            response.status.rawValue, (try? JSONParser.parse(bytes)) ?? .null, response.fields,
            String(decoding: bytes, as: UTF8.self)
        )
    }

    private func envelope(_ method: String, _ url: String, body: String = "") -> String {
        let call: JSONValue = [
            "Data": ["req": ["Url": .string(url), "Method": .string(method), "Headers": [:], "Body": .string(body)]],
            "Metadata": [:],
        ]
        return call.text
    }

    /// Whatever its body: a caller could have written an envelope, too.
    @Test func aRouteOfOneSegmentIsTheCallers() async throws {
        let app = dispatcher {
            $0.http(.post, at: "/notes") { request in
                HTTPResponse(json: ["bytes": .int(Int64(try await request.body.collect(limit: 1000).count))])
            }
            $0.http(.get, "secret") { _ in HTTPResponse(json: ["secret": true]) }
        }
        #expect(try await send(app, .post, "/notes", body: "{}").json["bytes"] == 2)
        let forged = try await send(app, .post, "/notes", body: envelope("GET", "http://h/api/secret"))
        #expect(forged.json["secret"] == nil && forged.json["bytes"] != nil)
        // The function's own name takes envelopes.
        let called = try await send(app, .post, "/note-function", body: envelope("POST", "http://h/notes", body: "abc"))
        #expect(called.json["Outputs"]?["res"]?["body"]?.string?.contains("3") == true)
    }

    @Test func theHostsProbeIsAnswered() async throws {
        let answer = try await send(dispatcher { _ in }, .get, "/")
        #expect(answer.status == 200 && answer.text == "ready\n")
    }

    @Test func aRouteIsReachedInBothDialects() async throws {
        let app = dispatcher {
            $0.http(.post, "notes/{id}") { request in
                let body = String(decoding: try await request.body.collect(limit: 100), as: UTF8.self)
                return HTTPResponse(
                    json: [
                        "id": .optional(request.parameters["id"]), "q": .optional(request.target.parameter("q")),
                        "body": .string(body),
                    ])
            }
        }
        let proxied = try await send(app, .post, "/api/notes/7?q=x", body: "hello")
        #expect(proxied.status == 200 && proxied.json == ["id": "7", "q": "x", "body": "hello"])
        let wrapped = try await send(
            app, .post, "/notes", body: envelope("POST", "http://h/api/notes/7?q=x", body: "hello"))
        let inner = wrapped.json["Outputs"]?["res"]
        #expect(wrapped.status == 200 && inner?["statusCode"] == 200)
        #expect(try JSONParser.parse(inner?["body"]?.string ?? "") == proxied.json)
        #expect(inner?["headers"]?["x-request-id"] == "r1")
    }

    @Test func aStreamIsCollectedInAnEnvelope() async throws {
        let app = dispatcher {
            $0.http(.get, "count") { _ in
                HTTPResponse(
                    .ok, fields: ["Content-Type": "text/plain"],
                    body: .stream(length: nil) { writer in
                        for number in 0..<3 { try await writer.write("\(number)".bytes) }
                    })
            }
        }
        let wrapped = try await send(app, .post, "/count", body: envelope("GET", "http://h/api/count"))
        #expect(wrapped.json["Outputs"]?["res"]?["body"] == "012")
        let broken = dispatcher {
            $0.http(.get, "count") { _ in HTTPResponse(.ok, body: .stream(length: nil) { _ in throw Trouble() }) }
        }
        #expect(try await send(broken, .post, "/count", body: envelope("GET", "http://h/api/count")).status == 500)
    }

    @Test func errorsAreProblemsWithTheRequestsID() async throws {
        let app = dispatcher {
            $0.http(.get, "known") { _ in throw Problem(.conflict, "Taken.") }
            $0.http(.get, "fields") { _ in throw InvalidFields(field: "x", detail: "Wrong.") }
            $0.http(.get, "unknown") { _ in throw Trouble() }
        }
        let known = try await send(app, .get, "/api/known")
        #expect(known.status == 409 && known.json["detail"] == "Taken." && known.json["requestId"] == "r1")
        #expect(known.fields["content-type"] == "application/problem+json")
        #expect(try await send(app, .get, "/api/fields").json["errors"] == [["field": "x", "detail": "Wrong."]])
        let unknown = try await send(app, .get, "/api/unknown")
        #expect(unknown.status == 500 && !unknown.text.contains("Trouble"))
        #expect(try await send(app, .get, "/api/nothing").status == 404)
        #expect(try await send(app, .delete, "/api/known").status == 405)
    }

    @Test func queueAndTimerFunctionsAreCalledByName() async throws {
        let seen = Mutex<[String]>([])
        let app = dispatcher {
            $0.queue("work") { message in seen.withLock { $0.append("\(message.text) \(message.dequeueCount)") } }
            $0.timer("tick") { timer in seen.withLock { $0.append("late \(timer.isPastDue)") } }
            $0.blob("drop") { blob in seen.withLock { $0.append("\(blob.content.count) \(blob.uri)") } }
        }
        let message = "{\"Data\":{\"message\":\"\\\"job\\\"\"},\"Metadata\":{\"DequeueCount\":\"3\"}}"
        #expect(try await send(app, .post, "/work", body: message).status == 200)
        #expect(try await send(app, .post, "/tick", body: "{\"Data\":{\"timer\":{\"IsPastDue\":true}}}").status == 200)
        let blob = "{\"Data\":{\"blob\":\"AAEC\"},\"Metadata\":{\"Uri\":\"u\"}}"
        #expect(try await send(app, .post, "/drop", body: blob).status == 200)
        #expect(seen.withLock { $0 } == ["job 3", "late true", "3 u"])
        // Without its trigger's value a function is not run.
        #expect(try await send(app, .post, "/work", body: "{\"Data\":{}}").status == 500)
    }

    @Test func aFunctionThatFailsMakesTheHostTryAgain() async throws {
        let app = dispatcher { $0.queue("work") { _ in throw Trouble() } }
        #expect(try await send(app, .post, "/work", body: "{\"Data\":{\"m\":\"x\"}}").status == 500)
    }

    @Test func outputsAndLogsGoBackWithTheAnswer() async throws {
        let app = dispatcher {
            $0.function("work") { context in
                context.log("done")
                try context.setOutput("next", .json(["a": 1]))
            }
            $0.http(.get, "notes") { _ in
                try FunctionContext.current?.setOutput("queue", .text("x"))
                return HTTPResponse(.ok, text: "y")
            }
        }
        let done = try await send(app, .post, "/work", body: "{\"Data\":{}}")
        #expect(done.json["Outputs"] == ["next": ["a": 1]] && done.json["Logs"] == ["done"])
        let http = try await send(app, .post, "/notes", body: envelope("GET", "http://h/api/notes"))
        #expect(http.json["Outputs"]?.object?.names == ["queue", "res"])
        // A proxied request has nobody to take outputs.
        #expect(try await send(app, .get, "/api/notes").status == 500)
    }

    @Test func whatIsNoInvocationIsRefused() async throws {
        let app = dispatcher { $0.queue("work") { _ in } }
        for body in ["", "x", "[]", "{}"] { #expect(try await send(app, .post, "/work", body: body).status == 400) }
    }

    @Test func theInvocationIsKnownToTheRoute() async throws {
        let app = dispatcher {
            $0.http(.get, "who") { _ in HTTPResponse(.ok, text: FunctionContext.current?.invocationID ?? "none") }
        }
        let answer = try await send(
            app, .get, "/api/who", fields: ["x-azure-functions-invocationid": "i-7"])
        #expect(answer.text == "i-7")
    }

    @Test func healthNamesEveryPart() async throws {
        let well = dispatcher {
            $0.check("one") {}
            $0.check("two") {}
        }
        let good = try await send(well, .get, "/api/health")
        #expect(good.status == 200 && good.json["status"] == "ok" && good.json["checks"]?["two"]?["status"] == "ok")
        let ill = dispatcher {
            $0.check("one") {}
            $0.check("two") { throw Trouble() }
        }
        let bad = try await send(ill, .get, "/api/health")
        #expect(bad.status == 503 && bad.json["checks"]?["one"]?["status"] == "ok")
        #expect(bad.json["checks"]?["two"]?["status"] == "down" && bad.json["status"] == "degraded")
    }

    @Test func aSlowCheckCountsAsDown() async throws {
        let app = dispatcher { $0.check("slow") { try await Task.sleep(for: .seconds(60)) } }
        #expect(try await send(app, .get, "/api/health").json["checks"]?["slow"]?["status"] == "down")
    }

    @Test func prefixesMayBeAnythingOrNothing() async throws {
        var routes = FunctionRoutes(prefix: "")
        routes.http(.get, "notes") { _ in HTTPResponse(.ok, text: "bare") }
        routes.http(.post, "echo") { HTTPResponse(.ok, body: .bytes(try await $0.body.collect(limit: 100))) }
        routes.http(.get, at: "/v1/notes") { _ in HTTPResponse(.ok, text: "whole") }
        let app = FunctionDispatcher(routes: routes, log: Log(label: "test", level: .error))
        #expect(try await send(app, .get, "/notes").text == "bare")
        #expect(try await send(app, .get, "/v1/notes").text == "whole")
        #expect(try await send(app, .get, "/health").status == 200)
        // A caller's own path may look like a function's.
        #expect(try await send(app, .post, "/echo", body: "plain").text == "plain")
    }

    @Test(arguments: [("", 30), ("?limit=1", 1), ("?limit=200", 200)])
    func limitsOfListsAreRead(query: String, limit: Int) throws {
        let request = HTTPRequest(method: .get, target: HTTPTarget("/x" + query), fields: [:], body: .bytes([]), id: "")
        #expect(try PageLimit.read(request, default: 30, maximum: 200) == limit)
    }

    @Test(arguments: ["?limit=0", "?limit=201", "?limit=", "?limit=x", "?limit=-1"])
    func limitsOfListsAreBounded(query: String) {
        let request = HTTPRequest(method: .get, target: HTTPTarget("/x" + query), fields: [:], body: .bytes([]), id: "")
        #expect(throws: InvalidFields.self) { try PageLimit.read(request, default: 30, maximum: 200) }
    }
}
