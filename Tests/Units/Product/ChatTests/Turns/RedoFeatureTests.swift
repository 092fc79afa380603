import Catalog
import ChatMessages
import Digests
import HTTPMessages
import JSONCoding
import ProductFixture
import TestSupport
import Testing

/// Answers made anew, questions put another way, chats that branch: a tree in the store, one path to be read.
@Suite(.serialized, .enabled(if: RunningProduct.hasDatabase, "\(RunningProduct.noDatabase)"))
struct RedoFeatureTests {
    private typealias IDs = (chat: String, question: String, answer: String)

    private func ask(_ text: String, in chat: String? = nil, messageId: String? = nil, _ product: RunningProduct)
        async throws -> IDs
    {
        var body: JSONObject = ["message": .string(text), "useDocuments": false]
        if let chat { body["chatId"] = .string(chat) }
        if let messageId { body["messageId"] = .string(messageId) }
        let answer = try await product.chat(.object(body))
        #expect(answer.status == 200, "\(answer.text)")
        return (
            answer.json["chatId"]?.string ?? "", answer.json["messageId"]?.string ?? "",
            answer.json["answerId"]?.string ?? ""
        )
    }

    private func redo(_ answer: String, _ product: RunningProduct, _ body: JSONValue = ["useDocuments": false])
        async throws -> AppAnswer
    {
        try await product.post(.chat, "/api/chat/\(answer)/regenerate", body)
    }

    private func edit(_ message: String, in chat: String, _ text: String, _ product: RunningProduct) async throws
        -> AppAnswer
    {
        try await product.send(
            .history, .put, "/api/history/\(chat)/messages/\(message)",
            fields: ["Content-Type": "application/json"], body: JSONValue.object(["text": .string(text)]).encoded)
    }

    private func choose(_ message: String, in chat: String, _ product: RunningProduct) async throws -> AppAnswer {
        try await product.send(
            .history, .patch, "/api/history/\(chat)", fields: ["Content-Type": "application/json"],
            body: JSONValue.object(["chosen": .string(message)]).encoded)
    }

    private func path(_ chat: String, _ product: RunningProduct, _ query: String = "") async throws -> [JSONValue] {
        let answer = try await product.get(.history, "/api/history/\(chat)\(query)")
        #expect(answer.status == 200, "\(answer.text)")
        return answer.json["messages"]?.array ?? []
    }

    private func texts(_ messages: [JSONValue]) -> [String] { messages.map { $0["text"]?.string ?? "" } }

    @Test func regeneratingMakesAnotherVersionAndShowsIt() async throws {
        try await RunningProduct.with([.chat, .history], model: { .text("To: \($0.last)") }) { product in
            let first = try await ask("First?", product)
            let second = try await ask("Second?", in: first.chat, product)
            let before = try await path(first.chat, product)
            #expect(before.count == 4 && before.allSatisfy { $0["versions"] == nil })

            let again = try await redo(second.answer, product)
            #expect(again.status == 200 && again.json["messageId"]?.string == second.question)
            let new = try #require(again.json["answerId"]?.string)
            #expect(new != second.answer)
            let shown = try await path(first.chat, product)
            #expect(shown.map { $0["id"]?.string } == [first.question, first.answer, second.question, new])
            #expect(shown[3]["versions"] == .array([.string(second.answer), .string(new)]) && shown[3]["version"] == 2)
            #expect(shown[0]["versions"] == nil)
            // Nothing is lost, and the model was told what was said before, without the answer that did not do.
            #expect(try await path(first.chat, product, "?path=\(second.answer)").last?["id"]?.string == second.answer)
            #expect(try await choose(second.answer, in: first.chat, product).status == 200)
            #expect(try await path(first.chat, product).last?["version"] == 1)
            let chats = try await product.get(.history, "/api/history").json
            #expect(chats["chats"]?[0]?["messages"] == 5)
            // A follow-up hangs on what is shown.
            let third = try await ask("Third?", in: first.chat, product)
            #expect(try await path(first.chat, product).suffix(3).first?["id"]?.string == second.answer)
            #expect(try await choose(new, in: first.chat, product).status == 200)
            #expect(try await path(first.chat, product).contains { $0["id"]?.string == third.question } == false)
        }
    }

    @Test func regeneratingStreamsAndHasALogOfItsOwn() async throws {
        try await RunningProduct.with([.chat, .history], model: { _ in .text("Well.") }) { product in
            let asked = try await ask("Well?", product)
            let events = try await product.post(
                .chat, "/api/chat/\(asked.answer)/regenerate", ["useDocuments": false],
                fields: ["Accept": "text/event-stream"])
            #expect(try events.events.map(\.name) == ["start", "sources", "delta", "done"])
            let new = try #require(try events.event("start")["answerId"]?.string)
            let log = try await product.get(.chat, "/api/chat/\(new)/events")
            #expect(try log.events.last?.name == "done" && new != asked.answer)
            #expect(try await path(asked.chat, product).last?["id"]?.string == new)
        }
    }

    @Test func twoAtOnceGiveTwoVersionsAndTooManyAreRefused() async throws {
        try await RunningProduct.with([.chat, .history], model: { _ in .text("Well.") }) { product in
            let asked = try await ask("Well?", product)
            async let one = redo(asked.answer, product)
            async let two = redo(asked.answer, product)
            let both = try await [one, two]
            #expect(both.allSatisfy { $0.status == 200 } && both[0].json["answerId"] != both[1].json["answerId"])
            #expect(try await path(asked.chat, product).last?["versions"]?.array?.count == 3)
            for _ in 3..<MessageStore.mostVersions { #expect(try await redo(asked.answer, product).status == 200) }
            let refused = try await redo(asked.answer, product)
            #expect(refused.status == 409 && refused.json["code"] == "too_many_versions")
            let last = try #require(try await path(asked.chat, product).last)
            #expect(last["version"] == .int(Int64(MessageStore.mostVersions)))
        }
    }

    @Test func whatIsNotThereOrStillBeingWrittenIsNotRegenerated() async throws {
        let gate = Gate()
        try await RunningProduct.with([.chat, .history], model: { _ in .held("Well.", until: gate) }) { product in
            for id in [UUIDv7.make(), "x", "..%2f"] { #expect(try await redo(id, product).status == 404, "\(id)") }
            let message = UUIDv7.make()
            let chat = UUIDv7.derived(from: message, purpose: "chat")
            let answer = UUIDv7.derived(from: message, purpose: "answer")
            let asking = Task {
                try await product.chatEvents(["message": "Well?", "useDocuments": false, "messageId": .string(message)])
            }
            #expect(await eventually { product.model.asked.count == 1 })
            let early = try await redo(answer, product)
            #expect(early.status == 409 && early.json["code"] == "answer_running")
            let edited = try await edit(message, in: chat, "Better?", product)
            #expect(edited.status == 409 && edited.json["code"] == "answer_running")
            gate.open()
            _ = try await asking.value
            for wrong in [["model": 1], ["x": 1], ["documents": ["x"]]] as [JSONValue] {
                #expect(try await redo(answer, product, wrong).status == 400, "\(wrong)")
            }
        }
    }

    @Test func anEditedQuestionIsAVersionThatIsAnsweredByAsking() async throws {
        try await RunningProduct.with([.chat, .history], model: { .text("To: \($0.last)") }) { product in
            let first = try await ask("First?", product)
            _ = try await ask("Second?", in: first.chat, product)
            let edited = try await edit(first.question, in: first.chat, "Better?", product)
            #expect(edited.status == 200 && edited.json["version"] == 2, "\(edited.text)")
            let new = try #require(edited.json["id"]?.string)
            #expect(try await texts(path(first.chat, product)) == ["Better?"])
            // The same once more is that version.
            #expect(try await edit(first.question, in: first.chat, "Better?", product).json["id"]?.string == new)
            _ = try await ask("Better?", in: first.chat, messageId: new, product)
            let shown = try await path(first.chat, product)
            #expect(shown.count == 2 && shown[1]["parentId"]?.string == new)
            #expect(try await texts(path(first.chat, product, "?path=\(first.question)")).count == 4)
            // An edit of a version stands beside the first as well.
            #expect(try await edit(new, in: first.chat, "Best?", product).json["versions"]?.array?.count == 3)
            for (message, text, status) in [
                (UUIDv7.make(), "x", 404), ("x", "x", 404), (first.answer, "x", 409), (new, " ", 400), (new, "", 400),
            ] {
                #expect(try await edit(message, in: first.chat, text, product).status == status, "\(message) \(text)")
            }
            #expect(try await edit(new, in: UUIDv7.make(), "x", product).status == 404)
            let found = try await product.get(.history, "/api/history/search?q=better").json
            #expect(found["hits"]?.array?.contains { $0["message"]?["id"]?.string == new } == true)
        }
    }

    @Test func aBranchIsAChatWithThePathUpToThere() async throws {
        try await RunningProduct.with([.chat, .history], model: { .text("To: \($0.last)") }) { product in
            let first = try await ask("First?", product)
            let second = try await ask("Second?", in: first.chat, product)
            let new = try #require(try await redo(first.answer, product).json["answerId"]?.string)
            func branch(_ message: String) async throws -> AppAnswer {
                try await product.post(.history, "/api/history/\(first.chat)/branch", ["messageId": .string(message)])
            }
            let long = try await branch(second.question)
            #expect(long.status == 200 && long.json["messages"] == 3 && long.json["id"]?.string != first.chat)
            let copied = try await path(long.json["id"]?.string ?? "", product)
            #expect(texts(copied).first == "First?" && texts(copied).last == "Second?")
            #expect(copied[1]["parentId"] == copied[0]["id"] && copied[1]["passages"] != nil)
            let ids = copied.compactMap { $0["id"]?.string }
            #expect(!ids.contains(first.question) && !ids.contains(second.question))
            #expect(try await branch(new).json["messages"] == 2)
            for wrong in [UUIDv7.make(), "x"] { #expect(try await branch(wrong).status == 404) }
            #expect(try await product.post(.history, "/api/history/\(first.chat)/branch", [:]).status == 400)
            #expect(
                try await product.post(
                    .history, "/api/history/\(UUIDv7.make())/branch", ["messageId": .string(new)]
                ).status == 404)
        }
    }
}
