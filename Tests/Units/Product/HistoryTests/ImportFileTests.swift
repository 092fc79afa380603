import ChatMessages
import JSONCoding
import Testing

@testable import History

/// Files of chats: what is refused, and with which place.
@Suite struct ImportFileTests {
    private static let message: JSONObject = [
        "id": "m", "role": "user", "text": "x", "createdAt": "2026-01-01T00:00:00.000Z",
    ]

    private func file(_ chats: JSONValue) -> [UInt8] {
        (["format": "apus-chats", "version": 1, "chats": chats] as JSONValue).encoded
    }

    private func chat(_ messages: [JSONValue], _ more: JSONObject = [:]) -> JSONValue {
        var chat: JSONObject = ["id": "c", "name": "n", "messages": .array(messages)]
        for (name, value) in more.members { chat[name] = value }
        return .object(chat)
    }

    private func message(_ more: JSONObject) -> JSONValue {
        var message = Self.message
        for (name, value) in more.members { message[name] = value }
        return .object(message)
    }

    private func problems(_ bytes: [UInt8]) -> [String] {
        do {
            let file = try ImportFile(bytes)
            for index in 0..<file.count { _ = try file.chat(index) }
            return []
        } catch let error as InvalidFields {
            return error.problems.map(\.field)
        } catch {
            return [String(describing: type(of: error))]
        }
    }

    @Test(arguments: [
        "", "x", "[]", "{", "{}", #"{"format":"apus-chats","version":1}"#, #"{"format":"x","version":1,"chats":[]}"#,
        #"{"format":"apus-chats","version":2,"chats":[]}"#, #"{"format":"apus-chats","version":1,"chats":[],"more":1}"#,
        #"{"format":"apus-chats","version":1,"chats":[1,]}"#, #"{"format":"apus-chats","version":1,"chats":[,]}"#,
        #"{"format":"apus-chats","version":1,"chats":["#, #"{"format":"apus-chats","version":1,"chats":[]"#,
        #"{"format":"apus-chats","version":1,"chats":[]} x"#,
        #"{"format":"apus-chats","version":1,"chats":[],"chats":[{}]}"#,
        #"{"format":"apus-chats","version":1,"chats":"x"}"#, #"{"format":"apus-chats","version":1,"chats":[{}]}"#,
        #"{"format":"apus-chats","version":1,"chats":[{"id":"c","name":"n","messages":[]}}"#,
        #"{"format":"apus-chats","version":1,"chats":[],"ch\u0061ts":[{}]}"#, "{\"format",
    ])
    func whatIsNoFileIsRefused(_ text: String) { #expect(!problems(Array(text.utf8)).isEmpty) }

    @Test(arguments: [
        #"{"format":"apus-chats","version":1,"chats":[]}"#,
        "\u{FEFF}  {\"chats\" : [ ] , \"version\":1,\"format\":\"apus-chats\"}\n",
        #"{"exportedAt":"[\"chats\":[","chats":[{"id":"\\\"]}","name":"}]","messages":[]}],"format":"apus-chats","version":1}"#,
    ])
    func whatIsOneIsTaken(_ text: String) { #expect(problems(Array(text.utf8)) == []) }

    @Test func everyMistakeIsNamedWithItsPlace() {
        let cases: [(JSONValue, String)] = [
            (chat([message(["role": "system"])]), "chats[0].messages[0].role"),
            (chat([message(["text": 1])]), "chats[0].messages[0].text"),
            (chat([message(["text": .string(String(repeating: "x", count: 32_001))])]), "chats[0].messages[0].text"),
            (chat([message(["createdAt": "yesterday"])]), "chats[0].messages[0].createdAt"),
            (chat([message(["createdAt": "2999-01-01T00:00:00.000Z"])]), "chats[0].messages[0].createdAt"),
            (chat([message(["createdAt": "0000-01-01T00:00:00.000Z"])]), "chats[0].messages[0].createdAt"),
            (chat([message(["createdAt": .null])]), "chats[0].messages[0].createdAt"),
            (chat([message(["finishReason": "x"])]), "chats[0].messages[0].finishReason"),
            (chat([message(["receipt": [:]])]), "chats[0].messages[0].receipt"),
            (chat([3]), "chats[0].messages[0]"), (3, "chats[0]"),
            (chat([message([:]), message([:])]), "chats[0].messages[1].id"),
            (chat([message(["parentId": "m"])]), "chats[0].messages[0].parentId"),
            (chat([message(["parentId": "x"])]), "chats[0].messages[0].parentId"),
            (
                chat([message(["id": "a", "parentId": "b"]), message(["id": "b", "parentId": "a"])]),
                "chats[0].messages[0].parentId"
            ),
            (chat([message(["citations": [["n": 1]]])]), "chats[0].messages[0].citations[0].name"),
            (
                chat([message(["citations": [["n": 1, "start": 0, "end": 1, "name": "x", "url": "javascript:1"]]])]),
                "chats[0].messages[0].citations[0].url"
            ),
            (
                chat([message(["citations": [["n": 1.5, "start": 0, "end": 1, "name": "x"]]])]),
                "chats[0].messages[0].citations[0].n"
            ),
            (
                chat([message(["citations": .array(Array(repeating: [:], count: 201))])]),
                "chats[0].messages[0].citations"
            ),
            (chat([], ["name": ""]), "chats[0].name"), (chat([], ["name": "a\0b"]), "chats[0].name"),
            (chat([], ["messages": 1]), "chats[0].messages"), (chat([], ["more": 1]), "chats[0].more"),
            (
                chat((0..<10_001).map { message(["id": .string("\($0)")]) }),
                "chats[0].messages"
            ),
        ]
        for (value, field) in cases { #expect(problems(file([value])).contains(field), "\(field)") }
        #expect(problems(file(.array(Array(repeating: chat([]), count: 10_001)))) == ["chats"])
        #expect(problems(file([chat(Array(repeating: 0, count: 100))])).count == 20)
        #expect(problems(file([chat([.array(Array(repeating: 0, count: 1_000_002))])])) == ["chats[0]"])
        let deep = String(repeating: "[", count: 100_000) + String(repeating: "]", count: 100_000)
        #expect(problems(Array(#"{"format":"apus-chats","version":1,"chats":[\#(deep)]}"#.utf8)) == ["chats[0]"])
    }

    @Test func aLongChainOfMessagesIsWalkedOnce() throws {
        let messages = (0..<10_000).map { number in
            message(["id": .string("\(number)"), "parentId": number == 9999 ? .null : .string("\(number + 1)")])
        }
        let file = try ImportFile(file([chat(messages)]))
        let stored = try file.chat(0).stored(chatId: "c", workspace: "default", names: [:]).messages
        #expect(stored.count == 10_000 && stored[17].parentId == stored[18].id)
        #expect(zip(stored, stored.dropFirst()).allSatisfy { $0.id < $1.id })
    }

    @Test func onlyTheVeryDocumentIsLinked() throws {
        let id = "01a22983-a383-7df2-a634-64f44c848b89"
        let citation: JSONValue = [
            "n": 1, "documentId": .string(id), "name": "a.pdf", "page": 3, "start": 5, "end": 9, "quote": "four",
            "sentence": ["start": 0, "end": 4], "support": "supported",
        ]
        let file = try ImportFile(file([chat([message(["citations": [citation]])])]))
        let chat = try file.chat(0)
        func stored(_ names: [String: String]) -> JSONValue? {
            chat.stored(chatId: "c", workspace: "w", names: names).messages.first?.citations.first
        }
        var expected = try #require(citation.object)
        // Nobody here has compared the sentence with the document.
        expected["support"] = nil
        #expect(stored([id: "a.pdf"]) == .object(expected))
        for names in [[:], [id: "b.pdf"]] {
            #expect(stored(names)?["documentId"] == .null && stored(names)?["quote"] == "four")
            #expect(stored(names)?["name"] == "a.pdf" && stored(names)?["page"] == 3)
        }
    }
}
