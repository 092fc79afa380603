import AzureStorage
import Catalog
import ChatMessages
import Digests
import DocumentQueue
import HTTPMessages
import JSONCoding
import Postgres
import ProductFixture
import TestSupport
import Testing

@testable import History

/// Chats that are deleted for as long as that can be undone, and many at once; over real sockets and stores.
@Suite(.serialized, .enabled(if: RunningProduct.hasDatabase, "\(RunningProduct.noDatabase)"))
struct DeletionFeatureTests {
    /// A chat with so many messages, which are found by its name.
    private func chat(_ name: String, messages: Int = 2, _ product: RunningProduct) async throws -> String {
        let id = UUIDv7.make()
        _ = try await product.catalog.createChat(id, name: name)
        var question: String?
        for number in 0..<messages {
            let message = ChatMessage(
                id: UUIDv7.make(), chatId: id, workspaceId: "default", role: number % 2 == 0 ? "user" : "assistant",
                text: "\(name) \(number)", createdAt: "2026-01-01T00:00:00.\(100 + number)Z",
                parentId: number % 2 == 0 ? nil : question)
            if number % 2 == 0 { question = message.id }
            #expect(try await product.messages.add(message))
            try await product.catalog.countMessages(id, added: 1, text: message.searchText)
        }
        return id
    }

    private func hide(_ id: String, _ product: RunningProduct) async throws -> AppAnswer {
        try await product.send(.history, .delete, "/api/history/\(id)?undo=true")
    }

    private func restore(_ id: String, _ product: RunningProduct) async throws -> AppAnswer {
        try await product.send(.history, .post, "/api/history/\(id)/restore")
    }

    private func many(_ body: JSONValue, _ product: RunningProduct) async throws -> AppAnswer {
        try await product.post(.history, "/api/history/delete", body)
    }

    private func deletion(_ product: RunningProduct) -> ChatDeletion {
        ChatDeletion(
            catalog: product.catalog, messages: product.messages.view(of: "default"),
            queue: IngestQueue(product.storage.queues))
    }

    private func expire(_ id: String, _ product: RunningProduct) async throws {
        try await product.sql.query(
            "UPDATE chats SET undo_until = now() - interval '1 second' WHERE id = $1 AND undo_until IS NOT NULL", [id])
    }

    @Test func aDeletedChatIsNowhereAndComesBackWhole() async throws {
        try await RunningProduct.with([.history, .upload, .chat]) { product in
            let older = try await chat("older", product)
            let id = try await chat("penguins", product)
            _ = try await chat("newer", product)
            let own = try await product.added("own words", name: "own.txt", chatId: id)
            let link = try await product.post(.history, "/api/history/\(id)/share", [:]).json["token"]?.string ?? ""
            let message = try #require(try await product.messages.messages(in: id, limit: 1).first)
            let before = try await product.get(.history, "/api/history/\(id)").json
            let gone = try await hide(id, product)
            #expect(gone.status == 202 && gone.json["undoUntil"]?.string != nil)
            for path in ["", "/export", "/share"] {
                #expect(try await product.get(.history, "/api/history/\(id)\(path)").status == 404, "\(path)")
            }
            let bodies: [(HTTPMethod, String, JSONValue)] = [
                (.patch, "", ["pinned": true]), (.post, "/share", [:]),
                (.post, "/branch", ["messageId": .string(message.id)]),
                (.put, "/messages/\(message.id)", ["text": "Again"]), (.delete, "?undo=true", [:]),
            ]
            for (method, path, body) in bodies {
                let answer = try await product.send(.history, method, "/api/history/\(id)\(path)", body: body.encoded)
                #expect(answer.status == 404, "\(path)")
            }
            for path in ["/api/history", "/api/history/export", "/api/history/search?q=penguins"] {
                #expect(try await !product.get(.history, path).text.contains(id), "\(path)")
            }
            #expect(try await product.get(.history, "/api/share/\(link)").status == 404)
            #expect(try await product.get(.upload, "/api/documents/\(own)").status == 404)
            #expect(try await product.get(.upload, "/api/documents").json["documents"]?.array?.isEmpty == true)
            let asked = try await product.chat(
                ["message": "x", "useDocuments": false, "chatId": .string(id)])
            #expect(asked.status == 404)
            // A round that completes deletions leaves it, and its document's turn in the queue does not wait.
            try await deletion(product).finishDue()
            _ = try await product.ingestAll()
            let back = try await restore(id, product)
            #expect(back.status == 200 && back.json == before["chat"])
            #expect(try await product.get(.history, "/api/history/\(id)").json == before)
            let document = try await product.get(.upload, "/api/documents/\(own)")
            #expect(document.status == 200 && document.json["chatId"]?.string == id)
            let names = try await product.get(.history, "/api/history").json["chats"]?.array?.compactMap { $0["name"] }
            #expect(names == ["newer", "penguins", "older"])
            #expect(try await product.get(.history, "/api/share/\(link)").status == 200)
            #expect(try await product.get(.history, "/api/history/search?q=penguins").text.contains(id))
            for wrong in [id, older, UUIDv7.make(), "nonsense"] {
                #expect(try await restore(wrong, product).status == 404)
            }
        }
    }

    @Test func whatIsNotUndoneInTimeGoesForGoodAfterAKillToo() async throws {
        try await RunningProduct.with([.history, .upload]) { product in
            let id = try await chat("gone", messages: 4, product)
            let own = try await product.added("own words", name: "own.txt", chatId: id)
            try await product.storage.queues.clear(IngestMessage.queue)
            #expect(try await hide(id, product).status == 202)
            try await expire(id, product)
            #expect(try await restore(id, product).status == 404)
            // Another process, of after the kill, whenever it starts.
            try await product.restart(.history) {
                #expect(
                    await eventually(within: .seconds(30)) {
                        ((try? await product.sql.query("SELECT id FROM chats")) ?? []).isEmpty
                    })
            }
            #expect(try await product.messages.count(in: id) == 0)
            #expect(try await product.queued() == [own])
            // One that is wanted gone at once has its receipt, too.
            let other = try await chat("other", product)
            #expect(try await hide(other, product).status == 202)
            let receipt = try await product.send(.history, .delete, "/api/history/\(other)")
            #expect(receipt.json == ["rows": 3, "messages": 2, "documents": 0, "links": 0])
            #expect(try await restore(other, product).status == 404)
            #expect(try await product.send(.history, .delete, "/api/history/\(id)?undo=maybe").status == 400)
        }
    }

    /// Each step of a removal can be the last before a kill; the next look goes on from there.
    @Test func aRemovalGoesOnFromEveryStep() async throws {
        try await RunningProduct.with([.upload]) { product in
            let steps: [@Sendable (ChatDeletion.Marked) async throws -> Void] = [
                { _ in }, { _ = try await product.messages.deleteAll(in: $0.id) },
                { _ = try await deletion(product).finish($0) },
            ]
            for step in steps {
                let id = try await chat("x", product)
                #expect(try await product.catalog.hideChat(id) != nil)
                try await expire(id, product)
                let marked = try #require(try await deletion(product).mark(id))
                try await step(marked)
                // It cannot be undone from the first step on.
                #expect(try await product.catalog.restoreChat(id) == nil)
                try await product.sql.query("UPDATE chats SET updated_at = now() - interval '2 minutes'")
                try await deletion(product).finishDue()
                #expect(try await product.sql.query("SELECT 1 FROM chats").isEmpty)
                #expect(try await product.sql.query("SELECT 1 FROM chat_texts").isEmpty)
                #expect(try await product.messages.count(in: id) == 0)
            }
        }
    }

    /// A look that sees only one person's chats comes to an end, and leaves those of others.
    @Test(.timeLimit(.minutes(1))) func lookingForWhatIsDueEndsWhateverIsSeen() async throws {
        try await RunningProduct.with([]) { product in
            let (own, other) = (try await chat("own", product), try await chat("other", product))
            let (person, stranger) = (UUIDv7.make(), UUIDv7.make())
            for (id, owner) in [(own, person), (other, stranger)] {
                #expect(try await product.catalog.hideChat(id) != nil)
                try await expire(id, product)
                try await product.sql.query("UPDATE chats SET person_id = $2 WHERE id = $1", [id, owner])
            }
            let view = product.catalog.index.view(of: "default", for: person)
            let messages = product.messages.view(of: "default")
            let queue = IngestQueue(product.storage.queues)
            try await ChatDeletion(catalog: view, messages: messages, queue: queue).finishDue()
            #expect(try await product.sql.query("SELECT id FROM chats").map { try $0.string("id") } == [other])
            try await deletion(product).finishDue()
            #expect(try await product.sql.query("SELECT id FROM chats").isEmpty)
        }
    }

    /// Processes that look at once do not do each other's work: a document is handed to the queue once.
    @Test func ofManyWhoLookForWhatIsDueOneRemovesIt() async throws {
        try await RunningProduct.with([.upload]) { product in
            let id = try await chat("x", product)
            let own = try await product.added("own words", name: "own.txt", chatId: id)
            try await product.storage.queues.clear(IngestMessage.queue)
            #expect(try await product.catalog.hideChat(id) != nil)
            try await expire(id, product)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<8 { group.addTask { try await deletion(product).finishDue() } }
                try await group.waitForAll()
            }
            #expect(try await product.queued() == [own])
        }
    }

    /// Whoever restores a chat at the last moment has all of it, or is told that it has gone.
    @Test func aChatIsRestoredWholeOrNotAtAll() async throws {
        try await RunningProduct.with([.history]) { product in
            var restored = 0
            for round in 0..<30 {
                let id = try await chat("round \(round)", product)
                #expect(try await product.catalog.hideChat(id) != nil)
                try await product.sql.query(
                    "UPDATE chats SET undo_until = clock_timestamp() + $2::int * interval '1 millisecond' WHERE id = $1",
                    [id, String(round)])
                async let answer = restore(id, product)
                async let finished: Void = deletion(product).finishDue()
                try await finished
                let status = try await answer.status
                try await deletion(product).finishDue()
                if status == 200 {
                    restored += 1
                    #expect(try await product.messages.count(in: id) == 2)
                    #expect(try await product.catalog.chat(id)?.messages == 2)
                } else {
                    #expect(status == 404)
                    try await expire(id, product)
                    try await deletion(product).finishDue()
                    #expect(try await product.messages.count(in: id) == 0)
                    #expect(try await product.catalog.chat(id) == nil)
                }
            }
            #expect(restored > 0)
        }
    }

    @Test func anAnswerThatIsBeingWrittenStopsAndIsThereWhenItsChatComesBack() async throws {
        let model = Gate()
        try await RunningProduct.with([.chat, .history], model: { _ in .held("late", until: model) }) { product in
            let message = UUIDv7.make()
            let (chat, answer) = (
                UUIDv7.derived(from: message, purpose: "chat"), UUIDv7.derived(from: message, purpose: "answer")
            )
            let asking = Task {
                try await product.chatEvents(
                    ["message": "Well?", "useDocuments": false, "messageId": .string(message)])
            }
            #expect(await eventually { product.model.asked.count > 0 })
            #expect(try await hide(chat, product).status == 202)
            #expect(try await product.get(.chat, "/api/chat/\(answer)/events").status == 404)
            let events = try await asking.value
            #expect(try events.event("done")["finishReason"] == "cancelled")
            model.open()
            let back = try await restore(chat, product)
            #expect(back.status == 200 && back.json["messages"] == 2)
            let messages = try await product.get(.history, "/api/history/\(chat)").json["messages"]
            #expect(messages?.array?.count == 2 && messages?[1]?["finishReason"] == "cancelled")
            #expect(try await product.get(.history, "/api/history/\(chat)").json["running"]?.array?.isEmpty == true)
        }
    }

    /// What is written into a chat in the moment in which it is deleted is part of it when it comes back.
    @Test func questionsSideBySideWithADeletionAreNotLostWithTheChat() async throws {
        try await RunningProduct.with([.chat, .history], model: { _ in .text("Well.") }) { product in
            for round in 0..<10 {
                let id = try await chat("round \(round)", product)
                async let asked = product.chat(
                    ["message": "More?", "useDocuments": false, "chatId": .string(id)])
                try await Task.sleep(for: .milliseconds(round * 3))
                #expect(try await hide(id, product).status == 202)
                let status = try await asked.status
                #expect([200, 404].contains(status))
                let back = try await restore(id, product)
                #expect(back.status == 200)
                let count = try await product.messages.count(in: id)
                #expect(count >= 2 && (status == 404 || count == 4), "\(status): \(count)")
            }
        }
    }

    @Test func manyAreDeletedEachByItself() async throws {
        try await RunningProduct.with([.history, .upload]) { product in
            let ids = [
                try await chat("a", product), try await chat("b", messages: 4, product), try await chat("c", product),
            ]
            _ = try await product.added("own", name: "own.txt", chatId: ids[1])
            _ = try await product.post(.history, "/api/history/\(ids[2])/share", [:])
            let stays = try await chat("stays", product)
            let unknown = UUIDv7.make()
            let answer = try await many(["ids": .strings(ids + [unknown, "nonsense", ids[0]])], product)
            #expect(answer.status == 200)
            #expect(
                answer.json["results"] == [
                    ["id": .string(ids[0]), "status": 200, "rows": 3, "messages": 2, "documents": 0, "links": 0],
                    ["id": .string(ids[1]), "status": 200, "rows": 5, "messages": 4, "documents": 1, "links": 0],
                    ["id": .string(ids[2]), "status": 200, "rows": 3, "messages": 2, "documents": 0, "links": 1],
                    ["id": .string(unknown), "status": 404, "detail": "There is no chat with this id."],
                    ["id": "nonsense", "status": 404, "detail": "There is no chat with this id."],
                ])
            #expect(try await product.catalog.chats(limit: 10, before: nil).map(\.id) == [stays])
            let wrong: [JSONValue] = [
                [:], ["ids": []], ["ids": "x"], ["ids": [1]], ["ids": nil], ["ids": [.string(stays)], "undo": "yes"],
                ["ids": [.string(stays)], "all": true], ["ids": .strings((0..<101).map { _ in UUIDv7.make() })],
            ]
            for body in wrong {
                let answer = try await many(body, product)
                #expect(answer.status == 400 && answer.json["errors"]?[0]?["field"] != nil, "\(body.text.prefix(80))")
            }
            #expect(try await product.catalog.chat(stays) != nil)
        }
    }

    @Test func manyComeBackOneByOne() async throws {
        try await RunningProduct.with([.history]) { product in
            let ids = [try await chat("a", product), try await chat("b", product), try await chat("c", product)]
            let answer = try await many(["ids": .strings(ids), "undo": true], product)
            #expect(answer.json["results"]?.array?.allSatisfy { $0["status"] == 202 } == true)
            #expect(answer.json["results"]?[0]?["undoUntil"]?.string != nil)
            #expect(try await product.catalog.chats(limit: 10, before: nil).isEmpty)
            #expect(try await restore(ids[1], product).status == 200)
            for id in ids { try await expire(id, product) }
            try await deletion(product).finishDue()
            #expect(try await product.sql.query("SELECT id FROM chats").map { try $0.string("id") } == [ids[1]])
            #expect(try await product.messages.count(in: ids[1]) == 2)
        }
    }

    @Test func whatAStoreRefusesIsOutOfSightAndGoesLater() async throws {
        try await RunningProduct.with([.history]) { product in
            let ids = try await [chat("a", product), chat("b", product)]
            try await product.fault(["service": "cosmos", "status": 400, "count": 4])
            let answer = try await many(["ids": .strings(ids)], product)
            let statuses = answer.json["results"]?.array?.compactMap { $0["status"]?.int } ?? []
            #expect(answer.status == 200 && statuses.count == 2 && statuses.contains(202))
            #expect(try await product.get(.history, "/api/history").json["chats"]?.array?.isEmpty == true)
            #expect(
                try await eventually(within: .seconds(30)) {
                    try await product.sql.query("UPDATE chats SET updated_at = now() - interval '2 minutes'")
                    guard (try? await deletion(product).finishDue()) != nil else { return false }
                    return ((try? await product.sql.query("SELECT id FROM chats")) ?? []).isEmpty
                })
            for id in ids { #expect(try await product.messages.count(in: id) == 0) }
        }
    }

    /// Two who delete the same chats have receipts that count each thing once.
    @Test func twoWhoDeleteTheSameCountEverythingOnce() async throws {
        try await RunningProduct.with([.history]) { product in
            var ids: [String] = []
            for number in 0..<12 { ids.append(try await chat("\(number)", messages: 6, product)) }
            let all = ids
            async let one = many(["ids": .strings(all)], product)
            async let two = many(["ids": .strings(all.reversed())], product)
            let results = try await [one, two].flatMap { $0.json["results"]?.array ?? [] }
            #expect(results.reduce(0) { $0 + ($1["messages"]?.int ?? 0) } == 72)
            #expect(results.reduce(0) { $0 + ($1["rows"]?.int ?? 0) } == 84)
            #expect(try await product.sql.query("SELECT 1 FROM chats").isEmpty)
            for id in all { #expect(try await product.messages.count(in: id) == 0) }
        }
    }
}
