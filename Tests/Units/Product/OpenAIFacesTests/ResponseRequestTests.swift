import JSONCoding
import OpenAIFaces
import Testing

/// Bodies of `POST /v1/responses`: what is understood, and what is refused by name.
struct ResponseRequestTests {
    private static func body(_ more: JSONObject) -> JSONValue {
        var object: JSONObject = ["model": "apus", "input": "Hello"]
        for (name, value) in more.members { object[name] = value }
        return .object(object)
    }

    private static func refusal(_ body: JSONValue) -> String? {
        do {
            _ = try ResponseRequest(body)
            return nil
        } catch {
            return (error as? InvalidFields)?.problems.first?.field
        }
    }

    @Test func aTextIsTheUsersMessage() throws {
        let request = try ResponseRequest(["input": "What is it?"])
        #expect(request.items.map(\.content) == [.message(.user, "What is it?", annotations: [])])
        #expect(request.model == "apus" && request.stores && !request.streams && request.isParallel)
    }

    @Test func itemsAreReadAsTheyWereGivenOut() throws {
        let request = try ResponseRequest([
            "input": [
                ["role": "developer", "content": "Be brief."],
                [
                    "type": "message", "role": "user",
                    "content": [["type": "input_text", "text": "One"], ["type": "input_text", "text": "Two"]],
                ],
                [
                    "id": "msg_1", "type": "message", "role": "assistant", "status": "completed",
                    "content": [["type": "output_text", "text": "Three", "annotations": []]],
                ],
                ["type": "function_call", "call_id": "c", "name": "f", "arguments": ""],
                [
                    "type": "function_call_output", "call_id": "c",
                    "output": [["type": "input_text", "text": "done"]],
                ],
            ]
        ])
        #expect(
            request.items.map(\.content) == [
                .message(.developer, "Be brief.", annotations: []), .message(.user, "One\nTwo", annotations: []),
                .message(.assistant, "Three", annotations: []),
                .functionCall(call: "c", name: "f", arguments: ""), .functionOutput(call: "c", "done"),
            ])
        #expect(request.items.compactMap { ResponseItem(stored: $0.json) } == request.items)
    }

    @Test(
        arguments: [
            ("input", ["input": nil]), ("input", ["input": 7]), ("input", ["input": []]), ("input", ["input": "  "]),
            ("input[0]", ["input": ["text"]]), ("input[0].type", ["input": [["text": "x"]]]),
            ("input[0].role", ["input": [["role": "critic", "content": "x"]]]),
            ("input[0].content", ["input": [["role": "user"]]]),
            (
                "input[0].content[1].type",
                [
                    "input": [
                        ["role": "user", "content": [["type": "input_text", "text": "x"], ["type": "input_image"]]]
                    ]
                ]
            ),
            ("input[0].content[0].text", ["input": [["role": "user", "content": [["type": "input_text"]]]]]),
            ("input[0].type", ["input": [["type": "item_reference", "id": "msg_1"]]]),
            ("input[0].type", ["input": [["type": "computer_call"]]]),
            ("input[0].call_id", ["input": [["type": "function_call_output", "output": "x"]]]),
        ] as [(String, JSONObject)])
    func itemsThatCannotBeReadAreNamed(_ field: String, _ change: JSONObject) {
        #expect(Self.refusal(Self.body(change)) == field)
    }

    @Test(
        arguments: [
            ("wish", ["wish": 1]), ("top_p", ["top_p": 0.5]), ("top_logprobs", ["top_logprobs": 3]),
            ("truncation", ["truncation": "disabled"]), ("service_tier", ["service_tier": "flex"]),
            ("text.format", ["text": ["format": ["type": "json_schema"]]]),
            ("text.verbosity", ["text": ["verbosity": "low"]]),
            ("reasoning.effort", ["reasoning": ["effort": "high"]]), ("max_tool_calls", ["max_tool_calls": 2]),
            ("prompt", ["prompt": ["id": "pmpt_1"]]), ("include", ["include": ["message.output_text.logprobs"]]),
            ("temperature", ["temperature": 3]), ("max_output_tokens", ["max_output_tokens": 0]),
            ("max_output_tokens", ["max_output_tokens": 1.5]), ("stream", ["stream": "yes"]),
            ("previous_response_id", ["previous_response_id": "resp_1"]), ("conversation", ["conversation": ["id": 3]]),
            (
                "previous_response_id",
                [
                    "previous_response_id": "resp_0198f0c0000070008000000000000000",
                    "conversation": "conv_0198f0c0000070008000000000000000",
                ]
            ), ("store", ["background": true, "store": false]), ("stream", ["background": true, "stream": true]),
            ("metadata", ["metadata": "x"]), ("metadata.k", ["metadata": ["k": 1]]),
            ("metadata", ["metadata": .object(JSONObject((0..<17).map { ("k\($0)", "v") }))]),
        ] as [(String, JSONObject)])
    func whatCannotBeMetIsRefusedByName(_ field: String, _ change: JSONObject) {
        #expect(Self.refusal(Self.body(change)) == field)
    }

    @Test(
        arguments: [
            ["top_p": 1, "top_logprobs": 0, "truncation": "auto", "service_tier": "auto"],
            ["text": ["format": ["type": "text"], "verbosity": "medium"], "reasoning": ["effort": nil]],
            ["include": ["file_search_call.results", "reasoning.encrypted_content"]],
            ["prompt": nil, "max_tool_calls": nil, "previous_response_id": nil, "conversation": nil, "tools": nil],
        ] as [JSONObject])
    func whatChangesNothingIsTaken(_ change: JSONObject) {
        #expect(Self.refusal(Self.body(change)) == nil)
    }

    @Test(
        arguments: [
            ("tools", [:] as JSONValue, nil), ("tools[0].type", [[:]], nil),
            ("tools[0].type", [["type": "web_search"]], nil),
            ("tools[0].name", [["type": "function"]], nil),
            ("tools[0].name", [["type": "function", "name": "a b"]], nil),
            ("tools[1].name", [["type": "function", "name": "a"], ["type": "function", "name": "a"]], nil),
            ("tools[0].defer_loading", [["type": "function", "name": "a", "defer_loading": true]], nil),
            ("tools[0].vector_store_ids", [["type": "file_search"]], nil),
            ("tools[0].vector_store_ids[0]", [["type": "file_search", "vector_store_ids": ["mine"]]], nil),
            ("tool_choice", [["type": "function", "name": "a"]], "sometimes"), ("tool_choice", nil, "required"),
            ("tool_choice.name", [["type": "function", "name": "a"]], ["type": "function", "name": "b"]),
            ("tool_choice", [["type": "function", "name": "a"]], ["type": "file_search"]),
        ] as [(String, JSONValue?, JSONValue?)])
    func toolsThatCannotBeUsedAreNamed(_ field: String, _ tools: JSONValue?, _ choice: JSONValue?) {
        #expect(Self.refusal(Self.body(["tools": tools ?? .null, "tool_choice": choice ?? .null])) == field)
    }

    @Test(
        arguments: [
            ("max_num_results", 0), ("max_num_results", 51), ("ranking_options.ranker", ["ranker": "none"]),
            ("ranking_options.score_threshold", ["score_threshold": 2]),
            ("ranking_options.hybrid_search", ["hybrid_search": ["text_weight": 1]]), ("filters.type", [:]),
            ("filters.key", ["type": "eq", "value": 1]), ("filters.value", ["type": "gt", "key": "k", "value": true]),
            ("filters.filters[0].type", ["type": "and", "filters": [["type": "near"]]]),
        ] as [(String, JSONValue)])
    func limitsOfASearchThatCannotBeMetAreNamed(_ field: String, _ value: JSONValue) {
        let name = String(field.prefix { $0 != "." })
        let tool: JSONValue = [
            "type": "file_search", "vector_store_ids": ["vs_0198f0c0000070008000000000000000"],
        ]
        var object = tool.object ?? JSONObject()
        object[name] = value
        #expect(Self.refusal(Self.body(["tools": [.object(object)]])) == "tools[0]." + field)
    }

    @Test func idsStandForOurs() {
        let id = "0198f0c0-0000-7000-8000-0123456789ab"
        for kind in [ObjectID.response, .conversation, .vectorStore, .message] {
            #expect(kind.id(kind.text(id)) == id && kind.id(id) == id)
        }
        for text in [
            "", "resp_", "resp_0198f0c00000700080000123456789AB", "conv_0198f0c00000700080000123456789ab", "resp_ä",
        ] {
            #expect(ObjectID.response.id(text) == nil, "\(text)")
        }
    }
}
