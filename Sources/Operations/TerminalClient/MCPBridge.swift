import Digests
public import HTTPClient
public import HTTPMessages
import JSONCoding
import Synchronization
import TaskTools

/// Carries the Model Context Protocol between standard input and output, a JSON-RPC message on each line, and `/mcp` of a
/// running Apus, for programs that start their servers themselves (revision 2026-07-28, "Transports": stdio).
public final class MCPBridge: Sendable {
    private static let parallel = 16
    /// Requests that wait for their turn or their answer; the input is read on when there are fewer.
    private static let mostUnderWay = 64
    private static let longestAnswer = Duration.seconds(600)
    private static let largestAnswer = 16 << 20
    private static let internalError: Int64 = -32603
    private static let parseError: Int64 = -32700
    private static let invalidRequest: Int64 = -32600
    private static let versionName = "io.modelcontextprotocol/protocolVersion"
    private static let named = ["tools/call": "name", "prompts/get": "name", "resources/read": "uri"]

    private struct State {
        /// What `initialize` agreed on.
        var version: String?
        var underWay: [String: Task<Void, Never>] = [:]
    }

    private let url: String
    private let client: HTTPSession
    private let fields: HTTPFields
    private let write: @Sendable (String) -> Void
    private let slots = Slots(parallel)
    private let state = Mutex(State())

    /// - Parameters:
    ///   - url: Where Apus is, without a final slash.
    ///   - fields: Of every request: who asks.
    ///   - write: Is given each message that goes out, without the end of its line; one at a time.
    public init(
        url: String, client: HTTPSession, fields: HTTPFields, write: @escaping @Sendable (String) -> Void
    ) {
        self.url = url
        self.client = client
        self.fields = fields
        self.write = write
    }

    /// Carries messages until there are no more, and what is under way has been answered.
    ///
    /// - Throws: what `next` throws.
    public func run(_ next: () async throws -> String?) async throws {
        while let line = try await next() {
            guard !line.allSatisfy(\.isWhitespace) else { continue }
            guard let message = try? JSONParser.parse(line) else {
                send(Self.error(.null, Self.parseError, "The line is no JSON."))
                continue
            }
            take(message)
            let waiting = state.withLock { $0.underWay.count >= Self.mostUnderWay ? $0.underWay.values.first : nil }
            await waiting?.value
        }
        for task in state.withLock({ Array($0.underWay.values) }) { await task.value }
    }

    private func take(_ message: JSONValue) {
        if message["method"] == "notifications/cancelled", let id = message["params"]?["requestId"] {
            // Whoever leaves, cancels: that is all there is to say to Apus.
            state.withLock { $0.underWay[id.text] }?.cancel()
            return
        }
        guard message.object != nil else {
            return send(Self.error(.null, Self.invalidRequest, "The line is no message: it must be one JSON object."))
        }
        // Apus keeps nothing between requests: what wants no answer changes nothing there.
        guard let id = message["id"], !id.isNull, message["method"] != nil else { return }
        // Registered before it can end.
        let isNew = state.withLock { state in
            guard state.underWay[id.text] == nil else { return false }
            state.underWay[id.text] = Task {
                await self.answer(message, id)
                self.state.withLock { $0.underWay[id.text] = nil }
            }
            return true
        }
        if !isNew { send(Self.error(id, Self.invalidRequest, "A request with this id is under way.")) }
    }

    private func answer(_ message: JSONValue, _ id: JSONValue) async {
        do {
            let answer = try await slots.run { try await post(message) }
            if message["method"] == "initialize", let version = answer["result"]?["protocolVersion"]?.string {
                state.withLock { $0.version = version }
            }
            send(answer)
        } catch is CancellationError {
            // Nobody waits for it.
        } catch let error as HTTPClientError where error.isConnection {
            send(
                Self.error(
                    id, Self.internalError,
                    "Nothing answers at \(url). Start Apus first, or say where it is with --url or --port."))
        } catch {
            send(Self.error(id, Self.internalError, "\(error)"))
        }
    }

    private func post(_ message: JSONValue) async throws -> JSONValue {
        var fields = fields
        fields["Content-Type"] = "application/json"
        fields["Accept"] = "application/json, text/event-stream"
        let method = message["method"]?.string ?? ""
        let parameters = message["params"]
        if let version = parameters?["_meta"]?[Self.versionName]?.string {
            fields["MCP-Protocol-Version"] = Self.encoded(version)
            fields["Mcp-Method"] = Self.encoded(method)
            if let name = Self.named[method].flatMap({ parameters?[$0]?.string }) {
                fields["Mcp-Name"] = Self.encoded(name)
            }
        } else if method != "initialize", let version = state.withLock({ $0.version }) {
            fields["MCP-Protocol-Version"] = version
        }
        var request = HTTPSession.Request(.post, url + "/mcp", fields: fields, body: .bytes(message.encoded))
        request.headTimeout = Self.longestAnswer
        let answer = try await client.fetch(request, limit: Self.largestAnswer)
        guard answer.status != .accepted else { return .null }
        let json = (try? JSONParser.parse(answer.body)) ?? .null
        if json["jsonrpc"] == "2.0" { return json }
        let reason = json["detail"]?.string ?? "Apus answered \(answer.status.rawValue)."
        let remedy = answer.status == .unauthorized ? " APUS_API_KEY may hold a key." : ""
        return Self.error(message["id"] ?? .null, Self.internalError, reason + remedy)
    }

    /// What fits into a header field as it is, and else in base64, as the protocol wants it.
    private static func encoded(_ value: String) -> String {
        let isPlain = value.utf8.allSatisfy { (0x20...0x7E).contains($0) }
        if isPlain, !value.hasPrefix(" "), !value.hasSuffix(" "), !value.hasPrefix("=?base64?") { return value }
        return "=?base64?\(Base64.encode(Array(value.utf8)))?="
    }

    private static func error(_ id: JSONValue, _ code: Int64, _ message: String) -> JSONValue {
        ["jsonrpc": "2.0", "id": id, "error": ["code": .int(code), "message": .string(message)]]
    }

    private let output = Mutex(())

    private func send(_ message: JSONValue) {
        guard !message.isNull else { return }
        // Encoded JSON has no ends of lines in it.
        output.withLock { _ in write(message.text) }
    }
}
