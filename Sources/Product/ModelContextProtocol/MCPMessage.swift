import Digests
import HTTPMessages
import JSONCoding

/// What a client sends: one JSON-RPC 2.0 message.
enum MCPMessage: Sendable {
    case request(MCPRequest)
    /// Nobody waits for an answer.
    case notification

    /// Reads a body.
    ///
    /// - Throws: `MCPFailure`.
    init(_ body: JSONValue, _ fields: HTTPFields) throws(MCPFailure) {
        guard let object = body.object, object["jsonrpc"] == "2.0" else {
            throw MCPFailure(.invalidRequest, "The body must be one JSON-RPC 2.0 message.")
        }
        guard let method = object["method"] else {
            // The answer to a question that was never asked.
            guard object["result"] != nil || object["error"] != nil else {
                throw MCPFailure(.invalidRequest, "The message has no method.")
            }
            self = .notification
            return
        }
        guard let method = method.string else { throw MCPFailure(.invalidRequest, "The method must be a text.") }
        guard let id = object["id"] else {
            self = .notification
            return
        }
        switch id {
        case .int, .string: break
        default: throw MCPFailure(.invalidRequest, "The id must be a text or a whole number.")
        }
        let parameters = object["params"] ?? [:]
        guard parameters.object != nil else { throw MCPFailure(.invalidParameters, "The params must be an object.") }
        self = .request(try MCPRequest(id: id, method: method, parameters: parameters, fields))
    }
}

/// A request, with the revision of the protocol that it is to be read and answered by.
struct MCPRequest: Sendable {
    private static let versionField = "mcp-protocol-version"
    private static let prefix = "io.modelcontextprotocol/"
    /// What a field of the head repeats of the body, so that what is in between need not read it.
    private static let names = ["tools/call": "name", "prompts/get": "name", "resources/read": "uri"]

    let id: JSONValue
    let method: String
    let parameters: JSONValue
    /// Whether it stands by itself: revision 2026-07-28 and later.
    let isStateless: Bool

    fileprivate init(id: JSONValue, method: String, parameters: JSONValue, _ fields: HTTPFields)
        throws(MCPFailure)
    {
        self.id = id
        self.method = method
        self.parameters = parameters
        let meta = parameters["_meta"]
        let inBody = meta?[Self.prefix + "protocolVersion"]
        let inHead = fields.values(Self.versionField)
        isStateless = inBody != nil || inHead.contains { MCPVersion.stateless.contains($0) }
        guard isStateless else {
            // Before a revision was agreed on there is none to name.
            if method != "initialize", let version = inHead.first { try Self.requireKnown(version) }
            return
        }
        guard let inBody, meta?[Self.prefix + "clientCapabilities"] != nil else {
            throw MCPFailure(
                .invalidParameters,
                "params._meta must have \(Self.prefix)protocolVersion and \(Self.prefix)clientCapabilities.")
        }
        guard inHead.count == 1, inHead.first == inBody.string else {
            throw MCPFailure(.headerMismatch, "MCP-Protocol-Version must be what params._meta says, once.")
        }
        guard fields.values("mcp-method") == [method] else {
            throw MCPFailure(.headerMismatch, "Mcp-Method must be the body's method, once.")
        }
        if let member = Self.names[method], let value = parameters[member] {
            let named = fields.values("mcp-name")
            guard named.count == 1, named.first.flatMap(Self.decoded) == value.string else {
                throw MCPFailure(.headerMismatch, "Mcp-Name must be params.\(member), once.")
            }
        }
        try Self.requireKnown(inBody.string ?? "")
    }

    private static func requireKnown(_ version: String) throws(MCPFailure) {
        let known = MCPVersion.handshake + MCPVersion.stateless
        guard !known.contains(version) else { return }
        throw MCPFailure(
            .unsupportedVersion, "This revision of the protocol is not spoken here.",
            data: ["supported": .strings(known), "requested": .string(String(version.prefix(100)))])
    }

    /// A field's value; what does not fit into one comes as `=?base64?…?=`.
    private static func decoded(_ value: String) -> String? {
        let (begin, end) = ("=?base64?", "?=")
        guard value.hasPrefix(begin), value.hasSuffix(end), value.utf8.count >= begin.utf8.count + end.utf8.count
        else { return value }
        return Base64Text.decode(String(value.dropFirst(begin.count).dropLast(end.count)))
    }
}
