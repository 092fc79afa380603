import Glibc
import HTTPClient
import HTTPMessages
import JSONCoding
import Synchronization
import TestSupport
import Testing

@testable import TerminalClient

/// Messages between a program's pipe and `/mcp`.
@Suite struct MCPBridgeTests {
    /// Sends lines through a bridge to a server that answers each request as `reply` says; returns what came back.
    private func carry(
        _ lines: [String], fields: HTTPFields = [:],
        _ reply: @escaping @Sendable (RawMessage) -> String,
        written see: @escaping @Sendable (JSONValue) -> Void = { _ in }
    ) async throws -> [JSONValue] {
        let server = try RawListener { connection in
            while true { connection.send(reply(try connection.readMessage())) }
        }
        let written = Mutex<[JSONValue]>([])
        let bridge = MCPBridge(url: server.url, client: HTTPSession(), fields: fields) { line in
            let message = (try? JSONParser.parse(line)) ?? .string(line)
            written.withLock { $0.append(message) }
            see(message)
        }
        let rest = Mutex(lines[...])
        try await bridge.run { rest.withLock { $0.popFirst() } }
        return withExtendedLifetime(server) { written.withLock { $0 } }
    }

    private static func http(_ status: String, _ body: String) -> String {
        "HTTP/1.1 \(status)\r\nContent-Type: application/json\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)"
    }

    @Test func answersComeBackWithTheirIds() async throws {
        let answers = try await carry(
            [#"{"jsonrpc":"2.0","id":1,"method":"ping"}"#, "", #"{"jsonrpc":"2.0","id":"b","method":"ping"}"#]
        ) { message in
            let id = (try? JSONParser.parse(message.body))?["id"]?.text ?? "null"
            return Self.http("200 OK", #"{"jsonrpc":"2.0","id":\#(id),"result":{}}"#)
        }
        #expect(Set(answers.compactMap { $0["id"]?.text }) == ["1", "\"b\""] && answers.count == 2)
    }

    @Test func whoAsksAndWhatIsAskedStandsInTheHead() async throws {
        let seen = Mutex<[RawMessage]>([])
        let envelope = #""_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28"}"#
        _ = try await carry(
            [#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"süche",\#(envelope)}}"#],
            fields: ["Authorization": "Bearer apus_key"]
        ) { message in
            seen.withLock { $0.append(message) }
            return Self.http("200 OK", #"{"jsonrpc":"2.0","id":1,"result":{}}"#)
        }
        let message = try #require(seen.withLock { $0.first })
        #expect(message.field("authorization") == "Bearer apus_key")
        #expect(message.field("mcp-protocol-version") == "2026-07-28" && message.field("mcp-method") == "tools/call")
        #expect(message.field("mcp-name") == "=?base64?c8O8Y2hl?=")
    }

    @Test func whatWasAgreedOnIsSaidFromThenOn() async throws {
        let versions = Mutex<[String]>([])
        let server = try RawListener { connection in
            while true {
                let message = try connection.readMessage()
                versions.withLock { $0.append(message.field("mcp-protocol-version") ?? "none") }
                connection.send(
                    Self.http("200 OK", #"{"jsonrpc":"2.0","id":1,"result":{"protocolVersion":"2025-06-18"}}"#))
            }
        }
        let done = Tally()
        let bridge = MCPBridge(url: server.url, client: HTTPSession(), fields: [:]) { _ in done.add() }
        let lines = ["initialize", "tools/list"].map { #"{"jsonrpc":"2.0","id":1,"method":"\#($0)"}"# }
        let rest = Mutex(lines[...])
        try await bridge.run {
            // As a client does that waits for the hello.
            if rest.withLock({ $0.count }) == 1 { _ = await eventually { done.value == 1 } }
            return rest.withLock { $0.popFirst() }
        }
        #expect(versions.withLock { $0 } == ["none", "2025-06-18"])
    }

    @Test func troubleIsAnErrorOfTheRequest() async throws {
        let refused = try await carry([#"{"jsonrpc":"2.0","id":1,"method":"ping"}"#, "{", "[1]", "5"]) { _ in
            Self.http("401 Unauthorized", #"{"status":401,"detail":"Nobody is signed in."}"#)
        }
        #expect(refused.count == 4)
        #expect(refused.count { $0["error"]?["code"] == -32600 } == 2)
        #expect(refused.contains { $0["id"] == .null && $0["error"]?["code"] == -32700 })
        let words = refused.first { $0["id"] == 1 }?["error"]?["message"]?.string
        #expect(words == "Nobody is signed in. APUS_API_KEY may hold a key.")
        let bridge = MCPBridge(url: "http://127.0.0.1:1", client: HTTPSession(), fields: [:]) { line in
            #expect(line.contains("Nothing answers at http://127.0.0.1:1."))
        }
        let rest = Mutex([#"{"jsonrpc":"2.0","id":1,"method":"ping"}"#][...])
        try await bridge.run { rest.withLock { $0.popFirst() } }
    }

    @Test func anIdThatIsUnderWayIsNotTakenTwice() async throws {
        let gate = Flag()
        let line = #"{"jsonrpc":"2.0","id":1,"method":"ping"}"#
        let answers = try await carry([line, line]) { _ in
            // Until the second one has been refused.
            while !gate.isSet { usleep(1000) }
            return Self.http("200 OK", #"{"jsonrpc":"2.0","id":1,"result":{}}"#)
        } written: { message in
            if message["error"] != nil { gate.set() }
        }
        #expect(answers.count == 2 && answers.first?["error"]?["code"] == -32600)
        #expect(answers.last?["result"] == [:])
    }

    @Test func manyRequestsWaitForTheirTurn() async throws {
        let lines = (0..<200).map { #"{"jsonrpc":"2.0","id":\#($0),"method":"ping"}"# }
        let answers = try await carry(lines) { message in
            let id = (try? JSONParser.parse(message.body))?["id"]?.text ?? "null"
            return Self.http("200 OK", #"{"jsonrpc":"2.0","id":\#(id),"result":{}}"#)
        }
        #expect(Set(answers.compactMap { $0["id"]?.int }).count == 200)
    }

    @Test func aRequestThatIsTakenBackIsNotAnswered() async throws {
        let arrived = Tally()
        let answers = Mutex<[String]>([])
        let server = try RawListener { connection in
            _ = try connection.readMessage()
            arrived.add()
            // Until the caller has gone.
            _ = try connection.readMessage()
        }
        let bridge = MCPBridge(url: server.url, client: HTTPSession(), fields: [:]) { line in
            answers.withLock { $0.append(line) }
        }
        let lines = [
            #"{"jsonrpc":"2.0","id":5,"method":"tools/call","params":{"name":"ask"}}"#,
            #"{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":5}}"#,
        ]
        let rest = Mutex(lines[...])
        try await bridge.run {
            if rest.withLock({ $0.count }) == 1 { _ = await eventually { arrived.value == 1 } }
            return rest.withLock { $0.popFirst() }
        }
        #expect(answers.withLock { $0.isEmpty })
    }
}
