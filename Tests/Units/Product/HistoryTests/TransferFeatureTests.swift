import Catalog
import ChatMessages
import Digests
import HTTPMessages
import JSONCoding
import Postgres
import ProductFixture
import TestSupport
import Testing

/// Chats out and in again, over real sockets and stores.
@Suite(.serialized, .enabled(if: RunningProduct.hasDatabase, "\(RunningProduct.noDatabase)"))
struct TransferFeatureTests {
    /// A chat with so many questions and answers; the answers cite.
    private func chat(_ name: String, turns: Int, _ product: RunningProduct) async throws -> String {
        let id = UUIDv7.make()
        _ = try await product.catalog.createChat(id, name: name)
        for number in 0..<turns {
            let (question, answer) = (UUIDv7.make(), UUIDv7.make())
            // All of one moment: their ids alone tell the order.
            let citation: JSONValue = [
                "n": 1, "documentId": .string(UUIDv7.make()), "name": "a.pdf", "page": 2, "start": 0, "end": 5,
                "quote": "a *quote*",
            ]
            for (id2, role, parent) in [(question, "user", nil), (answer, "assistant", question)]
                as [(String, String, String?)]
            {
                _ = try await product.messages.add(
                    ChatMessage(
                        id: id2, chatId: id, workspaceId: "default", role: role, text: "\(role) \(number) [1]",
                        createdAt: "2026-01-01T00:00:00.000Z", parentId: parent, model: parent.map { _ in "m" },
                        citations: parent == nil ? [] : [citation], finishReason: parent.map { _ in "stop" }))
            }
        }
        try await product.catalog.countMessages(id, added: 2 * turns)
        return id
    }

    private func withoutIds(_ file: JSONValue) -> [String] {
        (file["chats"]?.array ?? []).map { chat in
            var places: [String: String] = [:]
            let messages = chat["messages"]?.array ?? []
            for (place, message) in messages.enumerated() { places[message["id"]?.string ?? ""] = "\(place)" }
            let lines = messages.map { message in
                let citations = (message["citations"]?.array ?? []).map {
                    "\($0["name"]?.text ?? "") \($0["quote"]?.text ?? "")"
                }
                return [
                    message["role"]?.string, message["text"]?.string, message["createdAt"]?.string,
                    message["parentId"]?.string.map { places[$0] ?? "?" }, message["model"]?.string,
                    message["finishReason"]?.string, citations.joined(),
                ].map { $0 ?? "-" }.joined(separator: "|")
            }
            return "\(chat["name"]?.text ?? "") \(chat["createdAt"]?.text ?? "")\n" + lines.joined(separator: "\n")
        }
    }

    @Test func whatIsExportedComesBackAsItWas() async throws {
        try await RunningProduct.with([.history]) { product in
            _ = try await chat("First, \"long\"", turns: 130, product)
            _ = try await chat("Zweiter ✓", turns: 1, product)
            _ = try await chat("empty", turns: 0, product)
            let out = try await product.get(.history, "/api/history/export")
            #expect(out.status == 200 && out.json["chats"]?.array?.count == 3)
            let answer = try await product.send(.history, .post, "/api/history/import", body: out.bytes)
            #expect(answer.status == 200, "\(answer.json.text)")
            #expect(answer.json["messages"] == 262 && answer.json["citationsWithoutDocument"] == 131)
            let again = try await product.get(.history, "/api/history/export").json
            let all = withoutIds(again)
            #expect(all.count == 6 && Set(all) == Set(withoutIds(out.json)))
            for chat in answer.json["chats"]?.array ?? [] {
                let id = chat["id"]?.string ?? ""
                let one = try await product.get(.history, "/api/history/\(id)/export").json
                #expect(all.contains(withoutIds(one)[0]) && one["chats"]?.array?.count == 1)
                #expect(try await product.catalog.chat(id)?.messages == chat["messages"]?.int.map { Int($0) })
                #expect(try await product.catalog.countTexts(in: id) == chat["messages"]?.int.map { Int($0) })
            }
            #expect(try await product.catalog.search(ChatQuery("zweiter"), limit: 9, after: nil).count == 2)
        }
    }

    @Test func markdownHasFootnotesAndBothHaveNames() async throws {
        try await RunningProduct.with([.history]) { product in
            let id = try await chat("Costs / 2026", turns: 2, product)
            let answer = try await product.get(.history, "/api/history/\(id)/export?format=markdown")
            let text = answer.text
            #expect(text.hasPrefix("# Costs / 2026\n"))
            #expect(
                text.contains("> user 0 [1]") && text.contains("assistant 0 [^1]") && text.contains("assistant 1 [^2]"))
            #expect(text.contains("[^2]: a.pdf, page 2: “a \\*quote\\*”"))
            #expect(answer.fields["Content-Disposition"]?.contains("filename=\"Costs 2026.md\"") == true)
            for wrong in ["/api/history/export?format=pdf", "/api/history/\(id)/export?format="] {
                let refused = try await product.get(.history, wrong)
                #expect(refused.status == 400 && refused.json["errors"]?[0]?["field"] == "format")
            }
            #expect(try await product.get(.history, "/api/history/\(UUIDv7.make())/export").status == 404)
        }
    }

    @Test func aFileWithAMistakeAnywhereLeavesNothing() async throws {
        try await RunningProduct.with([.history]) { product in
            func file(_ chats: [JSONValue]) -> [UInt8] {
                (["format": "apus-chats", "version": 1, "chats": .array(chats)] as JSONValue).encoded
            }
            let good: JSONValue = ["id": "a", "name": "good", "messages": []]
            for (chats, field) in [
                ([good, ["id": "b", "name": "", "messages": []]], "chats[1].name"), ([good, good], "chats[1].id"),
            ] as [([JSONValue], String)] {
                let answer = try await product.send(.history, .post, "/api/history/import", body: file(chats))
                #expect(answer.status == 400 && answer.json["errors"]?[0]?["field"]?.string == field)
            }
            let huge = [UInt8](repeating: 32, count: (64 << 20) + 1)
            #expect(try await product.send(.history, .post, "/api/history/import", body: huge).status == 413)
            #expect(try await product.sql.query("SELECT id FROM chats").isEmpty)
            #expect(try await product.send(.history, .post, "/api/history/import", body: file([])).status == 200)
        }
    }

    @Test func anImportThatACrashCutOffIsNeverSeenAndGoesAway() async throws {
        try await RunningProduct.with([.history]) { product in
            let id = UUIDv7.make()
            let mark = try await product.catalog.beginImport(id, name: "half gasket", preset: nil)
            let half = ChatMessage(
                id: UUIDv7.make(), chatId: id, workspaceId: "default", role: "user", text: "gasket",
                createdAt: "2026-01-01T00:00:00.000Z")
            try await product.messages.add([half], in: id)
            #expect(try await product.get(.history, "/api/history").json["chats"] == [])
            #expect(try await product.get(.history, "/api/history/\(id)").status == 404)
            #expect(try await product.get(.history, "/api/history/export").json["chats"] == [])
            #expect(try await product.get(.history, "/api/history/search?q=gasket").json["hits"] == [])
            try await product.sql.query("UPDATE chats SET updated_at = now() - interval '2 minutes'")
            try await product.restart(.history) {
                #expect(
                    await eventually(within: .seconds(30)) {
                        ((try? await product.sql.query("SELECT id FROM chats")) ?? []).count == 0
                    })
            }
            #expect(try await product.messages.count(in: id) == 0)
            // Whoever was only slow does not bring back what was taken away.
            await #expect(throws: ImportInterrupted.self) { try await product.catalog.continueImport(id, mark) }
            await #expect(throws: ImportInterrupted.self) {
                try await product.catalog.finishImport(
                    id, mark, messages: 1, createdAt: "2026-01-01T00:00:00.000Z", updatedAt: "2026-01-01T00:00:00.000Z")
            }
        }
    }

    @Test func aStoreThatFailsLeavesNoHalfChat() async throws {
        try await RunningProduct.with([.history]) { product in
            let source = try await chat("source", turns: 1, product)
            let body = try await product.get(.history, "/api/history/\(source)/export").bytes
            try await product.fault(["service": "cosmos", "status": 400, "count": 1, "method": "POST"])
            #expect(try await product.send(.history, .post, "/api/history/import", body: body).status >= 400)
            #expect(try await product.get(.history, "/api/history").json["chats"]?.array?.count == 1)
            #expect(try await product.send(.history, .post, "/api/history/import", body: body).status == 200)
            #expect(try await product.get(.history, "/api/history").json["chats"]?.array?.count == 2)
        }
    }
}
