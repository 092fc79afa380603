import Digests
import JSONCoding
import Models
import Testing

@testable import Chat

@Suite struct RequestTests {
    private func problems(_ body: () throws -> Void) -> Set<String> {
        do { try body() } catch let error as InvalidFields { return Set(error.problems.map(\.field)) } catch {
            Issue.record(error)
        }
        return []
    }

    // MARK: - Chat

    @Test func aChatsBodyNeedsNothingButAMessage() throws {
        let request = try ChatRequest(["message": "Why?"])
        #expect(request.question.text == "Why?" && request.question.useDocuments && request.question.documents == nil)
        #expect(request.chatId == nil && UUIDv7.isValid(request.messageId))
        #expect(request.question.model == nil && request.question.preset == nil)
    }

    @Test func idsAreTakenInLowerCase() throws {
        let id = UUIDv7.make()
        let request = try ChatRequest([
            "message": "x", "chatId": .string(id.uppercased()), "messageId": .string(id.uppercased()),
        ])
        #expect(request.chatId == id && request.messageId == id)
    }

    @Test func whatFollowsFromAMessageIsAlwaysTheSame() throws {
        let id = UUIDv7.make()
        let one = try ChatRequest(["message": "x", "messageId": .string(id)])
        let other = try ChatRequest(["message": "y", "messageId": .string(id)])
        #expect(
            one.derivedID("chat") == other.derivedID("chat") && one.derivedID("answer") == other.derivedID("answer"))
        #expect(one.derivedID("chat") != one.derivedID("answer") && one.derivedID("chat") != id)
    }

    @Test(
        arguments: [
            (["message": ""], ["message"]), (["message": "\u{2003}\n"], ["message"]), ([:], ["message"]),
            (["message": 1], ["message"]), (["message": "x", "chatId": "y"], ["chatId"]),
            (["message": "x", "messageId": 5], ["messageId"]), (["message": "x", "documents": "y"], ["documents"]),
            (["message": "x", "documents": [1]], ["documents"]),
            (["message": "x", "useDocuments": 1], ["useDocuments"]),
            (["message": "x", "model": ""], ["model"]), (["message": "x", "question": "y"], ["question"]),
        ] as [(JSONValue, Set<String>)])
    func everyMistakeIsNamed(body: JSONValue, fields: Set<String>) {
        #expect(problems { _ = try ChatRequest(body) } == fields)
    }

    @Test func theLongestMessageIsTaken() throws {
        let longest = String(repeating: "語", count: 32_000)
        #expect(try ChatRequest(["message": .string(longest)]).question.text == longest)
        #expect(problems { _ = try ChatRequest(["message": .string(longest + "x")]) } == ["message"])
    }

    @Test func aThousandDocumentsAreEnough() throws {
        let ids = (0..<1001).map { _ in JSONValue.string(UUIDv7.make()) }
        #expect(
            try ChatRequest(["message": "x", "documents": .array(Array(ids.dropLast()))]).question.documents?.count
                == 1000)
        #expect(problems { _ = try ChatRequest(["message": "x", "documents": .array(ids)]) } == ["documents"])
    }

    // MARK: - Completions

    private func body(_ more: JSONObject = [:]) -> JSONValue {
        var object: JSONObject = ["messages": [["role": "user", "content": "Hi"]]]
        for (name, value) in more.members { object[name] = value }
        return .object(object)
    }

    @Test func parametersOfOpenAIAreReadOrIgnored() throws {
        let request = try CompletionRequest(
            body([
                "model": "m", "temperature": 0.5, "max_tokens": 10, "stream": true, "seed": 7, "user": "u", "n": 1,
                "stream_options": ["include_usage": true], "tool_choice": "auto",
            ]))
        #expect(request.model == "m" && request.temperature == 0.5 && request.maximumTokens == 10 && request.streams)
        #expect(request.wantsUsage && request.toolChoice == "auto" && request.messages == [ModelMessage(.user, "Hi")])
        let plain = try CompletionRequest(body(["max_tokens": 5, "max_completion_tokens": 6, "tool_choice": nil]))
        #expect(plain.model == "apus" && plain.maximumTokens == 6 && plain.toolChoice == nil && !plain.streams)
    }

    @Test func aConversationWithToolsIsRead() throws {
        let call: JSONValue = ["id": "c1", "type": "function", "function": ["name": "f", "arguments": "{\"x\":1}"]]
        let request = try CompletionRequest([
            "messages": [
                ["role": "developer", "content": "Be brief."],
                ["role": "user", "content": [["type": "text", "text": "a"], ["type": "text", "text": "b"]]],
                ["role": "assistant", "content": nil, "tool_calls": [call]],
                ["role": "tool", "tool_call_id": "c1", "content": "42"], ["role": "assistant", "content": "It is 42."],
            ], "tools": [["type": "function", "function": ["name": "f"]]],
        ])
        #expect(request.messages.map(\.role) == [.system, .user, .assistant, .tool, .assistant])
        #expect(request.messages[1].text == "a\nb" && request.messages[2].toolCalls.map(\.arguments) == ["{\"x\":1}"])
        #expect(request.messages[3].answeredCall?.name == "f")
        #expect(request.tools.map(\.name) == ["f"] && request.tools[0].parameters["type"] == "object")
    }

    @Test(
        arguments: [
            ("[]", ["body"]), ("{}", ["messages"]), ("{\"messages\":[]}", ["messages"]),
            ("{\"messages\":[{\"role\":\"robot\",\"content\":\"x\"}]}", ["messages[0].role"]),
            ("{\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"image_url\"}]}]}", ["messages[0].content"]),
            (
                "{\"messages\":[{\"role\":\"tool\",\"tool_call_id\":\"x\",\"content\":\"y\"}]}",
                ["messages[0].tool_call_id"]
            ),
            ("{\"messages\":[{\"role\":\"user\",\"content\":\"x\"}],\"n\":2}", ["n"]),
            ("{\"messages\":[{\"role\":\"user\",\"content\":\"x\"}],\"temperature\":3}", ["temperature"]),
            ("{\"messages\":[{\"role\":\"user\",\"content\":\"x\"}],\"tools\":[{}]}", ["tools[0].function.name"]),
        ] as [(String, Set<String>)])
    func whatCannotBeAnsweredIsRefused(text: String, fields: Set<String>) throws {
        let json = try JSONParser.parse(text)
        #expect(problems { _ = try CompletionRequest(json) } == fields)
    }

    @Test func thereAreLimits() {
        let message: JSONValue = ["role": "user", "content": "x"]
        #expect(
            problems { _ = try CompletionRequest(["messages": .array(Array(repeating: message, count: 501))]) } == [
                "messages"
            ])
        let tool: JSONValue = ["function": ["name": "f"]]
        #expect(
            problems { _ = try CompletionRequest(body(["tools": .array(Array(repeating: tool, count: 65))])) } == [
                "tools"
            ])
    }
}
