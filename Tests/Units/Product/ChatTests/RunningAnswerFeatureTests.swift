import Catalog
import ChatMessages
import Digests
import HTTPClient
import HTTPMessages
import JSONCoding
import Postgres
import ProductFixture
import TestSupport
import Testing

/// Answers that belong to the server: they go on when their caller leaves, are read from anywhere, and are stopped from anywhere.
@Suite(.serialized, .enabled(if: RunningProduct.hasDatabase, "\(RunningProduct.noDatabase)"))
struct RunningAnswerFeatureTests {
    /// A question that is being answered, with its ids.
    private struct Asked: Sendable {
        let message = UUIDv7.make()
        var chat: String { UUIDv7.derived(from: message, purpose: "chat") }
        var answer: String { UUIDv7.derived(from: message, purpose: "answer") }
        var body: JSONValue { ["message": "Well?", "useDocuments": false, "messageId": .string(message)] }
        var events: String { "/api/chat/\(answer)/events" }
        var stop: String { "/api/chat/\(answer)/stop" }
    }

    /// Asks, and leaves when the model was asked.
    private func askAndLeave(_ asked: Asked, _ product: RunningProduct) async throws {
        let calls = product.model.asked.count
        let asking = Task { try await product.chatEvents(asked.body) }
        #expect(await eventually { product.model.asked.count > calls })
        asking.cancel()
        _ = try? await asking.value
    }

    private func text(_ answer: AppAnswer) throws -> String {
        try answer.events.filter { $0.name == "delta" }.compactMap { $0.data["text"]?.string }.joined()
    }

    private func history(_ asked: Asked, _ product: RunningProduct) async throws -> JSONValue {
        try await product.get(.history, "/api/history/\(asked.chat)").json
    }

    private func stored(_ asked: Asked, _ product: RunningProduct) async throws -> ChatMessage? {
        try await product.messages.message(asked.answer, in: asked.chat)
    }

    @Test func anAnswerGoesOnWhenItsCallerLeavesAndIsReadFromAnyProcess() async throws {
        let gate = Gate()
        try await RunningProduct.with([.chat, .history], model: { _ in .held("All of it.", until: gate) }) { product in
            let asked = Asked()
            try await askAndLeave(asked, product)
            let running = try await history(asked, product)["running"]
            #expect(running?[0]?["answerId"]?.string == asked.answer && running?.array?.count == 1)
            #expect(running?[0]?["messageId"]?.string == asked.message)
            try await product.another(.chat) { other in
                async let here = product.get(.chat, asked.events)
                async let there = product.send(.chat, .get, asked.events, at: other)
                try await Task.sleep(for: .milliseconds(300))
                gate.open()
                for answer in try await [here, there] {
                    #expect(try answer.events.map(\.name) == ["start", "sources", "delta", "done"])
                    #expect(try text(answer) == "All of it." && answer.event("done")["finishReason"] == "stop")
                }
            }
            let answer = try await stored(asked, product)
            #expect(answer?.text == "All of it." && answer?.finishReason == "stop" && answer?.parentId == asked.message)
            let after = try await history(asked, product)
            #expect(after["running"] == [] && after["messages"]?.array?.count == 2 && product.model.givenUp == 0)
        }
    }

    @Test func aReaderWhoComesBackGoesOnWhereItWas() async throws {
        try await RunningProduct.with([.chat], model: { _ in .pieces(["One ", "two ", "three"], finish: "stop") }) {
            product in
            let asked = Asked()
            let whole = try await product.chatEvents(asked.body)
            let ids = whole.text.split(separator: "\n").filter { $0.hasPrefix("id: ") }.compactMap {
                Int($0.dropFirst(4))
            }
            #expect(try ids == ids.sorted() && ids.count == whole.events.count)
            let deltas = try whole.events.enumerated().filter { $0.element.name == "delta" }.map { ids[$0.offset] }
            let first = try #require(deltas.first)
            let last = try #require(ids.last)
            // What is left of the text may come in one piece.
            let rest = try await product.get(.chat, asked.events + "?after=\(first)")
            #expect(try text(rest) == "two three" && rest.events.last?.name == "done")
            let named = try await product.send(.chat, .get, asked.events, fields: ["Last-Event-ID": "\(first)"])
            #expect(try text(named) == "two three")
            #expect(try await product.get(.chat, asked.events + "?after=\(last)").status == 204)
            // A number from the future has been lost with a process: all comes again.
            let again = try await product.get(.chat, asked.events + "?after=\(last + 1000)")
            #expect(try again.events.first?.name == "start" && text(again) == "One two three")
            for wrong in ["-1", "x", "1.5", "99999999999999999999", "9007199254740993"] {
                let answer = try await product.get(.chat, asked.events + "?after=\(wrong)")
                #expect(answer.status == 400 && answer.json["errors"]?[0]?["field"] == "after", "\(wrong)")
            }
        }
    }

    @Test func unknownAnswersAreNotThere() async throws {
        try await RunningProduct.with([.chat]) { product async throws in
            for id in [UUIDv7.make(), "x", "%00", "..%2f"] {
                #expect(try await product.get(.chat, "/api/chat/\(id)/events").status == 404, "\(id)")
                #expect(try await product.post(.chat, "/api/chat/\(id)/stop", [:]).status == 404, "\(id)")
            }
        }
    }

    @Test func stoppingEndsAnAnswerFromAnyProcessAndCanBeRepeated() async throws {
        try await RunningProduct.with([.chat], model: { _ in .endless("Half a sentence") }) { product in
            let asked = Asked()
            let asking = Task { try await product.chatEvents(asked.body) }
            #expect(await eventually { (try? await product.catalog.answer(asked.answer))??.lastEvent ?? 0 >= 3 })
            try await product.another(.chat) { other in
                let stop = try await product.send(.chat, .post, asked.stop, at: other)
                #expect(stop.status == 200 && stop.json["finishReason"] == .null)
                #expect(try await product.send(.chat, .post, asked.stop, at: other).status == 200)
                let end = try await asking.value
                #expect(try end.event("done")["finishReason"] == "cancelled")
                #expect(await eventually { (try? await product.catalog.answer(asked.answer))??.finishReason != nil })
                let after = try await product.send(.chat, .post, asked.stop, at: other)
                #expect(after.status == 200 && after.json["finishReason"] == "cancelled")
            }
            #expect(await eventually { product.model.givenUp == 1 })
            #expect(try await stored(asked, product)?.finishReason == "cancelled")
        }
    }

    @Test func aStoppedAnswerStandsUnderItsOwnQuestion() async throws {
        try await RunningProduct.with(
            [.chat, .history], model: { $0.last.contains("Well?") ? .endless("Half") : .text("Whole.") }
        ) { product in
            let asked = Asked()
            try await askAndLeave(asked, product)
            let next = try await product.chat([
                "message": "And now?", "useDocuments": false, "chatId": .string(asked.chat),
            ])
            #expect(next.json["text"] == "Whole.")
            #expect(try await product.post(.chat, asked.stop, [:]).status == 200)
            #expect(await eventually { (try? await self.stored(asked, product)) ?? nil != nil })
            let messages = try await history(asked, product)["messages"]?.array ?? []
            #expect(messages.map { $0["role"]?.string } == ["user", "assistant", "user", "assistant"])
            #expect(messages.map { $0["finishReason"]?.string } == [nil, "cancelled", nil, "stop"])
            #expect(messages[1]["parentId"] == messages[0]["id"] && messages[3]["parentId"] == messages[2]["id"])
        }
    }

    @Test func theSameMessageWhileItIsAnsweredIsReadNotAskedAgain() async throws {
        let gate = Gate()
        try await RunningProduct.with([.chat], model: { _ in .held("Once.", until: gate) }) { product in
            let asked = Asked()
            try await askAndLeave(asked, product)
            try await product.another(.chat) { other in
                async let here = product.chatEvents(asked.body)
                async let there = product.send(
                    .chat, .post, "/api/chat",
                    fields: ["Accept": "text/event-stream", "Content-Type": "application/json"],
                    body: asked.body.encoded, at: other)
                try await Task.sleep(for: .milliseconds(200))
                gate.open()
                for answer in try await [here, there] {
                    #expect(try text(answer) == "Once." && answer.events.first?.name == "start")
                }
            }
            #expect(product.model.asked.count == 1)
            #expect(try await product.messages.count(in: asked.chat) == 2)
        }
    }

    @Test func aDeletedChatEndsItsAnswerAndLeavesNothingBehind() async throws {
        try await RunningProduct.with([.chat, .history], model: { _ in .endless("Half") }) { product in
            let asked = Asked()
            async let whole = product.chatEvents(asked.body)
            #expect(await eventually { (try? await product.catalog.answer(asked.answer))??.lastEvent ?? 0 >= 3 })
            #expect(try await product.send(.history, .delete, "/api/history/\(asked.chat)").status == 200)
            #expect(await eventually { product.model.givenUp == 1 })
            _ = try await whole
            #expect(try await product.get(.chat, asked.events).status == 404)
            for table in ["answers", "answer_events", "chat_texts"] {
                #expect(try await product.sql.query("SELECT 1 FROM \(table)").isEmpty, "\(table)")
            }
            #expect(try await product.messages.count(in: asked.chat) == 0)
        }
    }

    @Test func aFailureKeepsItsKindAndCause() async throws {
        try await RunningProduct.with([.chat, .history], model: { _ in .refusal(401, ["error": ["code": "odd"]]) }) {
            product in
            let asked = Asked()
            let failed = try await product.chatEvents(asked.body)
            #expect(try failed.events.map(\.name) == ["start", "sources", "error"])
            let message = try #require(try await history(asked, product)["messages"]?[1])
            #expect(message["finishReason"] == "error" && message["passages"] == [])
            #expect(message["problem"]?["kind"] == "unauthorized" && message["problem"]?["status"] == 502)
            #expect(message["problem"]?["provider"] == "openai:scripted")
            #expect(try message["problem"]?["detail"] == failed.event("error")["detail"])
            // A reader is told the same, with the log and without it.
            #expect(try await product.get(.chat, asked.events).events.last?.name == "error")
            #expect(await eventually { (try? await product.catalog.answer(asked.answer))??.finishReason == "error" })
            #expect(try await product.catalog.index.removeAnswerLogs(olderThanSeconds: -1) == 1)
            let later = try await product.get(.chat, asked.events).events
            #expect(later.last?.name == "error" && later.last?.data["kind"] == "unauthorized")
        }
    }

    @Test func anAnswerThatTookTheFailedOnesPlaceIsReadInsteadOfItsLog() async throws {
        try await RunningProduct.with(
            [.chat],
            model: {
                $0.number == 0 ? .refusal(400, ["error": ["code": "odd", "message": "no"]]) : .text("Now it works.")
            }
        ) { product in
            let asked = Asked()
            #expect(try await product.chatEvents(asked.body).events.last?.name == "error")
            #expect(await eventually { (try? await product.catalog.answer(asked.answer))??.finishReason == "error" })
            #expect(try await product.chat(asked.body).json["text"] == "Now it works.")
            let answer = try await product.get(.chat, asked.events)
            #expect(try text(answer) == "Now it works." && answer.events.last?.name == "done")
        }
    }

    @Test func anAnswerWhoseLogIsGoneIsReplayedFromItsMessage() async throws {
        try await RunningProduct.with([.chat], model: { _ in .pieces(["One ", "two"], finish: "stop") }) { product in
            let asked = Asked()
            let whole = try await product.chatEvents(asked.body)
            #expect(await eventually { (try? await product.catalog.answer(asked.answer))??.finishReason != nil })
            #expect(try await product.catalog.index.removeAnswerLogs(olderThanSeconds: 3600) == 0)
            #expect(try await product.catalog.index.removeAnswerLogs(olderThanSeconds: -1) == 1)
            for after in [0, 3] {
                let answer = try await product.get(.chat, asked.events + "?after=\(after)")
                #expect(try answer.events.map(\.name) == ["start", "sources", "delta", "done"])
                #expect(try text(answer) == "One two")
                #expect(try answer.event("done")["usage"] == whole.event("done")["usage"])
            }
            // One that never had a log.
            let other = Asked()
            #expect(try await product.chat(other.body).status == 200)
            #expect(try await text(product.get(.chat, other.events)) == "One two")
            #expect(try await product.get(.chat, other.events + "?after=1").status == 204)
            #expect(try await product.post(.chat, other.stop, [:]).json["finishReason"] == "stop")
        }
    }

    @Test func readersInGreatNumbersGetEverythingAndOneWhoDoesNotReadDelaysNobody() async throws {
        let gate = Gate()
        try await RunningProduct.with([.chat], model: { _ in .held("For all.", until: gate) }) { product in
            let asked = Asked()
            try await askAndLeave(asked, product)
            let idle = try await product.client.send(.init(.get, product.url(.chat) + asked.events))
            try await product.another(.chat) { other in
                try await withThrowingTaskGroup(of: String.self) { group in
                    for number in 0..<200 {
                        group.addTask {
                            let base = number % 2 == 0 ? other : nil
                            return try await text(product.send(.chat, .get, asked.events, at: base))
                        }
                    }
                    try await Task.sleep(for: .milliseconds(200))
                    gate.open()
                    var count = 0
                    for try await text in group where text == "For all." { count += 1 }
                    #expect(count == 200)
                }
            }
            #expect(idle.status == .ok)
        }
    }
}
