import Catalog
import Digests
import HTTPMessages
import JSONCoding
import Postgres
import ProductFixture
import TestSupport
import Testing

/// What people say about their chats: pinned, in a folder, archived, seen; over real sockets and stores.
@Suite(.serialized, .enabled(if: RunningProduct.hasDatabase, "\(RunningProduct.noDatabase)"))
struct KeepingFeatureTests {
    private func chat(_ name: String, _ product: RunningProduct) async throws -> String {
        try await product.catalog.createChat(UUIDv7.make(), name: name).id
    }

    private func change(_ id: String, _ body: JSONValue, _ product: RunningProduct) async throws -> AppAnswer {
        try await product.send(.history, .patch, "/api/history/\(id)", body: body.encoded)
    }

    private func names(_ query: String, _ product: RunningProduct) async throws -> [String] {
        let answer = try await product.get(.history, "/api/history?" + query)
        #expect(answer.status == 200, "\(answer.text)")
        return (answer.json["chats"]?.array ?? []).compactMap { $0["name"]?.string }
    }

    @Test func chatsArePinnedPutIntoFoldersAndArchivedInTheirPlace() async throws {
        try await RunningProduct.with([.history]) { product in
            let ids = try await ["a", "b", "c", "d"].asyncMap { try await chat($0, product) }
            let changed = try await change(ids[0], ["pinned": true, "folder": " Work ", "name": "A"], product)
            #expect(changed.status == 200)
            #expect(changed.json["pinned"] == true && changed.json["folder"] == "Work" && changed.json["name"] == "A")
            #expect(changed.json["archived"] == false && changed.json["unseen"] == false)
            #expect(try await change(ids[1], ["folder": "Work"], product).status == 200)
            #expect(try await change(ids[2], ["archived": true, "folder": "Old"], product).json["archived"] == true)
            // The order stays that of use; what is archived is out of the list until somebody asks for it.
            #expect(try await names("", product) == ["d", "b", "A"])
            #expect(try await names("archived=any", product) == ["d", "c", "b", "A"])
            #expect(try await names("archived=true", product) == ["c"])
            #expect(try await names("archived=false&pinned=false", product) == ["d", "b"])
            #expect(try await names("pinned=true", product) == ["A"])
            #expect(try await names("folder=Work", product) == ["b", "A"])
            #expect(try await names("folder=Old", product) == [])
            #expect(try await names("folder=Old&archived=any", product) == ["c"])
            #expect(try await names("folder=", product) == ["d"])
            #expect(try await names("folder=nobody's", product) == [])
            let folders = try await product.get(.history, "/api/history/folders").json
            #expect(folders == ["folders": [["name": "Old", "chats": 0], ["name": "Work", "chats": 2]]])
            // Pages go on where the one before has ended.
            let first = try await product.get(.history, "/api/history?folder=Work&limit=1").json
            #expect(first["chats"]?[0]?["name"] == "b")
            #expect(try await names("folder=Work&before=\(first["next"]?.string ?? "")", product) == ["A"])
            // What is not named stays, and null takes a chat out of its folder.
            #expect(try await change(ids[0], ["folder": nil], product).json["pinned"] == true)
            #expect(try await names("folder=Work", product) == ["b"])
            #expect(try await change(ids[0], ["pinned": false], product).json["folder"]?.isNull == true)
            // A chat is found and opened by its id wherever it is kept.
            #expect(try await product.get(.history, "/api/history/\(ids[2])").json["chat"]?["archived"] == true)
            #expect(
                try await product.get(.history, "/api/history/search?q=c").json["hits"]?[0]?["chat"]?["name"] == "c")
        }
    }

    @Test func whatIsSaidWronglyIsNamedAndChangesNothing() async throws {
        try await RunningProduct.with([.history]) { product in
            let id = try await chat("x", product)
            let wrong: [(String, JSONValue)] = [
                ("pinned", ["pinned": "yes"]), ("pinned", ["pinned": nil]), ("archived", ["archived": 1]),
                ("seen", ["seen": [true]]), ("folder", ["folder": ""]), ("folder", ["folder": "  "]),
                ("folder", ["folder": 5]), ("folder", ["folder": "a\nb"]), ("folder", ["folder": "a\0b"]),
                ("folder", ["folder": .string(String(repeating: "x", count: 101))]), ("name", ["name": "a\0b"]),
                ("unseen", ["unseen": true]), ("body", [:]), ("body", [1]),
                ("chosen", ["chosen": .string(UUIDv7.make()), "pinned": true]),
            ]
            for (field, body) in wrong {
                var body = body
                // What is right beside it is not done either.
                if case .object(var object) = body, !["chosen", "body"].contains(field) {
                    if field != "archived" { object["archived"] = true }
                    body = .object(object)
                }
                let answer = try await change(id, body, product)
                #expect(answer.status == 400, "\(body.text)")
                #expect(answer.json["errors"]?[0]?["field"]?.string == field, "\(body.text): \(answer.text)")
            }
            #expect(try await product.catalog.chat(id)?.isArchived == false)
            for query in [
                "archived=yes", "archived=", "pinned=1", "folder=%0A", "folder=" + String(repeating: "x", count: 101),
            ] {
                #expect(try await product.get(.history, "/api/history?" + query).status == 400, "\(query)")
            }
            for unknown in [UUIDv7.make(), "nonsense"] {
                #expect(try await change(unknown, ["folder": "F", "pinned": true], product).status == 404)
            }
        }
    }

    @Test func writersSideBySideLoseNothingOfEachOther() async throws {
        try await RunningProduct.with([.history]) { product in
            for round in 0..<10 {
                let id = try await chat("x", product)
                let bodies: [JSONValue] = [
                    ["pinned": true], ["folder": "F"], ["archived": true], ["seen": false], ["name": "By hand"],
                ]
                try await withThrowingTaskGroup(of: Int.self) { group in
                    for body in bodies.shuffled() { group.addTask { try await change(id, body, product).status } }
                    // What the product would call it, at the same moment.
                    group.addTask {
                        try await product.catalog.suggestName(id, "By nobody")
                        return 200
                    }
                    for try await status in group { #expect(status == 200) }
                }
                try await product.catalog.suggestName(id, "By nobody, later")
                let kept = try #require(try await product.catalog.chat(id))
                #expect(kept.isPinned && kept.folder == "F" && kept.isArchived && kept.isUnseen, "\(round)")
                #expect(kept.name == "By hand")
            }
        }
    }

    @Test func anAnswerIsUnseenUntilSomebodySaysOtherwise() async throws {
        try await RunningProduct.with([.chat, .history], model: { _ in .text("Well.") }) { product in
            func isUnseen(_ id: String) async throws -> Bool? {
                try await product.get(.history, "/api/history/\(id)").json["chat"]?["unseen"]?.bool
            }
            let answer = try await product.chatEvents(["message": "Well?", "useDocuments": false])
            let chat = try #require(try answer.event("start")["chatId"]?.string)
            // Whoever follows an answer to its end knows it as unseen by then, and can say that they have seen it.
            #expect(try await isUnseen(chat) == true)
            #expect(try await change(chat, ["seen": true], product).json["unseen"] == false)
            #expect(try await isUnseen(chat) == false)
            #expect(try await change(chat, ["seen": false], product).json["unseen"] == true)
            #expect(try await change(chat, ["seen": true], product).status == 200)
            _ = try await product.chat(["message": "And?", "useDocuments": false, "chatId": .string(chat)])
            #expect(try await isUnseen(chat) == true)
        }
    }

    @Test func howAChatIsKeptGoesWithItsFile() async throws {
        try await RunningProduct.with([.history]) { product in
            let plain = try await chat("plain", product)
            let kept = try await chat("kept", product)
            _ = try await change(kept, ["pinned": true, "folder": "Work", "archived": true], product)
            let file = try await product.get(.history, "/api/history/export")
            let chats = file.json["chats"]?.array ?? []
            #expect(chats.first { $0["id"]?.string == plain }?["pinned"] == nil)
            for id in [plain, kept] {
                #expect(try await product.send(.history, .delete, "/api/history/\(id)").status == 200)
            }
            #expect(
                try await product.send(.history, .post, "/api/history/import", body: file.bytes).status == 200)
            #expect(try await names("archived=true&folder=Work&pinned=true", product) == ["kept"])
            #expect(try await names("", product) == ["plain"])
            var wrong = chats.last?.object ?? [:]
            for (name, value) in [("folder", "a\nb"), ("pinned", "yes"), ("archived", .null)] as [(String, JSONValue)] {
                wrong[name] = value
                let refused = try await product.post(
                    .history, "/api/history/import",
                    ["format": "apus-chats", "version": 1, "chats": [.object(wrong)]])
                #expect(refused.status == 400 && refused.text.contains("chats[0].\(name)"), "\(refused.text)")
                wrong[name] = nil
            }
        }
    }

    @Test func thereIsALimitOfFolders() async throws {
        try await RunningProduct.with([.history]) { product in
            let id = try await chat("x", product)
            try await product.sql.query(
                """
                INSERT INTO chats (id, workspace_id, name, folder)
                SELECT gen_random_uuid(), 'default', 'n', 'f' || n FROM generate_series(1, 1000) n
                """)
            let refused = try await change(id, ["folder": "one more", "pinned": true], product)
            #expect(refused.status == 409 && refused.json["code"] == "too_many_folders")
            #expect(try await product.catalog.chat(id)?.isPinned == false)
            #expect(try await change(id, ["folder": "f7"], product).status == 200)
            #expect(try await product.get(.history, "/api/history/folders").json["folders"]?.array?.count == 1000)
        }
    }
}

extension Array {
    fileprivate func asyncMap<Value>(_ make: (Element) async throws -> Value) async throws -> [Value] {
        var values: [Value] = []
        for element in self { values.append(try await make(element)) }
        return values
    }
}
