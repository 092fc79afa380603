import Digests
import HTTPMessages
import JSONCoding
import ProductFixture
import TestSupport
import Testing

/// Who did what, as administrators and owners read it.
@Suite(.enabled(if: RunningProduct.hasDatabase, "\(RunningProduct.noDatabase)"))
struct AuditRoutesFeatureTests {
    private func entries(_ browser: Browser, _ path: String = "audit") async throws -> [JSONValue] {
        try await browser.send(.get, path).json["entries"]?.array ?? []
    }

    @Test func whatIsDoneIsWrittenDownAndWhatIsSaidIsNot() async throws {
        try await House.with([.chat, .upload], model: { _ in .text("Nobody knows.") }) { house in
            let ann = try await house.person("ann", ["default": "editor"])
            let asked = try await ann.browser.send(
                .chat, .post, "/api/chat", ["message": "Where is the treasure?", "useDocuments": false])
            let chat = try #require(asked.json["chatId"]?.string)
            let uploaded = try await ann.browser.send(.upload, .post, "/api/upload?name=a.txt", "The treasure is here.")
            let document = try #require(uploaded.json["documents"]?[0]?["id"]?.string)
            #expect(try await ann.browser.send(.upload, .get, "/api/documents/\(document)/content").status == 200)
            #expect(try await ann.browser.send(.get, "people").status == 403)
            #expect(try await ann.browser.send(.upload, .get, "/api/documents").status == 200)
            #expect(try await house.browser().signIn("ann", "not the password").status == 401)
            #expect(try await house.browser().signIn("nobody at all", "secret words").status == 401)
            let expected: Set<String> = [
                "POST /api/account/accept 200", "POST /api/chat 200 chat=\(chat)",
                "POST /api/upload 202 document=\(document)",
                "GET /api/documents/{id}/content 200 id=\(document)", "GET /api/account/people 403",
                "POST /api/account/sign-in 401",
            ]
            func seen() async throws -> Set<String> {
                Set(
                    try await entries(house.boss, "audit?person=\(ann.id)&limit=100").map { entry in
                        [
                            entry["action"]?.string ?? "", String(entry["status"]?.int ?? 0),
                            entry["object"]?.string.flatMap { $0.hasPrefix("link=") ? nil : $0 } ?? "",
                        ].filter { !$0.isEmpty }.joined(separator: " ")
                    })
            }
            // What only reads is written soon.
            let isSeen = try await eventually { try await seen() == expected }
            let last = try await seen()
            #expect(isSeen, "\(last.symmetricDifference(expected))")
            let all = try await house.boss.send(.get, "audit/export")
            #expect(all.fields["content-type"] == "application/x-ndjson")
            for word in ["treasure", "secret words", "not the password", "nobody at all", "Nobody knows"] {
                #expect(!all.text.contains(word))
            }
            #expect(all.text.contains("\"address\":\"127.0.0.1\""))
            #expect(try await house.boss.send(.get, "audit/state").json["state"] == "intact")
        }
    }

    @Test func ownersReadOfTheirWorkspaceAlone() async throws {
        try await House.with { house in
            #expect(try await house.boss.send(.post, "workspaces", ["id": "other", "name": "Other"]).status == 201)
            let ann = try await house.person("ann", ["other": "owner"])
            #expect(try await ann.browser.send(.patch, "workspaces/other", ["name": "Ours"]).status == 200)
            #expect(try await house.boss.send(.patch, "workspaces/default", ["name": "Theirs"]).status == 200)
            let own = try await entries(ann.browser, "workspaces/other/audit")
            #expect(own.compactMap { $0["action"]?.string } == ["PATCH /api/account/workspaces/{id}"])
            // Not even when they ask for it.
            #expect(try await entries(ann.browser, "workspaces/other/audit?workspace=default").count == 1)
            #expect(try await ann.browser.send(.get, "workspaces/default/audit").status == 404)
            #expect(try await ann.browser.send(.get, "audit").status == 403)
        }
    }

    @Test func whatIsAskedForWronglyIsNamed() async throws {
        try await House.with { house in
            for query in ["limit=0", "limit=501", "person=x", "from=yesterday", "until=2026", "before=x", "before=-1"] {
                let answer = try await house.boss.send(.get, "audit?\(query)")
                #expect(answer.status == 400, "\(query)")
            }
            let pages = try await house.boss.send(.get, "audit?limit=1")
            #expect(pages.json["entries"]?.array?.count == 1)
            let all = try await entries(house.boss, "audit?from=2020-01-01T00:00:00Z&until=2999-01-01T00:00:00Z")
            #expect(!all.isEmpty)
            #expect(try await entries(house.boss, "audit?until=2020-01-01T00:00:00Z").isEmpty)
        }
    }
}
