import ChatMessages
import Testing

/// Messages where two writers meet and answers are lost.
@Suite struct MessageStoreTests {
    private func message(_ id: String, _ text: String) -> ChatMessage {
        ChatMessage(
            id: id, chatId: "chat", workspaceId: "default", role: "user", text: text,
            createdAt: "2026-11-20T10:00:00.000Z")
    }

    @Test func aLostAnswerIsNoOlderMessage() async throws {
        try await EmulatorFixture.with { fixture in
            let store = MessageStore(try await fixture.items(partitionKeyPath: "/chatId"))
            try await fixture.fault(
                #"{"service": "cosmos", "method": "POST", "pathContains": "/docs", "cut": "response"}"#)
            #expect(try await store.add(message("1", "mine")))
            #expect(try await store.add(message("1", "another")) == false)
            #expect(try await store.message("1", in: "chat")?.text == "mine")
        }
    }

    @Test func theFirstOfTwoReplacementsStays() async throws {
        try await EmulatorFixture.with { fixture in
            let store = MessageStore(try await fixture.items(partitionKeyPath: "/chatId"))
            _ = try await store.add(message("1", "failed"))
            let read = try #require(try await store.message("1", in: "chat"))
            #expect(try await store.replace(read, with: message("1", "first")))
            #expect(try await store.replace(read, with: message("1", "second")) == false)
            let now = try #require(try await store.message("1", in: "chat"))
            #expect(now.text == "first")
            for number in 2...150 { _ = try await store.add(message("\(number)", "x")) }
            #expect(try await store.deleteAll(in: "chat") == 150)
            #expect(try await store.replace(now, with: message("1", "late")) == false)
            #expect(try await store.messages(in: "chat", limit: 10).isEmpty)
        }
    }
}
