import Digests
import HTTPMessages
import JSONCoding
import Problems
import Telemetry
import Testing

@testable import ModelContextProtocol

/// Messages of the Model Context Protocol as clients of each revision send them, and as no client should.
@Suite struct MCPServerTests {
    private struct Failure: Error {}

    private struct Notes: MCPResources {
        let templates: [JSONValue] = [["uriTemplate": "notes:{n}", "name": "note"]]

        func list(after cursor: String?) async throws -> (resources: [JSONValue], next: String?) {
            if let cursor, cursor != "1" { throw MCPFailure(.invalidParameters, "no cursor") }
            return cursor == nil
                ? ([["uri": "notes:1", "name": "one"]], "1") : ([["uri": "notes:2", "name": "two"]], nil)
        }

        func read(_ address: String) async throws -> [JSONValue]? {
            address == "notes:1" ? [["uri": "notes:1", "text": "One."]] : nil
        }
    }

    private static let echo = MCPTool(
        name: "écho", title: "Echo", description: "Says it again.", input: ["type": "object"],
        output: ["type": "object"]
    ) { arguments in
        var reader = try FieldReader(arguments, allowed: ["text"])
        let text = reader.requiredString("text")
        try reader.finish()
        if text == "fail" { throw Failure() }
        if text == "refuse" { throw Problem(.tooManyRequests, "Not so fast.") }
        return MCPTool.Result(text: text, structured: ["text": .string(text)])
    }

    private static let prefix = "io.modelcontextprotocol/"
    private static let envelope: JSONValue = [
        prefix + "protocolVersion": "2026-07-28", prefix + "clientCapabilities": [:],
    ]

    private func send(_ text: String, _ fields: HTTPFields = [:]) async throws -> (status: Int, body: JSONValue) {
        let server = MCPServer(
            tools: [Self.echo], resources: Notes(), instructions: "Ask.", log: Log(label: "test", level: .error))
        let request = HTTPRequest(
            method: .post, target: HTTPTarget("/mcp"), fields: fields, body: .bytes(Array(text.utf8)), id: "r")
        let response = try await server.answer(request)
        guard case .bytes(let bytes) = response.body else { throw Failure() }
        return (response.status.rawValue, bytes.isEmpty ? .null : try JSONParser.parse(bytes))
    }

    /// A request of a client that has said hello.
    private func ask(_ method: String, _ parameters: JSONValue = [:], version: String? = "2025-11-25") async throws
        -> JSONValue
    {
        let body: JSONValue = ["jsonrpc": "2.0", "id": 7, "method": .string(method), "params": parameters]
        let (status, answer) = try await send(body.text, version.map { ["MCP-Protocol-Version": $0] } ?? [:])
        #expect(status == 200 && answer["id"] == 7)
        return answer
    }

    /// A request that stands by itself; `change` makes it wrong.
    private func state(
        _ method: String, _ parameters: JSONObject = [:], name: String? = nil,
        change: (inout HTTPFields, inout JSONObject) -> Void = { _, _ in }
    ) async throws -> (status: Int, body: JSONValue) {
        var parameters = parameters
        parameters["_meta"] = Self.envelope
        var fields: HTTPFields = ["MCP-Protocol-Version": "2026-07-28", "Mcp-Method": method]
        if let name { fields["Mcp-Name"] = name }
        change(&fields, &parameters)
        let body: JSONValue = ["jsonrpc": "2.0", "id": "a", "method": .string(method), "params": .object(parameters)]
        return try await send(body.text, fields)
    }

    // MARK: Hello

    @Test(arguments: [
        ("2024-11-05", "2024-11-05"), ("2025-06-18", "2025-06-18"), ("2025-11-25", "2025-11-25"),
        ("1999-01-01", "2025-11-25"), ("2025-03-26", "2025-11-25"), ("2026-07-28", "2025-11-25"),
    ])
    func aRevisionIsAgreedOn(wanted: String, agreed: String) async throws {
        let answer = try await ask(
            "initialize", ["protocolVersion": .string(wanted), "capabilities": [:], "clientInfo": ["name": "t"]],
            version: nil)
        #expect(answer["result"]?["protocolVersion"] == .string(agreed))
        #expect(answer["result"]?["serverInfo"]?["name"] == "apus" && answer["result"]?["instructions"] == "Ask.")
        #expect(answer["result"]?["capabilities"]?["tools"] != nil)
    }

    @Test func whoStandsByThemselvesIsToldWhatThereIs() async throws {
        let (status, body) = try await state("server/discover")
        #expect(status == 200 && body["id"] == "a")
        #expect(body["result"]?["supportedVersions"] == ["2026-07-28"])
        #expect(body["result"]?["resultType"] == "complete" && body["result"]?["cacheScope"] == "private")
        #expect(body["result"]?["_meta"]?[Self.prefix + "serverInfo"]?["version"] != nil)
        // Whoever says hello has no such method, and the other way round.
        #expect(try await ask("server/discover")["error"]?["code"] == -32601)
        #expect(try await state("initialize").body["error"]?["code"] == -32601)
    }

    // MARK: Use

    @Test func toolsAreListedAndCalled() async throws {
        let tools = try await ask("tools/list")["result"]?["tools"]
        #expect(tools?[0]?["name"] == "écho" && tools?[0]?["inputSchema"]?["type"] == "object")
        let said = try await ask("tools/call", ["name": "écho", "arguments": ["text": "hello"]])["result"]
        #expect(said?["content"]?[0]?["text"] == "hello" && said?["structuredContent"]?["text"] == "hello")
        #expect(said?["resultType"] == nil)
        #expect(try await ask("ping")["result"] == [:])
    }

    @Test func namesOutsideOfASCIIComeEncoded() async throws {
        let name = "=?base64?\(Base64.encode(Array("écho".utf8)))?="
        let parameters: JSONObject = ["name": "écho", "arguments": ["text": "hello"]]
        let (status, body) = try await state("tools/call", parameters, name: name)
        #expect(status == 200 && body["result"]?["resultType"] == "complete")
        for wrong in ["echo", "=?base64?!?=", "=?base64?", ""] {
            let (status, body) = try await state("tools/call", parameters, name: wrong)
            #expect(status == 400 && body["error"]?["code"] == -32020, "\(wrong)")
        }
    }

    /// What a tool could not do is for the model to read; what went wrong here is not.
    @Test(arguments: [
        (#"{}"#, "Required."), (#"{"text": 5}"#, "Must be a text."),
        (#"{"text": "a", "volume": 11}"#, "volume: Unknown"),
        (#"{"text": "refuse"}"#, "Not so fast."), (#"{"text": "fail"}"#, "Something went wrong on our side."),
    ])
    func failuresOfToolsAreResults(arguments: String, words: String) async throws {
        let result = try await ask(
            "tools/call", ["name": "écho", "arguments": try JSONParser.parse(arguments)])["result"]
        #expect(result?["isError"] == true)
        #expect(result?["content"]?[0]?["text"]?.string?.contains(words) == true)
    }

    @Test func resourcesAreListedPageByPageAndRead() async throws {
        let first = try await ask("resources/list")["result"]
        #expect(first?["resources"]?[0]?["uri"] == "notes:1" && first?["nextCursor"] == "1")
        let second = try await ask("resources/list", ["cursor": "1"])["result"]
        #expect(second?["resources"]?[0]?["uri"] == "notes:2" && second?["nextCursor"] == nil)
        #expect(try await ask("resources/list", ["cursor": "x"])["error"]?["code"] == -32602)
        #expect(try await ask("resources/templates/list")["result"]?["resourceTemplates"]?[0]?["name"] == "note")
        #expect(try await ask("resources/read", ["uri": "notes:1"])["result"]?["contents"]?[0]?["text"] == "One.")
        #expect(try await ask("resources/read", ["uri": "notes:9"])["error"]?["code"] == -32602)
        #expect(try await ask("resources/read")["error"]?["code"] == -32602)
        #expect(try await ask("tools/call", ["name": "shout"])["error"]?["code"] == -32602)
        #expect(try await ask("prompts/list")["error"]?["code"] == -32601)
    }

    // MARK: What nobody should send

    @Test func notificationsAndAnswersAreTakenInSilence() async throws {
        for text in [
            #"{"jsonrpc": "2.0", "method": "notifications/initialized"}"#,
            #"{"jsonrpc": "2.0", "id": 1, "result": {}}"#,
        ] {
            let (status, body) = try await send(text)
            #expect(status == 202 && body == .null)
        }
    }

    @Test(arguments: [
        ("", -32700), ("{", -32700), ("[]", -32600), ("{}", -32600), (#""ping""#, -32600), ("null", -32600),
        (#"[{"jsonrpc": "2.0", "id": 1, "method": "ping"}]"#, -32600),
        (#"{"jsonrpc": "1.0", "id": 1, "method": "ping"}"#, -32600), (#"{"jsonrpc": "2.0", "id": 1}"#, -32600),
        (#"{"jsonrpc": "2.0", "id": 1, "method": 5}"#, -32600),
        (#"{"jsonrpc": "2.0", "id": null, "method": "ping"}"#, -32600),
        (#"{"jsonrpc": "2.0", "id": 1.5, "method": "ping"}"#, -32600),
        (#"{"jsonrpc": "2.0", "id": 1, "method": "ping", "params": []}"#, -32602),
    ])
    func whatIsNoMessageIsRefused(text: String, code: Int64) async throws {
        let (status, body) = try await send(text)
        #expect(status == 400 && body["error"]?["code"] == .int(code))
        #expect(body.object?["id"] != nil)
    }

    @Test func theHeadHasToAgreeWithTheBody() async throws {
        typealias Change = (inout HTTPFields, inout JSONObject) -> Void
        let wrong: [(Int64, Change)] = [
            (-32020, { fields, _ in fields["MCP-Protocol-Version"] = "2025-11-25" }),
            (-32020, { fields, _ in fields["MCP-Protocol-Version"] = nil }),
            (-32020, { fields, _ in fields.append("MCP-Protocol-Version", "2026-07-28") }),
            (-32020, { fields, _ in fields["Mcp-Method"] = "ping" }),
            (-32020, { fields, _ in fields["Mcp-Method"] = nil }),
            (-32602, { _, parameters in parameters["_meta"] = nil }),
            (-32602, { _, parameters in parameters["_meta"] = [Self.prefix + "protocolVersion": "2026-07-28"] }),
            (
                -32022,
                { fields, parameters in
                    fields["MCP-Protocol-Version"] = "2099-01-01"
                    parameters["_meta"] = [
                        Self.prefix + "protocolVersion": "2099-01-01", Self.prefix + "clientCapabilities": [:],
                    ]
                }
            ),
        ]
        for (code, change) in wrong {
            let (status, body) = try await state("tools/list", change: change)
            #expect(status == 400 && body["error"]?["code"] == .int(code), "\(body)")
        }
        let (status, body) = try await state("tools/fetch")
        #expect(status == 404 && body["error"]?["code"] == -32601)
    }

    @Test func aRevisionThatNobodyKnowsIsToldWhichThereAre() async throws {
        let (status, body) = try await send(
            #"{"jsonrpc": "2.0", "id": 1, "method": "ping"}"#, ["MCP-Protocol-Version": "2000-01-01"])
        #expect(status == 400 && body["error"]?["code"] == -32022)
        #expect(body["error"]?["data"]?["supported"]?.array?.contains("2025-11-25") == true)
    }

    @Test func whoTakesNoJSONIsRefused() async throws {
        await #expect(throws: Problem.self) { try await send("{}", ["Accept": "text/event-stream"]) }
    }
}
