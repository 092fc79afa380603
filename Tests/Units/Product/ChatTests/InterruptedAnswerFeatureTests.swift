import Catalog
import ChatMessages
import Digests
import HTTPMessages
import JSONCoding
import Postgres
import ProductFixture
import TestSupport
import Testing

/// Answers whose process died: what is in the stores then, and what becomes of it.
@Suite(.serialized, .enabled(if: RunningProduct.hasDatabase, "\(RunningProduct.noDatabase)"))
struct InterruptedAnswerFeatureTests {
    private let message = UUIDv7.make()
    private let attempt = UUIDv7.make()
    private var chat: String { UUIDv7.derived(from: message, purpose: "chat") }
    private var answer: String { UUIDv7.derived(from: message, purpose: "answer") }
    private let time = "2026-01-01T00:00:00.000Z"

    /// Leaves what a process leaves that was killed while it wrote.
    private func leave(_ product: RunningProduct, _ events: [LoggedEvent]) async throws {
        _ = try await product.catalog.createChat(chat, name: "Cut off")
        let question = ChatMessage(
            id: message, chatId: chat, workspaceId: "default", role: "user", text: "Well?", createdAt: time)
        #expect(try await product.messages.add(question))
        let first = try await product.catalog.beginAnswer(
            answer, to: message, in: chat, attempt: attempt, model: "openai:scripted",
            createdAt: "2026-01-01T00:00:00.001Z")
        #expect(first == 0)
        try await write(product, events)
        try await expire(product)
    }

    private func write(_ product: RunningProduct, _ events: [LoggedEvent], finish: String? = nil) async throws {
        let key = AnswerKey(workspace: "default", chat: chat, id: answer)
        _ = try await product.catalog.index.write([
            AnswerPortion(key: key, holder: attempt, events: events, finishReason: finish)
        ])
    }

    private func expire(_ product: RunningProduct) async throws {
        try await product.sql.query(
            "UPDATE answers SET lease_until = now() - interval '1 second', suspected_at = now() - interval '1 minute'")
    }

    private let begun = [
        LoggedEvent(id: 1, name: "start", data: "{}"),
        LoggedEvent(id: 2, name: "sources", data: "{\"passages\":[{\"n\":1,\"name\":\"a.txt\"}]}"),
        LoggedEvent(id: 3, name: "delta", data: "{\"text\":\"It \\\"begins\"}"),
        LoggedEvent(id: 4, name: "delta", data: "{\"text\":\" here\"}"),
    ]

    @Test func whoLooksAtTheChatEndsTheAnswerOnceWithWhatWasWritten() async throws {
        try await RunningProduct.with([.chat, .history], model: { _ in .text("Now whole.") }) { product in
            try await leave(product, begun)
            // The history app looks at its start as well, and may have the answer in hand just now.
            #expect(
                await eventually {
                    (try? await product.get(.history, "/api/history/\(chat)").json["running"]) == []
                })
            for _ in 0..<2 {
                let json = try await product.get(.history, "/api/history/\(chat)").json
                #expect(json["running"] == [] && json["messages"]?.array?.count == 2)
                let found = json["messages"]?[1]
                #expect(found?["text"] == "It \"begins here" && found?["finishReason"] == "interrupted")
                #expect(found?["parentId"]?.string == message && found?["passages"]?[0]?["name"] == "a.txt")
                #expect(json["chat"]?["messages"] == 2)
            }
            // What the dead process would still write comes to nothing.
            try await write(product, [LoggedEvent(id: 5, name: "delta", data: "{\"text\":\"ghost\"}")])
            let events = try await product.get(.chat, "/api/chat/\(answer)/events").events
            #expect(events.map(\.name) == ["start", "sources", "delta", "done"])
            #expect(events.last?.data["finishReason"] == "interrupted")
            // Asked again, it is answered again, in the same place; events go on counting.
            let again = try await product.chatEvents([
                "message": "Well?", "useDocuments": false, "messageId": .string(message), "chatId": .string(chat),
            ])
            #expect(try again.event("done")["text"] == "Now whole.")
            let json = try await product.get(.history, "/api/history/\(chat)").json
            #expect(json["messages"]?.array?.count == 2 && json["messages"]?[1]?["finishReason"] == "stop")
            #expect(try await product.get(.chat, "/api/chat/\(answer)/events?after=4").events.first?.name == "start")
        }
    }

    /// A statement of which nobody heard that it was done is sent again, alone or with what has come meanwhile.
    @Test func whatIsWrittenTwiceIsReadOnce() async throws {
        try await RunningProduct.with([.chat]) { product in
            try await leave(product, Array(begun.prefix(2)))
            try await write(product, Array(begun.prefix(2)))
            try await write(product, [begun[2]])
            try await write(product, Array(begun[2...]))
            let key = AnswerKey(workspace: "default", chat: chat, id: answer)
            let index = product.catalog.index
            #expect(try await index.answerEvents(key, after: 0) == begun)
            #expect(try await index.answerEvents(key, after: 3) == [begun[3]])
            #expect(try await index.answerNews([(key, 1)]).first?.events == Array(begun[1...]))
        }
    }

    /// After an outage of the database every lease has ended: readers must not be quicker than writers.
    @Test func whoseLeaseHasEndedMayStillShowThatTheyLive() async throws {
        try await RunningProduct.with([]) { product in
            try await leave(product, begun)
            let index = product.catalog.index
            func takeOver() async throws -> Bool {
                let record = try #require(try await product.catalog.answer(answer))
                return try await index.takeOver(record, as: UUIDv7.make())
            }
            try await product.sql.query("UPDATE answers SET suspected_at = NULL")
            #expect(try await !takeOver())
            #expect(try await !takeOver())
            try await index.renewAnswers([attempt])
            try await expire(product)
            try await product.sql.query("UPDATE answers SET suspected_at = NULL")
            #expect(try await !takeOver())
            try await expire(product)
            #expect(try await takeOver())
        }
    }

    @Test func whoReadsTheAnswerSeesItEnd() async throws {
        try await RunningProduct.with([.chat]) { product in
            try await leave(product, begun)
            try await product.sql.query("UPDATE answers SET lease_until = now() + interval '1 second'")
            // A reader who is there when the lease ends, and knows one event more than was written down.
            async let ahead = product.get(.chat, "/api/chat/\(answer)/events?after=5")
            let events = try await product.get(.chat, "/api/chat/\(answer)/events").events
            #expect(events.map(\.name) == ["start", "sources", "delta", "done"])
            #expect(events.last?.data["finishReason"] == "interrupted")
            let seen = try await ahead
            #expect(try seen.events.map(\.name) == ["done"])
            #expect(try seen.event("done")["text"] == "It \"begins here")
            #expect(try await product.messages.count(in: chat) == 2)
        }
    }

    @Test func manyWhoLookAtOnceStoreOneAnswer() async throws {
        try await RunningProduct.with([.chat, .history]) { product in
            try await leave(product, begun)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<20 {
                    group.addTask { _ = try await product.get(.history, "/api/history/\(chat)") }
                    group.addTask { _ = try await product.get(.chat, "/api/chat/\(answer)/events") }
                }
                try await group.waitForAll()
            }
            #expect(try await product.messages.count(in: chat) == 2)
            #expect(try await product.catalog.chat(chat)?.messages == 2)
        }
    }

    @Test func anAnswerThatWasStoredBeforeItsProcessDiedStaysWhole() async throws {
        try await RunningProduct.with([.chat]) { product in
            try await leave(product, begun)
            let whole = ChatMessage(
                id: answer, chatId: chat, workspaceId: "default", role: "assistant", text: "It begins here, and ends.",
                createdAt: "2026-01-01T00:00:00.001Z", parentId: message, finishReason: "stop", attempt: attempt)
            #expect(try await product.messages.add(whole, answering: message))
            let interrupted = InterruptedAnswers(catalog: product.catalog.index, messages: product.messages)
            #expect(try await interrupted.endAll() == 1)
            #expect(try await interrupted.endAll() == 0)
            #expect(try await product.messages.message(answer, in: chat)?.text == whole.text)
            let events = try await product.get(.chat, "/api/chat/\(answer)/events").events
            #expect(events.last?.name == "done" && events.last?.data["finishReason"] == "stop")
            #expect(events.last?.data["text"]?.string == whole.text)
        }
    }

    @Test func anAnswerInAChatThatIsGoneIsNotBroughtBack() async throws {
        try await RunningProduct.with([.history]) { product in
            try await leave(product, begun)
            let record = try #require(try await product.catalog.answer(answer))
            #expect(try await product.send(.history, .delete, "/api/history/\(chat)").status == 200)
            let interrupted = InterruptedAnswers(catalog: product.catalog.index, messages: product.messages)
            #expect(try await interrupted.end(record) == false)
            #expect(try await product.messages.count(in: chat) == 0)
        }
    }

    @Test func anAnswerWhoseWriterLivesIsLeftAlone() async throws {
        try await RunningProduct.with([.history]) { product in
            try await leave(product, begun)
            try await product.catalog.index.renewAnswers([attempt])
            let interrupted = InterruptedAnswers(catalog: product.catalog.index, messages: product.messages)
            #expect(try await interrupted.endAll() == 0)
            // What lives says so again and again, however slow the machine is.
            try await product.catalog.index.renewAnswers([attempt])
            let json = try await product.get(.history, "/api/history/\(chat)").json
            #expect(json["running"]?[0]?["answerId"]?.string == answer && json["messages"]?.array?.count == 1)
        }
    }

    @Test func anAnswerThatEndedWhileTheMessageStoreWasAwayIsStoredAsItEnded() async throws {
        let gate = Gate()
        try await RunningProduct.with([.chat, .history], model: { _ in .held("All of it.", until: gate) }) { product in
            let asking = Task {
                try await product.chatEvents([
                    "message": "Well?", "useDocuments": false, "messageId": .string(message),
                ])
            }
            #expect(await eventually { !product.model.asked.isEmpty })
            #expect(try await product.messages.count(in: chat) == 1)
            try await product.fault(["service": "cosmos", "status": 400, "count": 1, "method": "POST"])
            gate.open()
            let done = try await asking.value.event("done")
            #expect(done["text"] == "All of it.")
            #expect(try await product.messages.message(answer, in: chat) == nil)
            #expect(await eventually { (try? await product.catalog.answer(answer))??.lastEvent ?? 0 > 3 })
            try await expire(product)
            let json = try await product.get(.history, "/api/history/\(chat)").json
            let found = json["messages"]?[1]
            #expect(found?["text"] == "All of it." && found?["finishReason"] == "stop" && json["running"] == [])
            #expect(found?["receipt"] == done["receipt"] && found?["usage"] == done["usage"])
            let events = try await product.get(.chat, "/api/chat/\(answer)/events").events
            #expect(events.map(\.name) == ["start", "sources", "delta", "done"])
        }
    }
}
