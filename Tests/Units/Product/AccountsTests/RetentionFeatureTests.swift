import AzureStorage
import Catalog
import HTTPMessages
import JSONCoding
import Postgres
import ProductFixture
import TestSupport
import Testing

/// How long a workspace keeps things, said by its owners and carried out.
@Suite(.enabled(if: RunningProduct.hasDatabase, "\(RunningProduct.noDatabase)"))
struct RetentionFeatureTests {
    private func documents(_ browser: Browser) async throws -> Int {
        try await browser.send(.upload, .get, "/api/documents").json["documents"]?.array?.count ?? -1
    }

    @Test func ownersSayHowLongThingsAreKept() async throws {
        try await House.with { house in
            let owner = try await house.person("owner", ["default": "owner"]).browser
            let editor = try await house.person("editor").browser
            func change(_ body: JSONValue, by browser: Browser) async throws -> AppAnswer {
                try await browser.send(.patch, "workspaces/default", body)
            }
            let set = try await change(["keepChatsDays": 30, "keepDocumentsDays": 365], by: owner)
            #expect(set.status == 200 && set.json["keepChatsDays"] == 30 && set.json["keepDocumentsDays"] == 365)
            // What is not named stays.
            let renamed = try await change(["name": "Ours", "keepDocumentsDays": nil], by: owner)
            #expect(renamed.json["keepChatsDays"] == 30 && renamed.json["keepDocumentsDays"] == nil)
            let mine = try await editor.send(.get, "workspaces").json["workspaces"]?[0]
            #expect(mine?["keepChatsDays"] == 30 && mine?["name"] == "Ours")
            #expect(try await change(["keepChatsDays": 1], by: editor).status == 403)
            for body: JSONValue in [
                [:], ["keepChatsDays": 0], ["keepChatsDays": 1.5], ["keepChatsDays": "long"], ["keepChatsDays": 36_501],
                ["name": nil], ["name": " "],
            ] {
                #expect(try await change(body, by: owner).status == 400, "\(body)")
            }
            let entries = try await house.boss.send(.get, "audit").json["entries"]?.array ?? []
            #expect(entries.contains { $0["object"]?.string?.contains("keepDocumentsDays=ever") == true })
        }
    }

    @Test func documentsGoWhenTheyWereKeptLongEnough() async throws {
        try await House.with([.upload]) { house in
            var ids: [String] = []
            for text in ["old", "older", "new"] {
                let answer = try await house.boss.send(.upload, .post, "/api/upload?name=a.txt", .string(text))
                ids.append(try #require(answer.json["documents"]?[0]?["id"]?.string))
            }
            let sql = house.product.sql
            try await sql.query(
                "UPDATE documents SET created_at = now() - interval '31 days' WHERE id = ANY ($1::uuid[])",
                ["{\(ids[0]),\(ids[1])}"])
            func tidy() async throws {
                #expect(try await house.product.invoke("tidy", ["timer": ["IsPastDue": false]]) == 200)
            }
            // For ever, until somebody says otherwise.
            try await tidy()
            #expect(try await documents(house.boss) == 3)
            #expect(try await house.boss.send(.patch, "workspaces/default", ["keepDocumentsDays": 30]).status == 200)
            try await tidy()
            #expect(try await documents(house.boss) == 1)
            #expect(try await sql.query("SELECT 1 FROM documents").count == 1)
            #expect(try await house.product.storage.blobs.list("documents", prefix: "").count == 1)
            let entries = try await house.boss.send(.get, "workspaces/default/audit").json["entries"]?.array ?? []
            #expect(entries.first { $0["action"] == "retention" }?["object"] == "documents=2")
            #expect(try await house.boss.send(.get, "audit/state").json["state"] == "intact")
        }
    }
}
