public import HTTPMessages
import JSONCoding
import Problems
public import Telemetry
import TextSearch

/// Answers one client's messages of the Model Context Protocol over streamable HTTP, without keeping anything between them:
/// revision 2026-07-28, where each request stands by itself, and those before, whose clients say hello first.
/// https://modelcontextprotocol.io/specification
public struct MCPServer: Sendable {
    private static let bodyLimit = 1 << 20
    private static let name = "apus"
    private static let title = "Apus"

    private let tools: [MCPTool]
    private let resources: any MCPResources
    private let instructions: String
    private let log: Log

    /// A server of what one caller may use.
    ///
    /// - Parameter instructions: For the model: what there is, and how to use it.
    public init(tools: [MCPTool], resources: any MCPResources, instructions: String, log: Log) {
        self.tools = tools
        self.resources = resources
        self.instructions = instructions
        self.log = log
    }

    /// Answers one message.
    ///
    /// - Throws: `Problem` for a body that is too large, and for a caller who takes no JSON.
    public func answer(_ request: HTTPRequest) async throws -> HTTPResponse {
        if let accepted = request.fields["accept"], !Self.takesJSON(accepted) {
            throw Problem(.notAcceptable, "Answers are JSON. Send Accept: application/json, text/event-stream.")
        }
        let bytes = try await request.body.collect(limit: Self.bodyLimit)
        let message: MCPMessage
        var id = JSONValue.null
        do {
            let body = try JSONParser.parse(bytes)
            if let known = body["id"], known.string != nil || known.int != nil { id = known }
            message = try MCPMessage(body, request.fields)
        } catch let failure as MCPFailure {
            return Self.response(failure, id, failure.status)
        } catch {
            return Self.response(MCPFailure(.parseError, "The body is not JSON: \(error)."), .null, .badRequest)
        }
        guard case .request(let asked) = message else { return HTTPResponse(.accepted) }
        do {
            let result = try await result(of: asked)
            return HTTPResponse(json: ["jsonrpc": "2.0", "id": asked.id, "result": .object(result)])
        } catch let failure as MCPFailure {
            return Self.response(failure, asked.id, asked.isStateless ? failure.status : .ok)
        }
    }

    private static func takesJSON(_ accepted: String) -> Bool {
        ["application/json", "application/*", "*/*"].contains { accepted.contains($0) }
    }

    private static func response(_ failure: MCPFailure, _ id: JSONValue, _ status: HTTPStatus) -> HTTPResponse {
        HTTPResponse(status, json: ["jsonrpc": "2.0", "id": id, "error": failure.json])
    }

    private func result(of request: MCPRequest) async throws -> JSONObject {
        var result: JSONObject
        var isKept = false
        switch request.method {
        case "initialize" where !request.isStateless:
            return hello(to: request.parameters["protocolVersion"]?.string)
        case "server/discover" where request.isStateless:
            result = ["supportedVersions": .strings(MCPVersion.stateless), "capabilities": Self.capabilities]
            result["instructions"] = .string(instructions)
            isKept = true
        case "ping": result = [:]
        case "tools/list":
            result = ["tools": .array(tools.map(\.json))]
            isKept = true
        case "tools/call": result = try await call(request.parameters)
        case "resources/list":
            let page = try await resources.list(after: request.parameters["cursor"]?.string)
            result = ["resources": .array(page.resources)]
            if let next = page.next { result["nextCursor"] = .string(next) }
            isKept = true
        case "resources/templates/list":
            result = ["resourceTemplates": .array(resources.templates)]
            isKept = true
        case "resources/read":
            result = ["contents": .array(try await read(request.parameters["uri"]?.string))]
            isKept = true
        default: throw MCPFailure(.methodNotFound, "There is no method \(String(request.method.prefix(100))).")
        }
        guard request.isStateless else { return result }
        result["resultType"] = "complete"
        if isKept {
            // What one caller may use another may not, and documents come and go.
            result["cacheScope"] = "private"
            result["ttlMs"] = 0
        }
        result["_meta"] = ["io.modelcontextprotocol/serverInfo": Self.information]
        return result
    }

    private func hello(to version: String?) -> JSONObject {
        let agreed = version.flatMap { MCPVersion.handshake.contains($0) ? $0 : nil } ?? MCPVersion.offered
        return [
            "protocolVersion": .string(agreed), "capabilities": Self.capabilities, "serverInfo": Self.information,
            "instructions": .string(instructions),
        ]
    }

    private static let capabilities: JSONValue = ["tools": [:], "resources": [:]]
    private static let information: JSONValue = [
        "name": .string(name), "title": .string(title), "version": .string(Product.version),
    ]

    private func call(_ parameters: JSONValue) async throws -> JSONObject {
        guard let name = parameters["name"]?.string, let tool = tools.first(where: { $0.name == name }) else {
            throw MCPFailure(
                .invalidParameters,
                "There is no such tool. tools/list has \(tools.map(\.name).joined(separator: ", ")).")
        }
        do {
            let outcome = try await tool.run(parameters["arguments"] ?? [:])
            return ["content": [Self.text(outcome.text)], "structuredContent": outcome.structured]
        } catch let error as CancellationError {
            throw error
        } catch {
            // The model reads it, and may do better.
            let problem = Problem(error)
            if problem.status == .internalServerError {
                log.error("a tool failed", ["tool": name, "error": String(reflecting: error)])
            }
            let fields = problem.fields.map { "\($0.field): \($0.detail)" }
            return ["content": [Self.text(([problem.detail] + fields).joined(separator: "\n"))], "isError": true]
        }
    }

    private static func text(_ text: String) -> JSONValue { ["type": "text", "text": .string(text)] }

    private func read(_ address: String?) async throws -> [JSONValue] {
        guard let address, let contents = try await resources.read(address) else {
            throw MCPFailure(.invalidParameters, "There is nothing at this address. resources/list has what there is.")
        }
        return contents
    }
}
