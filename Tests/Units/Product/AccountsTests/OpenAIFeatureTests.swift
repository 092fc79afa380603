import Catalog
import HTTPMessages
import JSONCoding
import Postgres
import ProductFixture
import TestSupport
import Testing

/// What programs for OpenAI's API see of each other's, where people sign in.
@Suite(.enabled(if: RunningProduct.hasDatabase, "\(RunningProduct.noDatabase)"))
struct OpenAIFeatureTests {
    private func made(_ answer: AppAnswer) throws -> String {
        try #require(answer.json["id"]?.string, "\(answer.status) \(answer.text)")
    }

    @Test func nothingOfAnotherWorkspaceIsThere() async throws {
        try await House.with([.chat, .upload, .history], settings: ["APUS_MODELS": "extractive"]) { house in
            #expect(try await house.boss.send(.post, "workspaces", ["id": "other", "name": "Other"]).status == 201)
            let (ann, bob) = (try await house.person("ann"), try await house.person("bob"))
            let stranger = try await house.person("stranger", ["other": "owner"])
            let uploaded = try await ann.browser.send(.upload, .post, "/api/upload?name=a.txt", "The door is green.")
            let file = try #require(uploaded.json["documents"]?[0]?["id"]?.string)
            let store = try made(
                try await ann.browser.send(.upload, .post, "/v1/vector_stores", ["file_ids": [.string(file)]]))
            let talk = try made(try await ann.browser.send(.history, .post, "/v1/conversations", [:]))
            let response = try made(
                try await ann.browser.send(
                    .chat, .post, "/v1/responses",
                    [
                        "input": "Which colour has the door?",
                        "tools": [["type": "file_search", "vector_store_ids": [.string(store)]]],
                    ]))
            let stored: [(RunningProduct.App, String)] = [
                (.upload, "/v1/files/\(file)"), (.upload, "/v1/files/\(file)/content"),
                (.upload, "/v1/vector_stores/\(store)"),
                (.upload, "/v1/vector_stores/\(store)/files"), (.upload, "/v1/vector_stores/\(store)/files/\(file)"),
            ]
            let personal: [(RunningProduct.App, String)] = [
                (.history, "/v1/conversations/\(talk)"), (.history, "/v1/conversations/\(talk)/items"),
                (.chat, "/v1/responses/\(response)"), (.chat, "/v1/responses/\(response)/input_items"),
            ]
            for (app, path) in stored + personal {
                let own = try await ann.browser.send(app, .get, path)
                #expect(own.status == 200, "\(path): \(own.text)")
                let foreign = try await stranger.browser.send(app, .get, path, workspace: "other")
                #expect(
                    foreign.status == 404 && foreign.json["error"]?["code"] == "not_found", "\(path): \(foreign.text)")
                #expect(!foreign.text.contains("green"))
            }
            // Members share documents and stores; what they ask is theirs.
            for (app, path) in stored { #expect(try await bob.browser.send(app, .get, path).status == 200, "\(path)") }
            for (app, path) in personal {
                #expect(try await bob.browser.send(app, .get, path).status == 404, "\(path)")
            }
            let search: JSONValue = ["type": "file_search", "vector_store_ids": [.string(store)]]
            for body: JSONValue in [
                ["input": "Door?", "tools": [search]], ["input": "Door?", "conversation": .string(talk)],
                ["input": "Door?", "previous_response_id": .string(response)],
            ] {
                let refused = try await stranger.browser.send(.chat, .post, "/v1/responses", body, workspace: "other")
                #expect(refused.status == 404 && refused.json["error"]?["param"] != .null, "\(refused.text)")
            }
            for (app, method, path) in [
                (.chat, .delete, "/v1/responses/\(response)"), (.chat, .post, "/v1/responses/\(response)/cancel"),
                (.history, .delete, "/v1/conversations/\(talk)"), (.upload, .delete, "/v1/vector_stores/\(store)"),
                (.upload, .delete, "/v1/files/\(file)"), (.upload, .post, "/v1/vector_stores/\(store)/search"),
                (.upload, .delete, "/v1/vector_stores/\(store)/files/\(file)"),
            ] as [(RunningProduct.App, HTTPMethod, String)] {
                let body: JSONValue? = method == .post ? ["query": "door"] : nil
                let refused = try await stranger.browser.send(app, method, path, body, workspace: "other")
                #expect(refused.status == 404, "\(path): \(refused.text)")
            }
            // A document of one workspace does not come into a store of another.
            let foreign = try made(
                try await stranger.browser.send(.upload, .post, "/v1/vector_stores", [:], workspace: "other"))
            let added = try await stranger.browser.send(
                .upload, .post, "/v1/vector_stores/\(foreign)/files", ["file_id": .string(file)], workspace: "other")
            #expect(added.status == 404 && added.json["error"]?["param"] == "file_id")
            for (app, path) in stored + personal {
                #expect(try await ann.browser.send(app, .get, path).status == 200, "\(path)")
            }
        }
    }

    @Test func aLimitedDocumentIsInAStoreForItsReadersAlone() async throws {
        try await House.with([.upload]) { house in
            let (ann, bob) = (try await house.person("ann"), try await house.person("bob"))
            let uploaded = try await ann.browser.send(
                .upload, .post, "/api/upload?name=a.txt&readers=me", "Only for Ann.")
            let file = try #require(uploaded.json["documents"]?[0]?["id"]?.string)
            let store = try made(
                try await ann.browser.send(.upload, .post, "/v1/vector_stores", ["file_ids": [.string(file)]]))
            func total(_ browser: Browser) async throws -> Int64? {
                try await browser.send(.upload, .get, "/v1/vector_stores/\(store)").json["file_counts"]?["total"]?.int
            }
            #expect(try await total(ann.browser) == 1)
            #expect(try await total(bob.browser) == 0)
            let files = try await bob.browser.send(.upload, .get, "/v1/vector_stores/\(store)/files")
            #expect(files.json["data"]?.array?.isEmpty == true)
            #expect(try await bob.browser.send(.upload, .get, "/v1/vector_stores/\(store)/files/\(file)").status == 404)
            let all = try await bob.browser.send(.upload, .get, "/v1/files")
            #expect(all.json["data"]?.array?.isEmpty == true)
        }
    }

    @Test func oldResponsesGoWithTheChainThatEnds() async throws {
        try await House.with([.chat], settings: ["APUS_MODELS": "extractive"]) { house in
            let ann = try await house.person("ann")
            func ask(_ more: JSONObject) async throws -> String {
                var body = more
                body["input"] = "Which colour has the door?"
                return try made(try await ann.browser.send(.chat, .post, "/v1/responses", .object(body)))
            }
            let first = try await ask([:])
            let second = try await ask(["previous_response_id": .string(first)])
            let alone = try await ask([:])
            let database = house.product.sql
            _ = try await database.query(
                "UPDATE responses SET created_at = now() - interval '31 days' WHERE previous_id IS NULL")
            func isThere(_ id: String) async throws -> Bool {
                try await ann.browser.send(.chat, .get, "/v1/responses/\(id)").status == 200
            }
            #expect(try await house.product.catalog.index.removeOldResponses() == 1)
            #expect(try await isThere(first))
            #expect(try await !isThere(alone))
            _ = try await database.query("UPDATE responses SET created_at = now() - interval '31 days'")
            #expect(try await house.product.catalog.index.removeOldResponses() == 1)
            #expect(try await house.product.catalog.index.removeOldResponses() == 1)
            #expect(try await !isThere(first))
            #expect(try await !isThere(second))
        }
    }

    @Test func whoseWriterHasGoneHasFailed() async throws {
        try await House.with([.chat], settings: ["APUS_MODELS": "extractive"]) { house in
            let ann = try await house.person("ann")
            let id = try made(
                try await ann.browser.send(.chat, .post, "/v1/responses", ["input": "Which colour has the door?"]))
            _ = try await house.product.sql.query(
                "UPDATE responses SET status = 'in_progress', alive_at = now() - interval '1 minute'")
            let read = try await ann.browser.send(.chat, .get, "/v1/responses/\(id)")
            #expect(read.json["status"] == "failed" && read.json["error"]?["code"] == "server_error", "\(read.text)")
            let next: JSONValue = ["input": "And?", "previous_response_id": .string(id)]
            let refused = try await ann.browser.send(.chat, .post, "/v1/responses", next)
            #expect(
                refused.status == 400 && refused.json["error"]?["param"] == "previous_response_id", "\(refused.text)")
        }
    }
}
