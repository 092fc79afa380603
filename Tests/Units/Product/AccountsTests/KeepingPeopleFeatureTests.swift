import Digests
import HTTPMessages
import JSONCoding
import Postgres
import ProductFixture
import TestSupport
import Testing

/// How people keep and delete their chats, where there are others in the workspace.
@Suite(.enabled(if: RunningProduct.hasDatabase, "\(RunningProduct.noDatabase)"))
struct KeepingPeopleFeatureTests {
    private func chat(_ browser: Browser, workspace: String = "default") async throws -> String {
        let answer = try await browser.send(
            .chat, .post, "/api/chat", ["message": "What is said?", "useDocuments": false], workspace: workspace)
        #expect(answer.status == 200, "\(answer.text)")
        return answer.json["chatId"]?.string ?? ""
    }

    private func with(_ body: (House) async throws -> Void) async throws {
        try await House.with([.chat, .history], model: { _ in .text("Well.") }) { house in
            #expect(try await house.boss.send(.post, "workspaces", ["id": "other", "name": "Other"]).status == 201)
            try await body(house)
        }
    }

    @Test func nobodyKeepsDeletesOrRestoresTheChatsOfOthers() async throws {
        try await with { house in
            let ann = try await house.person("ann", ["default": "editor", "other": "editor"]).browser
            let bob = try await house.person("bob", ["default": "owner", "other": "owner"]).browser
            let (one, two) = (try await chat(ann), try await chat(ann))
            let elsewhere = try await chat(ann, workspace: "other")
            _ = try await ann.send(
                .history, .patch, "/api/history/\(one)", ["folder": "Private"], workspace: "default")
            // Bob owns both workspaces, and the boss every one.
            for (browser, workspace) in [(bob, "default"), (house.boss, "default"), (ann, "other")] {
                for id in [one, two] {
                    let patched = try await browser.send(
                        .history, .patch, "/api/history/\(id)", ["pinned": true], workspace: workspace)
                    #expect(patched.status == 404)
                    for path in ["/api/history/\(id)?undo=true", "/api/history/\(id)"] {
                        #expect(try await browser.send(.history, .delete, path, workspace: workspace).status == 404)
                    }
                }
                for undo in [true, false] {
                    let many = try await browser.send(
                        .history, .post, "/api/history/delete",
                        ["ids": [.string(one), .string(two)], "undo": .bool(undo)], workspace: workspace)
                    #expect(many.json["results"]?.array?.compactMap { $0["status"]?.int } == [404, 404])
                }
                let folders = try await browser.send(.history, .get, "/api/history/folders", workspace: workspace)
                #expect(folders.json == ["folders": []])
            }
            // What she deletes for now, she alone brings back, and from its own workspace.
            let hidden = try await ann.send(
                .history, .post, "/api/history/delete", ["ids": .strings([one, elsewhere, two]), "undo": true],
                workspace: "default")
            #expect(hidden.json["results"]?.array?.compactMap { $0["status"]?.int } == [202, 404, 202])
            for (browser, workspace) in [(bob, "default"), (house.boss, "default"), (ann, "other")] {
                let answer = try await browser.send(
                    .history, .post, "/api/history/\(one)/restore", workspace: workspace)
                #expect(answer.status == 404)
            }
            for id in [one, two] {
                let answer = try await ann.send(.history, .post, "/api/history/\(id)/restore", workspace: "default")
                #expect(answer.status == 200 && answer.json["messages"] == 2)
            }
            #expect(try await ann.send(.history, .get, "/api/history/\(elsewhere)", workspace: "other").status == 200)
        }
    }

    /// Whoever goes takes with them what they had deleted for now.
    @Test func whatIsDeletedForNowGoesWithItsPerson() async throws {
        try await with { house in
            let ann = try await house.person("ann")
            let id = try await chat(ann.browser)
            #expect(try await ann.browser.send(.history, .delete, "/api/history/\(id)?undo=true").status == 202)
            #expect(try await house.boss.send(.delete, "people/\(ann.id)").status == 204)
            let left = try await house.product.sql.query(
                "SELECT deleting, undo_until IS NULL AS is_final FROM chats WHERE id = $1", [id])
            #expect(try left.first?.bool("deleting") == true && left.first?.bool("is_final") == true)
        }
    }

    @Test func whatIsDeletedAndRestoredIsWrittenDown() async throws {
        try await with { house in
            let ann = try await house.person("ann").browser
            let (one, two) = (try await chat(ann), try await chat(ann))
            let unknown = UUIDv7.make()
            _ = try await ann.send(
                .history, .post, "/api/history/delete", ["ids": .strings([one, two, unknown]), "undo": true])
            _ = try await ann.send(.history, .post, "/api/history/\(two)/restore")
            _ = try await ann.send(.history, .delete, "/api/history/\(two)?undo=true")
            let entries = try await house.boss.send(.get, "audit?limit=50").json["entries"]?.array ?? []
            func object(_ action: String) -> String {
                entries.first { $0["action"]?.string == action }?["object"]?.string ?? ""
            }
            #expect(object("POST /api/history/delete") == "chats=\(one),\(two) undo=true")
            #expect(object("DELETE /api/history/{chatId}") == "chatId=\(two) undo=true")
            #expect(object("POST /api/history/{chatId}/restore") == "chatId=\(two)")
        }
    }
}
