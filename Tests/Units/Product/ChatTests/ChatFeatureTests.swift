import Catalog
import ChatMessages
import Digests
import HTTPMessages
import JSONCoding
import ProductFixture
import TestSupport
import Testing

/// `POST /api/chat` with a language model that does what it likes, over real sockets and stores.
@Suite(.serialized, .enabled(if: RunningProduct.hasDatabase, "\(RunningProduct.noDatabase)"))
struct ChatFeatureTests {
    /// A question that needs no documents.
    private func question(_ text: String, _ more: JSONObject = [:]) -> JSONValue {
        var object: JSONObject = ["message": .string(text), "useDocuments": false]
        for (name, value) in more.members { object[name] = value }
        return .object(object)
    }

    private func answer(to message: String, in chat: String, _ product: RunningProduct) async throws -> ChatMessage? {
        try await product.messages.messages(in: chat, limit: 10).first { $0.parentId == message }
    }

    @Test func aNewChatIsMadeAndBothMessagesAreStored() async throws {
        try await RunningProduct.with([.chat], model: { _ in .pieces(["Swifts ", "sleep."], finish: "stop") }) {
            product in
            let answer = try await product.chat(question("How do swifts sleep?"))
            #expect(answer.status == 200)
            #expect(answer.json["text"] == "Swifts sleep." && answer.json["finishReason"] == "stop")
            #expect(answer.json["model"] == "openai:scripted" && answer.json["chatName"] == "How do swifts sleep?")
            #expect(answer.json["passages"] == [] && answer.json["citations"] == [])
            #expect(answer.json["usage"] == ["promptTokens": 11, "completionTokens": 7])
            let chat = try #require(answer.json["chatId"]?.string)
            let stored = try await product.messages.messages(in: chat, limit: 10)
            #expect(stored.map(\.role) == ["user", "assistant"])
            #expect(stored.map(\.text) == ["How do swifts sleep?", "Swifts sleep."])
            #expect(stored[1].parentId == stored[0].id && stored[1].id == answer.json["answerId"]?.string)
            #expect(stored[1].receipt["provider"] == "openai")
            #expect(try await product.catalog.chat(chat)?.messages == 2)
        }
    }

    @Test func eventsComeInOrderAndTheLastOneHasEverything() async throws {
        try await RunningProduct.with([.chat], model: { _ in .pieces(["One ", "two ", "three"], finish: "stop") }) {
            product in
            let answer = try await product.chatEvents(question("Count."))
            #expect(answer.fields["content-type"]?.hasPrefix("text/event-stream") == true)
            let events = try answer.events
            #expect(events.map(\.name) == ["start", "sources", "delta", "delta", "delta", "done"])
            #expect(
                events[0].data.object?.names == ["chatId", "messageId", "answerId", "model"]
                    && events[1].data == ["passages": []])
            #expect(events.compactMap { $0.data["text"]?.string }.dropLast().joined() == "One two three")
            let done = try answer.event("done")
            #expect(
                done.object?.names == [
                    "model", "finishReason", "text", "citations", "usage", "timings", "receipt", "chatName",
                ])
            #expect(done["timings"]?.object?.names == ["embedMs", "searchMs", "firstTokenMs", "totalMs"])
        }
    }

    @Test func theSameMessageIsAnsweredFromWhatIsStored() async throws {
        try await RunningProduct.with([.chat], model: { .text("Answer \($0.number).") }) { product in
            let id = UUIDv7.make()
            let first = try await product.chat(question("Once?", ["messageId": .string(id)]))
            let calls = product.model.asked.count
            let second = try await product.chat(question("Once?", ["messageId": .string(id)]))
            #expect(second.status == 200 && product.model.asked.count == calls)
            for name in [
                "chatId", "messageId", "answerId", "model", "text", "finishReason", "citations", "usage", "receipt",
                "passages",
            ] { #expect(first.json[name] == second.json[name], "\(name)") }
            let chat = try #require(first.json["chatId"]?.string)
            #expect(try await product.messages.count(in: chat) == 2)
            #expect(try await product.catalog.chat(chat)?.messages == 2)
            // As events too.
            let events = try await product.chatEvents(question("Once?", ["messageId": .string(id)])).events
            #expect(events.map(\.name) == ["start", "sources", "delta", "done"])
            #expect(events[2].data["text"] == first.json["text"] && events[3].data["receipt"] == first.json["receipt"])
        }
    }

    @Test func theQuestionIsStoredBeforeTheModelIsCalled() async throws {
        try await RunningProduct.with([.chat], model: { _ in .endless("Thinking") }) { product in
            let id = UUIDv7.make()
            let chat = UUIDv7.derived(from: id, purpose: "chat")
            let asking = Task { try await product.chatEvents(question("Well?", ["messageId": .string(id)])) }
            #expect(await eventually { !product.model.asked.isEmpty })
            let stored = try await product.messages.messages(in: chat, limit: 10)
            #expect(stored.map(\.text) == ["Well?"] && stored.first?.id == id)
            asking.cancel()
            _ = try? await asking.value
        }
    }

    @Test func whoLeavesEndsTheModelsWorkAndWhatWasWrittenStays() async throws {
        try await RunningProduct.with([.chat], model: { _ in .endless("Half a sentence") }) { product in
            let id = UUIDv7.make()
            let chat = UUIDv7.derived(from: id, purpose: "chat")
            let asking = Task { try await product.chat(question("Go on.", ["messageId": .string(id)])) }
            #expect(await eventually { !product.model.asked.isEmpty })
            try await Task.sleep(for: .milliseconds(100))
            asking.cancel()
            _ = try? await asking.value
            #expect(await eventually(within: .seconds(30)) { product.model.givenUp == 1 })
            #expect(
                await eventually(within: .seconds(30)) {
                    (try? await self.answer(to: id, in: chat, product)) ?? nil != nil
                })
            let answer = try #require(try await answer(to: id, in: chat, product))
            #expect(answer.finishReason == "cancelled" && "Half a sentence".hasPrefix(answer.text))
        }
    }

    @Test func anAnswerThatIsTooLongSaysSo() async throws {
        try await RunningProduct.with([.chat], model: { _ in .pieces(["As long as"], finish: "length") }) { product in
            let answer = try await product.chat(question("Everything, please."))
            #expect(answer.json["finishReason"] == "length" && answer.json["text"] == "As long as")
            let chat = try #require(answer.json["chatId"]?.string)
            #expect(try await product.messages.messages(in: chat, limit: 2).last?.finishReason == "length")
        }
    }

    @Test func aModelThatFailsIsAProblemAndTheNextTryTakesItsPlace() async throws {
        try await RunningProduct.with(
            [.chat],
            model: {
                $0.number == 0 ? .refusal(400, ["error": ["code": "odd", "message": "no"]]) : .text("Now it works.")
            }
        ) { product in
            let id = UUIDv7.make()
            let chat = UUIDv7.derived(from: id, purpose: "chat")
            let failed = try await product.chat(question("Try.", ["messageId": .string(id)]))
            #expect(failed.status == 502 && failed.fields["content-type"] == "application/problem+json")
            #expect(failed.json["requestId"]?.string == failed.fields["x-request-id"])
            #expect(try await answer(to: id, in: chat, product)?.finishReason == "error")
            let again = try await product.chat(question("Try.", ["messageId": .string(id)]))
            #expect(again.status == 200 && again.json["text"] == "Now it works.")
            let stored = try await product.messages.messages(in: chat, limit: 10)
            #expect(stored.map(\.text) == ["Try.", "Now it works."] && stored.last?.finishReason == "stop")
        }
    }

    @Test func aModelThatFailsInAStreamIsAnErrorEvent() async throws {
        try await RunningProduct.with([.chat], model: { _ in .refusal(400, ["error": ["code": "odd"]]) }) { product in
            let answer = try await product.chatEvents(question("Try."))
            let events = try answer.events
            #expect(answer.status == 200 && events.map(\.name) == ["start", "sources", "error"])
            #expect(events.last?.data["status"] == 502 && events.last?.data["title"] == "Bad gateway")
            #expect(events.last?.data["requestId"]?.string == answer.fields["x-request-id"])
        }
    }

    @Test func theNextModelAnswersWhenOneFails() async throws {
        try await RunningProduct.with(
            [.chat], settings: ["APUS_MODELS": "openai:first,openai:second"],
            model: { $0.model == "first" ? .refusal(503, [:]) : .text("Second here.") }
        ) { product in
            let answer = try await product.chat(question("Anybody?"))
            #expect(answer.json["text"] == "Second here." && answer.json["model"] == "openai:second")
            #expect(answer.json["receipt"]?["reason"] == "openai:first: unavailable")
            // The caller's own choice begins the chain.
            let chosen = try await product.chat(question("You?", ["model": "openai:second"]))
            #expect(chosen.json["receipt"]?["reason"] == .null)
        }
    }

    @Test func whenNobodyAnswersTheLastFailureIsToldToTheCaller() async throws {
        try await RunningProduct.with(
            [.chat], settings: ["APUS_MODELS": "openai:first,openai:second"],
            model: { $0.model == "first" ? .refusal(503, [:]) : .refusal(401, [:]) }
        ) { product in
            let answer = try await product.chat(question("Anybody?"))
            #expect(answer.status == 502 && answer.json["detail"]?.string?.contains("openai:second") == true)
        }
    }

    @Test func aBrokenAnswerIsContinuedWithoutRepetition() async throws {
        try await RunningProduct.with(
            [.chat], settings: ["APUS_MODELS": "openai:first,openai:second"],
            model: { call in
                call.model == "first"
                    ? .broken(["The plan costs ", "twelve euros"]) : .text("twelve euros a month.")
            }
        ) { product in
            let answer = try await product.chat(question("What does it cost?"))
            #expect(answer.json["text"] == "The plan costs twelve euros a month.")
            #expect(answer.json["model"] == "openai:second")
            let attempts = answer.json["receipt"]?["attempts"]?.array ?? []
            #expect(attempts.map { $0["model"] } == ["openai:first", "openai:second"])
            #expect(attempts[0]["failure"] == "unavailable" && attempts[1]["failure"] == .null)
            #expect(answer.json["receipt"]?["reason"] == "openai:first: unavailable")
            let continuation = try #require(product.model.asked.first { $0.model == "second" })
            #expect(continuation.last.hasPrefix("Your answer was cut off."))
        }
    }

    @Test func aServiceThatIsBusyIsLeftAloneByWhoeverComesNext() async throws {
        try await RunningProduct.with(
            [.chat], settings: ["APUS_MODELS": "openai:first,openai:second"],
            model: {
                $0.model == "first"
                    ? .refusal(429, ["error": ["message": "slow down"]], fields: ["retry-after": "60"])
                    : .text("Not busy.")
            }
        ) { product in
            let first = try await product.chat(question("One?"))
            #expect(first.json["receipt"]?["attempts"]?[0]?["failure"] == "rate_limited")
            #expect(await eventually { ((try? await product.catalog.index.circuits()) ?? []).count == 1 })
            let before = product.model.all.count { $0.model == "first" }
            let second = try await product.chat(question("Two?"))
            #expect(second.json["text"] == "Not busy.")
            #expect(second.json["receipt"]?["attempts"]?[0]?["failure"] == "skipped, rate_limited")
            #expect(product.model.all.count { $0.model == "first" } == before)
        }
    }

    @Test func aQuestionThatIsTooLongIsAskedShorter() async throws {
        try await RunningProduct.with(
            [.chat],
            model: {
                $0.number == 0
                    ? .refusal(400, ["error": ["code": "context_length_exceeded", "message": "too many tokens"]])
                    : .text("It fits.")
            }
        ) { product async throws in
            #expect(try await product.chat(question("Long?")).json["text"] == "It fits.")
            #expect(product.model.asked.count == 2)
        }
    }

    @Test func anEmptyAnswerIsAFailure() async throws {
        try await RunningProduct.with([.chat], model: { _ in .pieces([], finish: "stop") }) { product async throws in
            #expect(try await product.chat(question("Say something.")).status == 503)
        }
    }

    @Test func aChatGoesOnWithWhatWasSaid() async throws {
        try await RunningProduct.with(
            [.chat], model: { $0.isForTitle ? .text("Birds of the air") : .text("Answer \($0.messages.count).") }
        ) { product in
            let first = try await product.chat(question("What is a swift?"))
            let chat = try #require(first.json["chatId"]?.string)
            // Named better than by its first words, behind the answer.
            #expect(await eventually { (try? await product.catalog.chat(chat))??.name == "Birds of the air" })
            let second = try await product.chat(
                question("Do they migrate across all of Africa every single year?", ["chatId": .string(chat)]))
            #expect(second.json["chatId"]?.string == chat && second.json["chatName"] == "Birds of the air")
            let asked = try #require(product.model.asked.last)
            #expect(
                asked.messages.map { $0["role"]?.string ?? "" } == ["system", "user", "assistant", "user"]
                    && asked.messages[1]["content"] == "What is a swift?")
            #expect(try await product.catalog.chat(chat)?.messages == 4)
        }
    }

    @Test func aNameThatSomebodyChoseStays() async throws {
        try await RunningProduct.with([.chat], model: { $0.isForTitle ? .text("Other") : .text("Yes.") }) { product in
            let id = UUIDv7.make()
            let chat = UUIDv7.derived(from: id, purpose: "chat")
            _ = try await product.catalog.createChat(chat, name: "New")
            _ = try await product.catalog.renameChat(chat, to: "Mine")
            let answer = try await product.chat(question("Hm?", ["chatId": .string(chat)]))
            #expect(answer.json["chatName"] == "Mine")
            #expect(await eventually { product.model.all.contains(where: \.isForTitle) })
            try await Task.sleep(for: .milliseconds(100))
            #expect(try await product.catalog.chat(chat)?.name == "Mine")
        }
    }

    @Test func anAnswerInADeletedChatLeavesNothingBehind() async throws {
        let gate = Gate()
        try await RunningProduct.with([.chat], model: { _ in .held("Too late.", until: gate) }) { product in
            let chat = UUIDv7.make()
            _ = try await product.catalog.createChat(chat, name: "Gone")
            let asking = Task { try await product.chat(question("Still there?", ["chatId": .string(chat)])) }
            #expect(await eventually { !product.model.asked.isEmpty })
            // The chat goes while its answer is written: after the question was stored, before the answer is.
            _ = try await product.catalog.markChatDeleting(chat)
            gate.open()
            _ = try await asking.value
            #expect(try await product.messages.count(in: chat) == 0)
        }
    }

    @Test func whatIsWrongIsNamedFieldByField() async throws {
        try await RunningProduct.with([.chat]) { product in
            let answer = try await product.chat([
                "message": "  ", "chatId": "x", "documents": ["y"], "useDocuments": "z", "colour": 1,
            ])
            #expect(answer.status == 400)
            let fields = Set((answer.json["errors"]?.array ?? []).compactMap { $0["field"]?.string })
            #expect(fields == ["message", "chatId", "documents", "useDocuments", "colour"])
            #expect(try await product.chat([]).status == 400)
            #expect(try await product.send(.chat, .post, "/api/chat", body: "{".bytes).status == 400)
            let unknown = try await product.chat(question("x", ["chatId": .string(UUIDv7.make())]))
            #expect(unknown.status == 404 && unknown.json["errors"]?[0]?["field"] == "chatId")
            #expect(try await product.chat(question("x", ["model": "nobody"])).json["errors"]?[0]?["field"] == "model")
            #expect(
                try await product.chat(question("x", ["preset": "nobody"])).json["errors"]?[0]?["field"] == "preset")
            let long = try await product.chat(["message": .string(String(repeating: "x", count: 32_001))])
            #expect(long.status == 400 && long.json["errors"]?[0]?["field"] == "message")
            #expect(product.model.all.isEmpty)
        }
    }

    @Test func whatTheAppOffersIsListed() async throws {
        try await RunningProduct.with([.chat], settings: ["APUS_MODELS": "openai:scripted,extractive"]) { product in
            let models = try await product.get(.chat, "/api/models").json
            #expect(
                models == [
                    "models": [
                        ["id": "openai:scripted", "provider": "openai", "default": true],
                        ["id": "extractive", "provider": "extractive", "default": false],
                    ]
                ])
            let presets = try await product.get(.chat, "/api/presets").json["presets"]?.array ?? []
            #expect(presets.count == 1 && presets[0]["id"] == "general" && presets[0]["instructions"] == nil)
            let health = try await product.get(.chat, "/api/health")
            #expect(health.status == 200 && health.json["status"] == "ok")
            #expect(health.json["checks"]?.object?.names == ["postgres", "cosmos", "vectors"])
        }
    }

    @Test func whatAnswersTookIsCountedByDay() async throws {
        try await RunningProduct.with([.chat], model: { _ in .text("Yes.") }) { product in
            _ = try await product.chat(question("One?"))
            _ = try await product.chat(question("Two?"))
            let usage = try await product.get(.chat, "/api/usage").json
            let days = usage["days"]?.array ?? []
            #expect(days.count == 1 && days.first?["model"] == "openai:scripted" && days.first?["answers"] == 2)
            #expect(usage["total"]?["promptTokens"] == 22 && usage["total"]?["failures"] == 0)
            #expect(try await product.get(.chat, "/api/usage?from=2026-01-02&to=2026-01-01").status == 400)
            #expect(try await product.get(.chat, "/api/usage?from=yesterday").status == 400)
        }
    }
}
