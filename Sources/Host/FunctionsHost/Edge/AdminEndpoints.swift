import EventLoop
import FoundationEssentials
import Glibc
import HTTPMessages
import HTTPServing
import HTTPWire
import JSONCoding
import Telemetry

/// The host's own endpoints below `/admin` (docs/reference/functions-custom-handlers.md, 7.7).
@NetworkActor
final class AdminEndpoints {
    /// What they need of the app.
    struct App {
        let id: String
        let catalog: FunctionCatalog?
        /// What keeps the app from running.
        let error: String?
        let isOffline: Bool
        let port: UInt16
        let invoker: Invoker?
        let manual: ManualRuns?
    }

    private let root: String
    private let keys: AccessKeys?
    private let access: AdminAccess
    private let started = MonotonicTime.now
    private let restart: @NetworkActor () -> Void

    init(root: String, keys: AccessKeys?, access: AdminAccess, restart: @escaping @NetworkActor () -> Void) {
        self.root = root
        self.keys = keys
        self.access = access
        self.restart = restart
    }

    /// Answers a request below `/admin`.
    func answer(_ exchange: ServerExchange, _ app: App, metrics: () -> String) async throws {
        let request = exchange.request
        let path = (request.target.segments ?? []).map { $0.lowercased() }
        if let refusal = access.refusal(of: request, path: path, keys: keys) {
            return try await exchange.send(refusal)
        }
        let body = try await exchange.body.collect(limit: 1 << 20)
        try await exchange.send(try response(request, path, body, app, metrics))
    }

    private func response(
        _ request: HTTPRequest, _ path: [String], _ body: [UInt8], _ app: App, _ metrics: () -> String
    ) throws -> HTTPResponse {
        let isGet = request.method == .get
        switch path.dropFirst() {
        case ["host", "ping"] where isGet || request.method == .post: return HTTPResponse(.ok)
        case ["host", "status"] where isGet: return Self.json(.ok, status(app))
        case ["host", "restart"] where request.method == .post:
            restart()
            return HTTPResponse(.ok)
        case ["host", "state"] where request.method == .put: return changeState(body, app)
        case ["host", "synctriggers"] where request.method == .post: return HTTPResponse(.noContent)
        case ["metrics"] where isGet:
            return HTTPResponse(.ok, text: metrics(), contentType: PrometheusText.contentType)
        case ["functions"] where isGet:
            return Self.json(.ok, .array((app.catalog?.functions ?? []).map { describe($0, app) }))
        default: break
        }
        if path.count >= 3, path[1] == "host", path[2] == "keys" || path[2] == "systemkeys" {
            return try keysResponse(request, Array(path[2...]), body, scope: .host)
        }
        guard path.count >= 3, path[1] == "functions" else { return HTTPResponse(.notFound) }
        let errors = app.catalog?.errors.filter { $0.name.lowercased() == path[2] } ?? []
        let function = app.catalog?.function(path[2])
        if path.count == 4, path[3] == "status", isGet {
            guard function != nil || !errors.isEmpty else { return HTTPResponse(.notFound) }
            return Self.json(.ok, errors.isEmpty ? [:] : ["errors": .strings(errors.map(\.detail))])
        }
        guard let function else { return HTTPResponse(.notFound) }
        if path.count >= 4, path[3] == "keys" {
            return try keysResponse(request, Array(path[3...]), body, scope: .function(function.name))
        }
        guard path.count == 3 else { return HTTPResponse(.notFound) }
        if isGet { return Self.json(.ok, describe(function, app)) }
        guard request.method == .post else { return HTTPResponse(.notFound) }
        guard let json = try? JSONParser.parse(body), json.object != nil else {
            return HTTPResponse(.badRequest, text: "The body has to be a JSON object such as {\"input\": \"text\"}.\n")
        }
        guard let manual = app.manual else { return HTTPResponse(.serviceUnavailable) }
        do {
            try manual.start(function, input: json.member("input")?.string ?? "")
        } catch {
            return HTTPResponse(.badRequest, text: "\(error)\n")
        }
        return HTTPResponse(.accepted)
    }

    private func status(_ app: App) -> JSONValue {
        var errors = (app.catalog?.errors ?? []).map { "\($0.name): \($0.detail)" }
        if let error = app.error { errors.append(error) }
        if let reason = app.invoker?.handler.stopReason { errors.append("the handler is not running: \(reason)") }
        var name = [CChar](repeating: 0, count: 256)
        gethostname(&name, name.count - 1)
        let computer = String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        var status: JSONObject = [
            "id": .string(app.id),
            "state": .string(app.isOffline ? "Offline" : app.error == nil ? "Running" : "Error"),
            "version": .string(Invoker.hostVersion), "versionDetails": .string("Apus \(Product.version)"),
            "platformVersion": "", "instanceId": .string(computer), "computerName": .string(computer),
            "processUptime": .int(MonotonicTime.now.milliseconds - started.milliseconds),
            "functionAppContentEditingState": "NotAllowed",
        ]
        if !errors.isEmpty { status["errors"] = .strings(errors) }
        return .object(status)
    }

    private func describe(_ function: FunctionDefinition, _ app: App) -> JSONValue {
        let base = "http://localhost:\(app.port)"
        let folder = "\(root)/\(function.name)"
        var invoke: String?
        if case .http(let trigger) = function.trigger { invoke = "\(base)/\(trigger.template.text)" }
        return [
            "name": .string(function.name), "script_root_path_href": .string("\(base)/admin/vfs/\(function.name)/"),
            "script_href": nil, "config_href": .string("\(base)/admin/vfs/\(function.name)/function.json"),
            "test_data_href": nil, "href": .string("\(base)/admin/functions/\(function.name)"),
            "invoke_url_template": .optional(invoke), "language": "custom", "config": function.json,
            "files": .strings(((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).sorted()),
            "test_data": "", "isDisabled": .bool(function.isDisabled), "isDirect": false, "isProxy": false,
        ]
    }

    /// Going offline is a file in the root, which every instance sees.
    private func changeState(_ body: [UInt8], _ app: App) -> HTTPResponse {
        let wanted = (try? JSONParser.parse(body))?.string?.lowercased()
        let path = root + "/" + AppHost.offlineFile
        switch wanted {
        case "offline":
            if app.isOffline { return HTTPResponse(.ok) }
            let page = "<!doctype html><html lang=\"en\"><title>Offline</title><p>This app is offline.</p></html>\n"
            guard FileManager.default.createFile(atPath: path, contents: Data(page.utf8)) else {
                return HTTPResponse(.badRequest, text: "The app's root cannot be written to.\n")
            }
            return HTTPResponse(.accepted)
        case "running":
            if !app.isOffline { return HTTPResponse(.ok) }
            guard (try? FileManager.default.removeItem(atPath: path)) != nil else {
                return HTTPResponse(.badRequest, text: "The app's root cannot be written to.\n")
            }
            return HTTPResponse(.accepted)
        default: return HTTPResponse(.badRequest, text: "The body has to be \"Offline\" or \"Running\".\n")
        }
    }

    /// Lists, sets and removes keys.
    private func keysResponse(_ request: HTTPRequest, _ path: [String], _ body: [UInt8], scope: AccessKeys.Scope) throws
        -> HTTPResponse
    {
        guard let keys else {
            return HTTPResponse(.notFound, text: "Keys are not checked; start the host with --enable-auth.\n")
        }
        func entry(_ name: String, _ value: String) -> JSONValue { ["name": .string(name), "value": .string(value)] }
        if path == ["systemkeys", "_master"] {
            return Self.json(.ok, entry("_master", try keys.master(renewed: request.method == .post)))
        }
        guard path[0] == "keys" else { return HTTPResponse(.notFound) }
        let known = keys.list(scope: scope)
        guard path.count == 2 else {
            guard request.method == .get, path.count == 1 else { return HTTPResponse(.notFound) }
            return Self.json(
                .ok,
                ["keys": .array((known?.members ?? []).map { entry($0.name, $0.value.string ?? "") }), "links": []])
        }
        let name = path[1]
        switch request.method {
        case .get:
            guard let value = known?[name]?.string else { return HTTPResponse(.notFound) }
            return Self.json(.ok, entry(name, value))
        case .post, .put:
            let value = request.method == .put ? (try? JSONParser.parse(body))?.member("value")?.string : nil
            if request.method == .put, value?.isEmpty ?? true {
                return HTTPResponse(.badRequest, text: "The body has to be {\"name\": …, \"value\": …}.\n")
            }
            let isNew = known?[name] == nil
            return Self.json(isNew ? .created : .ok, entry(name, try keys.set(name, to: value, scope: scope)))
        case .delete: return HTTPResponse(try keys.remove(name, scope: scope) ? .noContent : .notFound)
        default: return HTTPResponse(.notFound)
        }
    }

    private static func json(_ status: HTTPStatus, _ value: JSONValue) -> HTTPResponse {
        HTTPResponse(status, fields: ["Content-Type": "application/json; charset=utf-8"], body: .bytes(value.encoded))
    }
}
