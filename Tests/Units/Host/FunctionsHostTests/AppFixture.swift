import EventLoop
import FoundationEssentials
import HTTPClient
import HTTPMessages
import HTTPServing
import JSONCoding
import Problems
import Synchronization
import TestSupport

@testable import FunctionsHost

/// An app on a port of its own. Its handler is a real process that only sleeps; what listens on the handler's port is in
/// the test, which so sees and answers what the host sends.
struct AppFixture: Sendable {
    let app: AppHost
    let root: String
    let handler: Handler
    let client: HTTPSession

    /// A request as the handler got it.
    struct Call: Sendable {
        let method: String
        let target: String
        let fields: HTTPFields
        let body: [UInt8]
        var json: JSONValue { (try? JSONParser.parse(body)) ?? .null }
    }

    /// What listens on the handler's port.
    final class Handler: Sendable {
        typealias Answer = @Sendable (Call) async -> HTTPResponse
        let calls = Mutex<[Call]>([])
        private let answer: Answer

        init(_ answer: @escaping Answer) { self.answer = answer }

        func respond(_ request: HTTPRequest) async -> HTTPResponse {
            // Probes are no calls.
            if request.target.text == "/", request.method == .get { return HTTPResponse(.notFound) }
            let call = Call(
                method: request.method.rawValue, target: request.target.text, fields: request.fields,
                body: (try? await request.body.collect(limit: 1 << 24)) ?? [])
            calls.withLock { $0.append(call) }
            return await answer(call)
        }

        var last: Call? { calls.withLock { $0.last } }
        var count: Int { calls.withLock { $0.count } }
    }

    static let envelope: Handler.Answer = { _ in HTTPResponse(json: [:]) }

    /// - Parameters:
    ///   - host: Members of host.json beside `version` and `customHandler.description`.
    ///   - functions: function.json by name.
    static func with(
        host: JSONValue = [:], functions: [String: JSONValue], environment: [String: String] = [:],
        options change: (inout AppHost.Options) -> Void = { _ in }, answer: @escaping Handler.Answer = envelope,
        _ body: (AppFixture) async throws -> Void
    ) async throws {
        let root = try Fixtures.temporaryDirectory()
        defer { try? FileManager.default.removeItem(atPath: root) }
        for (name, json) in functions { try write(json, root, name) }
        let client = HTTPSession()
        let handler = Handler(answer)
        let (app, server) = try await start(root, host, options: change, environment, client, handler)
        let fixture = AppFixture(app: app, root: root, handler: handler, client: client)
        var failure: (any Error)?
        do { try await body(fixture) } catch { failure = error }
        await app.shutDown()
        await server.shutDown(grace: .zero)
        if let failure { throw failure }
    }

    /// An app, and what listens on its handler's port, which nobody had a moment ago.
    private static func start(
        _ root: String, _ host: JSONValue, options change: (inout AppHost.Options) -> Void,
        _ environment: [String: String], _ client: HTTPSession, _ handler: Handler
    ) async throws -> (AppHost, HTTPServer) {
        var options = AppHost.Options()
        options.port = 0
        change(&options)
        let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"
        // Another test may be quicker to take the port.
        for _ in 0..<20 {
            let port = try await freePort()
            let base: JSONValue = [
                "version": "2.0",
                "customHandler": [
                    "description": ["defaultExecutablePath": "sleep", "arguments": ["600"]], "port": .int(Int64(port)),
                ],
            ]
            try base.merging(host).text.write(toFile: root + "/host.json", atomically: true, encoding: .utf8)
            let app: AppHost
            do {
                app = try await AppHost(
                    root: root, options: options,
                    environment: environment.merging(["PATH": path]) { given, _ in given },
                    client: client, console: HostConsole(.json, isVerbose: false))
            } catch let error as HostError where error.description.contains("which is in use") {
                continue
            }
            var listening = HTTPServer.Configuration()
            listening.port = port
            if let server = try? HTTPServer(listening, handler: { await handler.respond($0) }) { return (app, server) }
            await app.shutDown()
        }
        throw TestFailure("no port stays free")
    }

    static func write(_ json: JSONValue, _ root: String, _ name: String) throws {
        try FileManager.default.createDirectory(atPath: "\(root)/\(name)", withIntermediateDirectories: true)
        try json.text.write(toFile: "\(root)/\(name)/function.json", atomically: true, encoding: .utf8)
    }

    /// A port that nobody has just now.
    private static func freePort() async throws -> UInt16 {
        let server = try HTTPServer(HTTPServer.Configuration()) { _ in HTTPResponse(.ok) }
        let port = server.port
        await server.shutDown(grace: .zero)
        return port
    }

    /// An HTTP function.
    static func http(_ changes: JSONObject = [:], outputs: [JSONValue] = []) -> JSONValue {
        var trigger: JSONObject = ["type": "httpTrigger", "direction": "in", "name": "req"]
        for (name, value) in changes.members { trigger[name] = value }
        let output: JSONValue = ["type": "http", "direction": "out", "name": "res"]
        return ["bindings": .array([.object(trigger), output] + outputs)]
    }

    /// What a caller gets.
    func call(
        _ method: HTTPMethod, _ target: String, _ fields: HTTPFields = [:], body: String = ""
    ) async throws -> (status: Int, fields: HTTPFields, text: String) {
        let url = "http://127.0.0.1:\(await app.port)\(target)"
        let request = HTTPSession.Request(method, url, fields: fields, body: .bytes(Array(body.utf8)))
        let answer = try await client.fetch(request)
        return (answer.status.rawValue, answer.fields, String(decoding: answer.body, as: UTF8.self))
    }

    /// The lines of the app's metrics.
    func metrics() async throws -> [String] {
        try await call(.get, "/metrics").text.split(separator: "\n").map(String.init)
    }
}
