import Catalog
import ChatMessages
import Digests
import HTTPMessages
import JSONCoding
import Postgres
import ProductFixture
import TestSupport
import Testing

/// `/api/history/search`, over real sockets and stores.
@Suite(.serialized, .enabled(if: RunningProduct.hasDatabase, "\(RunningProduct.noDatabase)"))
struct SearchFeatureTests {
    @Test func hitsNameChatMessageAndPlace() async throws {
        try await RunningProduct.with([.chat, .history], model: { _ in .text("The gasket is **new**.") }) { product in
            let asked = try await product.send(
                .chat, .post, "/api/chat",
                body: JSONValue.object(["message": "Which Gaskets?", "useDocuments": false]).encoded)
            let chat = asked.json["chatId"]?.string
            // The model finds a name of its own, unless somebody has chosen one.
            let name: JSONValue = ["name": "Which Gaskets?"]
            _ = try await product.send(.history, .patch, "/api/history/\(chat ?? "")", body: name.encoded)
            let answer = try await product.get(.history, "/api/history/search?q=gasket").json
            let hits = answer["hits"]?.array ?? []
            #expect(answer["next"] == .null && hits.count == 3, "\(answer.text)")
            #expect(hits.allSatisfy { $0["chat"]?["id"]?.string == chat && $0["chat"]?["name"] == "Which Gaskets?" })
            let byRole = Dictionary(grouping: hits) { $0["message"]?["role"]?.string ?? "name" }
            #expect(byRole["name"]?.first?["message"] == .null)
            #expect(byRole["user"]?.first?["message"]?["id"] == asked.json["messageId"])
            let said = byRole["assistant"]?.first
            #expect(said?["message"]?["id"] == asked.json["answerId"])
            #expect(said?["excerpt"] == "The gasket is **new**." && said?["highlights"] == [[4, 10]])
            #expect(said?["message"]?.object?.names == ["id", "role", "createdAt"])
            let receipt = try await product.send(.history, .delete, "/api/history/\(chat ?? "")")
            #expect(receipt.json == ["rows": 3, "messages": 2, "documents": 0, "links": 0])
            #expect(try await product.get(.history, "/api/history/search?q=gasket").json["hits"] == [])
        }
    }

    @Test func pagesFollowEachOtherAndBadInputIsNamed() async throws {
        try await RunningProduct.with([.history]) { product in
            for number in 0..<7 { _ = try await product.catalog.createChat(UUIDv7.make(), name: "gasket \(number)") }
            var names: [String] = []
            var before = ""
            repeat {
                let page = try await product.get(.history, "/api/history/search?q=gasket&limit=3\(before)").json
                names += (page["hits"]?.array ?? []).compactMap { $0["excerpt"]?.string }
                before = page["next"]?.string.map { "&before=\($0)" } ?? ""
            } while !before.isEmpty && names.count < 20
            #expect(names.count == 7 && Set(names).count == 7)
            for (query, field) in [
                ("", "q"), ("q=", "q"), ("q=%20", "q"), ("q=%21", "q"), ("q=x&limit=0", "limit"),
                ("q=x&limit=101", "limit"),
                ("q=x&before=x", "before"),
            ] {
                let answer = try await product.get(.history, "/api/history/search?\(query)")
                #expect(answer.status == 400 && answer.json["errors"]?[0]?["field"]?.string == field, "\(query)")
            }
        }
    }

    @Test func chatsFromBeforeAreCopiedAtTheNextStart() async throws {
        try await RunningProduct.with([]) { product in
            let id = try await oldChat(messages: 450, product)
            #expect(try await product.catalog.search(ChatQuery("gasket"), limit: 5, after: nil).isEmpty)
            try await product.restart(.history) {
                #expect(
                    await eventually(within: .seconds(30)) {
                        (try? await product.sql.query("SELECT 1 FROM chats WHERE texts_kept"))?.count == 1
                    })
            }
            #expect(try await product.catalog.countTexts(in: id) == 450)
            #expect(try await product.catalog.search(ChatQuery("gasket 17"), limit: 5, after: nil).count == 1)
            #expect(try await product.catalog.search(ChatQuery("purchase"), limit: 5, after: nil).count == 1)
        }
    }

    @Test func whatACrashKeptFromBeingCopiedIsCopiedWhenItsChatIsOpened() async throws {
        try await RunningProduct.with([.history]) { product in
            let id = try await oldChat(messages: 3, product)
            _ = try await product.get(.history, "/api/history/\(id)")
            #expect(await eventually { (try? await product.catalog.countTexts(in: id)) == 3 })
        }
    }

    /// A chat of which nothing is copied.
    private func oldChat(messages: Int, _ product: RunningProduct) async throws -> String {
        let id = UUIDv7.make()
        _ = try await product.catalog.createChat(id, name: "Purchase")
        for number in 0..<messages {
            _ = try await product.messages.add(
                ChatMessage(
                    id: UUIDv7.make(), chatId: id, workspaceId: "default", role: number % 2 == 0 ? "user" : "assistant",
                    text: "gasket \(number)", createdAt: "2026-01-01T00:\(10 + number / 60):\(10 + number % 50).000Z"))
        }
        try await product.sql.query("UPDATE chats SET texts_kept = false, name_terms = NULL")
        return id
    }
}
