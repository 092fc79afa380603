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

/// `/api/history`, over real sockets and stores.
@Suite(.serialized, .enabled(if: RunningProduct.hasDatabase, "\(RunningProduct.noDatabase)"))
struct HistoryFeatureTests {
    /// A chat with so many messages, as the chat app would have left it.
    private func chat(_ name: String, messages: Int = 0, _ product: RunningProduct) async throws -> String {
        let id = UUIDv7.make()
        _ = try await product.catalog.createChat(id, name: name)
        for number in 0..<messages {
            let seconds = number < 10 ? "0\(number)" : "\(number)"
            _ = try await product.messages.add(
                ChatMessage(
                    id: UUIDv7.make(), chatId: id, workspaceId: "default", role: number % 2 == 0 ? "user" : "assistant",
                    text: "message \(number)", createdAt: "2026-01-01T00:00:\(seconds).000Z"))
        }
        if messages > 0 { try await product.catalog.countMessages(id, added: messages) }
        return id
    }

    @Test func messagesOfAnotherWorkspaceAreNotThere() async throws {
        try await RunningProduct.with([]) { product in
            let chat = try await chat("x", messages: 5, product)
            let (own, other) = (product.messages.view(of: "default"), product.messages.view(of: "other"))
            let all = try await own.messages(in: chat, limit: 10)
            #expect(all.count == 5)
            #expect(try await own.count(in: chat) == 5)
            let first = try #require(all.first)
            #expect(try await own.message(first.id, in: chat) != nil)
            #expect(try await other.message(first.id, in: chat) == nil)
            #expect(try await other.messages(in: chat, limit: 10).isEmpty)
            #expect(try await other.messages(in: chat, limit: 10, after: nil).isEmpty)
            #expect(try await other.count(in: chat) == 0)
            #expect(try await other.deleteAll(in: chat) == 0)
            #expect(try await own.messages(in: chat, limit: 2, before: (all[3].createdAt, all[3].id)).count == 2)
            #expect(try await own.deleteAll(in: chat) == 5)
        }
    }

    @Test func chatsGoWhenTheyWereKeptLongEnough() async throws {
        try await RunningProduct.with([]) { product in
            let old = try await chat("old", messages: 3, product)
            let new = try await chat("new", messages: 2, product)
            try await product.sql.query("UPDATE chats SET updated_at = now() - interval '8 days' WHERE id = $1", [old])
            let deletion = ChatDeletion(
                catalog: product.catalog, messages: product.messages.view(of: "default"),
                queue: IngestQueue(product.storage.queues))
            #expect(try await deletion.deletePastRetention() == 0)
            _ = try await product.catalog.index.changeWorkspace("default", name: nil) { $0.chatsDays = 8 }
            #expect(try await deletion.deletePastRetention() == 1)
            #expect(try await product.catalog.chat(old) == nil)
            #expect(try await product.messages.view(of: "default").count(in: old) == 0)
            #expect(try await product.catalog.chat(new) != nil)
            #expect(try await product.messages.view(of: "default").count(in: new) == 2)
            #expect(try await deletion.deletePastRetention() == 0)
        }
    }

    @Test func chatsComeTheLastUsedFirstPageByPage() async throws {
        try await RunningProduct.with([.history]) { product in
            for number in 0..<5 { _ = try await chat("chat \(number)", product) }
            var names: [String] = []
            var before = ""
            repeat {
                let page = try await product.get(.history, "/api/history?limit=2\(before)").json
                names += (page["chats"]?.array ?? []).compactMap { $0["name"]?.string }
                before = page["next"]?.string.map { "&before=\($0)" } ?? ""
            } while !before.isEmpty
            #expect(names == ["chat 4", "chat 3", "chat 2", "chat 1", "chat 0"])
            for wrong in ["limit=0", "limit=201", "limit=x", "before=x"] {
                #expect(try await product.get(.history, "/api/history?\(wrong)").status == 400)
            }
        }
    }

    @Test func aChatThatIsUsedMovesUp() async throws {
        try await RunningProduct.with([.history]) { product in
            let first = try await chat("first", product)
            _ = try await chat("second", product)
            try await product.catalog.countMessages(first, added: 2)
            let chats = try await product.get(.history, "/api/history").json["chats"]?.array ?? []
            #expect(chats.map { $0["name"] } == ["first", "second"] && chats[0]["messages"] == 2)
            #expect(
                chats[0].object?.names == [
                    "id", "name", "createdAt", "updatedAt", "messages", "preset", "pinned", "folder", "archived",
                    "unseen",
                ])
        }
    }

    @Test func messagesComeInOrderTheNewestPageFirst() async throws {
        try await RunningProduct.with([.history]) { product in
            let id = try await chat("long", messages: 7, product)
            var pages: [[String]] = []
            var before = ""
            repeat {
                let page = try await product.get(.history, "/api/history/\(id)?limit=3\(before)").json
                #expect(page["chat"]?["id"]?.string == id)
                pages.append((page["messages"]?.array ?? []).compactMap { $0["text"]?.string })
                before = page["next"]?.string.map { "&before=\($0)" } ?? ""
            } while !before.isEmpty
            #expect(
                pages == [
                    ["message 4", "message 5", "message 6"], ["message 1", "message 2", "message 3"], ["message 0"],
                ])
            #expect(try await product.get(.history, "/api/history/\(id)?before=\(UUIDv7.make())").status == 400)
            #expect(try await product.get(.history, "/api/history/\(id)?limit=501").status == 400)
            #expect(try await product.get(.history, "/api/history/\(UUIDv7.make())").status == 404)
            #expect(try await product.get(.history, "/api/history/nonsense").status == 404)
        }
    }

    @Test func messagesOfOneMomentAreNeitherLostNorRepeated() async throws {
        try await RunningProduct.with([.history]) { product in
            let id = try await chat("same", product)
            var ids: [String] = []
            for number in 0..<5 {
                ids.append(UUIDv7.make())
                _ = try await product.messages.add(
                    ChatMessage(
                        id: ids[number], chatId: id, workspaceId: "default", role: "user", text: "\(number)",
                        createdAt: "2026-01-01T00:00:00.000Z"))
            }
            var seen: [String] = []
            var before = ""
            repeat {
                let page = try await product.get(.history, "/api/history/\(id)?limit=2\(before)").json
                seen += (page["messages"]?.array ?? []).compactMap { $0["id"]?.string }
                before = page["next"]?.string.map { "&before=\($0)" } ?? ""
            } while !before.isEmpty && seen.count < 20
            #expect(seen.count == 5 && Set(seen) == Set(ids))
        }
    }

    @Test func chatsAreRenamed() async throws {
        try await RunningProduct.with([.history]) { product in
            let id = try await chat("old", product)
            func rename(_ body: JSONValue, _ id: String) async throws -> AppAnswer {
                try await product.send(.history, .patch, "/api/history/\(id)", body: body.encoded)
            }
            let answer = try await rename(["name": "Neuer Name"], id)
            #expect(answer.status == 200 && answer.json["name"] == "Neuer Name")
            #expect(try await product.catalog.chat(id)?.name == "Neuer Name")
            for wrong: JSONValue in [
                [:], ["name": ""], ["name": "  "], ["name": 1], ["name": "x", "colour": "red"],
                ["name": .string(String(repeating: "x", count: 201))],
            ] { #expect(try await rename(wrong, id).status == 400, "\(wrong.text)") }
            #expect(try await rename(["name": "x"], UUIDv7.make()).status == 404)
            #expect(try await product.catalog.chat(id)?.name == "Neuer Name")
        }
    }

    @Test func deletingAChatTakesEverythingAlong() async throws {
        try await RunningProduct.with([.history, .upload]) { product in
            let id = try await chat("gone", messages: 120, product)
            let other = try await chat("stays", messages: 3, product)
            let own = try await product.added("own words", name: "own.txt", chatId: id)
            let shared = try await product.added("shared words", name: "shared.txt")
            try await product.storage.queues.clear(IngestMessage.queue)
            let receipt = try await product.send(.history, .delete, "/api/history/\(id)")
            #expect(receipt.status == 200 && receipt.json == ["rows": 1, "messages": 120, "documents": 1, "links": 0])
            #expect(try await product.get(.history, "/api/history/\(id)").status == 404)
            #expect(try await product.messages.count(in: id) == 0)
            #expect(try await product.messages.count(in: other) == 3)
            // The ingest function reaches every store that the chat's own document is in.
            #expect(try await product.queued() == [own])
            #expect(try await product.get(.upload, "/api/documents/\(own)").status == 404)
            try await product.ingestAll()
            let blobs = try await product.storage.blobs.list(BlobPaths.container, prefix: "default/")
            #expect(blobs == [BlobPaths.original(workspace: "default", document: shared)])
            #expect(try await product.sql.query("SELECT id FROM documents").map { try $0.string("id") } == [shared])
            #expect(try await product.send(.history, .delete, "/api/history/\(id)").status == 404)
        }
    }

    /// The answer and the deletion meet at the store: whichever comes second finds what the first has left.
    @Test func noAnswerComesAfterItsChatsDeletion() async throws {
        try await RunningProduct.with([.history]) { product in
            func message(_ id: String, _ role: String, _ parent: String?, _ chat: String, text: String = "x")
                -> ChatMessage
            {
                ChatMessage(
                    id: id, chatId: chat, workspaceId: "default", role: role, text: text,
                    createdAt: "2026-01-01T00:00:00.000Z", parentId: parent)
            }
            for round in 0..<20 {
                let id = try await chat("round \(round)", product)
                let (question, answer) = (UUIDv7.make(), UUIDv7.make())
                #expect(try await product.messages.add(message(question, "user", nil, id)))
                async let stored = product.messages.add(message(answer, "assistant", question, id), answering: question)
                async let deleted = product.send(.history, .delete, "/api/history/\(id)")
                let (wasStored, receipt) = try await (stored, deleted)
                #expect(receipt.json["messages"]?.int == (wasStored ? 2 : 1))
                #expect(try await product.messages.count(in: id) == 0)
                let late = message(UUIDv7.make(), "assistant", question, id)
                #expect(try await !product.messages.add(late, answering: question))
                #expect(try await product.messages.count(in: id) == 0)
            }
            // The same answer twice is stored once; another one of its id is not.
            let id = try await chat("stays", product)
            let question = UUIDv7.make()
            _ = try await product.messages.add(message(question, "user", nil, id))
            let answer = message(UUIDv7.make(), "assistant", question, id)
            #expect(try await product.messages.add(answer, answering: question))
            #expect(try await product.messages.add(answer, answering: question), "its own, whose receipt was lost")
            let other = message(answer.id, "assistant", question, id, text: "Another.")
            #expect(try await !product.messages.add(other, answering: question))
            #expect(try await product.messages.count(in: id) == 2)
        }
    }

    @Test func aDeletionThatWasCutOffCanBeAskedForAgain() async throws {
        try await RunningProduct.with([.history]) { product in
            let id = try await chat("half", messages: 2, product)
            try await product.fault(["service": "cosmos", "status": 400, "count": 3])
            #expect(try await product.send(.history, .delete, "/api/history/\(id)").status >= 400)
            // Nobody sees it any more, although its messages are still there.
            #expect(try await product.get(.history, "/api/history/\(id)").status == 404)
            #expect(
                await eventually {
                    let again = try? await product.send(.history, .delete, "/api/history/\(id)")
                    return again?.status == 200 || again?.status == 404
                })
            #expect(try await product.messages.count(in: id) == 0)
            #expect(try await product.sql.query("SELECT id FROM chats").isEmpty)
        }
    }

    @Test func deletionsThatACrashCutOffAreFinishedAtTheNextStart() async throws {
        try await RunningProduct.with([.upload]) { product in
            let old = try await chat("old", messages: 3, product)
            let fresh = try await chat("fresh", messages: 1, product)
            let own = try await product.added("words", name: "own.txt", chatId: old)
            try await product.storage.queues.clear(IngestMessage.queue)
            for id in [old, fresh] { _ = try await product.catalog.markChatDeleting(id) }
            // Whoever deletes the fresh one may still be at it.
            try await product.sql.query(
                "UPDATE chats SET updated_at = now() - interval '2 minutes' WHERE id = $1", [old])
            try await product.restart(.history) {
                #expect(
                    await eventually(within: .seconds(30)) {
                        ((try? await product.sql.query("SELECT id FROM chats")) ?? []).count == 1
                    })
            }
            #expect(try await product.messages.count(in: old) == 0)
            #expect(try await product.messages.count(in: fresh) == 1)
            #expect(try await product.queued() == [own])
        }
    }

    @Test func healthNamesWhatIsDown() async throws {
        try await RunningProduct.with([.history], settings: ["APUS_COSMOS_ENDPOINT": "http://127.0.0.1:9"]) { product in
            let health = try await product.get(.history, "/api/health")
            #expect(health.status == 503 && health.json["status"] == "degraded")
            #expect(health.json["checks"]?["postgres"]?["status"] == "ok")
            #expect(health.json["checks"]?["cosmos"]?["status"] == "down")
        }
    }
}
