import ChatMessages
import Digests
import HTTPMessages
import JSONCoding
import Postgres
import ProductFixture
import TestSupport
import Testing

/// Who may open a link to a chat, where people sign in.
@Suite(.enabled(if: RunningProduct.hasDatabase, "\(RunningProduct.noDatabase)"))
struct ShareLinksFeatureTests {
    /// Begins a chat; returns its id.
    private func chat(_ browser: Browser, workspace: String? = nil, _ text: String = "What is said?") async throws
        -> String
    {
        let answer = try await browser.send(
            .chat, .post, "/api/chat", ["message": .string(text), "useDocuments": false], workspace: workspace)
        #expect(answer.status == 200, "\(answer.text)")
        return answer.json["chatId"]?.string ?? ""
    }

    private func share(_ chat: String, _ browser: Browser, workspace: String? = nil) async throws -> (
        id: String, token: String
    ) {
        let made = try await browser.send(
            .history, .post, "/api/history/\(chat)/share", [:], workspace: workspace)
        #expect(made.status == 201, "\(made.text)")
        return (made.json["id"]?.string ?? "", made.json["token"]?.string ?? "")
    }

    private func open(_ token: String, _ browser: Browser) async throws -> AppAnswer {
        try await browser.send(.history, .get, "/api/share/\(token)")
    }

    private func setPublic(_ isPublic: Bool, _ house: House, _ workspace: String = "default") async throws {
        let set = try await house.boss.send(.patch, "workspaces/\(workspace)", ["publicLinks": .bool(isPublic)])
        #expect(set.status == 200 && set.json["publicLinks"]?.bool ?? false == isPublic, "\(set.text)")
    }

    private func with(_ body: (House) async throws -> Void) async throws {
        try await House.with([.chat, .history, .upload], model: { .text("You said: \($0.last)") }) { house in
            #expect(try await house.boss.send(.post, "workspaces", ["id": "other", "name": "Other"]).status == 201)
            try await body(house)
        }
    }

    @Test func onlyMembersOpenALinkUntilTheWorkspaceOpensItToEverybody() async throws {
        try await with { house in
            let (ann, bob) = (try await house.person("ann"), try await house.person("bob", ["default": "reader"]))
            let stranger = try await house.person("stranger", ["other": "owner"])
            let nobody = house.browser()
            let chat = try await chat(ann.browser)
            let (_, token) = try await share(chat, ann.browser)
            // Nobody but Ann sees the chat itself.
            #expect(try await bob.browser.send(.history, .get, "/api/history/\(chat)").status == 404)
            for browser in [ann.browser, bob.browser, house.boss] {
                #expect(try await open(token, browser).json["messages"]?.array?.count == 2)
            }
            for isKnown in [true, false] {
                let asked = isKnown ? token : Base62.random(48)
                let refused = try await open(asked, stranger.browser)
                #expect(refused.status == 404 && refused.json["detail"] == "The link is not found or has ended.")
                let anonymous = try await open(asked, nobody)
                #expect(anonymous.status == 401 && anonymous.json["code"] == "sign_in_required")
                #expect(
                    anonymous.json["detail"]
                        == "The link is not found or has ended, or is for people who are signed in.")
                #expect(anonymous.fields["x-robots-tag"] != nil && anonymous.fields["referrer-policy"] == "no-referrer")
            }
            // Who decides that is an owner.
            let tried = try await ann.browser.send(.patch, "workspaces/default", ["publicLinks": true])
            #expect(tried.status == 403)
            for wrong: JSONValue in ["yes", 1] {
                #expect(
                    try await house.boss.send(.patch, "workspaces/default", ["publicLinks": wrong]).status == 400)
            }
            try await setPublic(true, house)
            for browser in [nobody, stranger.browser] {
                let shown = try await open(token, browser)
                #expect(shown.status == 200 && !shown.text.contains("ann") && !shown.text.contains(chat))
            }
            // And takes it back, for all links at once.
            try await setPublic(false, house)
            #expect(try await open(token, nobody).status == 401)
            #expect(try await open(token, stranger.browser).status == 404)
            #expect(try await open(token, bob.browser).status == 200)
        }
    }

    @Test func linksAreOfOnesOwnChatsAlone() async throws {
        try await with { house in
            let (ann, bob) = (try await house.person("ann"), try await house.person("bob", ["default": "owner"]))
            let chat = try await chat(ann.browser)
            let (id, token) = try await share(chat, ann.browser)
            let path = "/api/history/\(chat)/share"
            #expect(try await bob.browser.send(.history, .post, path, [:]).status == 404)
            #expect(try await bob.browser.send(.history, .get, path).status == 404)
            #expect(try await bob.browser.send(.history, .delete, "\(path)/\(id)").status == 404)
            #expect(try await house.boss.send(.history, .get, path, workspace: "other").status == 404)
            #expect(try await open(token, bob.browser).status == 200)
            #expect(try await ann.browser.send(.history, .delete, "\(path)/\(id)").status == 204)
            #expect(try await open(token, bob.browser).status == 404)
        }
    }

    /// A key opens what its scopes and its workspace allow.
    @Test func keysOpenWhatTheyMayRead() async throws {
        try await with { house in
            let ann = try await house.person("ann", ["default": "editor", "other": "editor"])
            let (_, token) = try await share(
                try await chat(ann.browser, workspace: "default"), ann.browser, workspace: "default")
            func opened(_ scopes: JSONValue, _ workspace: String) async throws -> Int {
                let key = try await ann.browser.send(
                    .post, "keys", ["name": "k", "scopes": scopes, "workspace": .string(workspace)])
                return try await house.product.send(
                    .history, .get, "/api/share/\(token)",
                    fields: ["Authorization": "Bearer \(key.json["key"]?.string ?? "")"]
                ).status
            }
            #expect(try await opened(["read"], "default") == 200)
            #expect(try await opened(["ask"], "default") == 404)
            #expect(try await opened(["read"], "other") == 404)
        }
    }

    @Test func aDocumentThatSomebodyMayNotReadIsNotShownByTheLinkOfAnother() async throws {
        try await with { house in
            let (ann, bob) = (try await house.person("ann"), try await house.person("bob"))
            let nobody = house.browser()
            try await setPublic(true, house)
            let uploaded = try await ann.browser.send(
                .upload, .post, "/api/upload?name=a.txt", .string("Only for some."))
            let document = try #require(uploaded.json["documents"]?[0]?["id"]?.string)
            let chat = try await chat(ann.browser, "Before.")
            // As an answer would have left it that was made from the document.
            let stored = try await house.product.messages.messages(in: chat, limit: 10)
            let answer = try #require(stored.last)
            #expect(
                try await house.product.messages.replace(
                    answer,
                    with: .init(
                        id: answer.id, chatId: chat, workspaceId: "default", role: "assistant", text: "Only for some.",
                        createdAt: answer.createdAt, parentId: answer.parentId,
                        passages: [["documentId": .string(document)]], attempt: answer.attempt)))
            let (_, token) = try await share(chat, ann.browser)
            func shown(_ browser: Browser) async throws -> Int64? {
                let answer = try await open(token, browser)
                let count = Int64(answer.json["messages"]?.array?.count ?? -1)
                #expect(answer.status == 200 && answer.json["withheld"]?.int == 2 - count)
                #expect(answer.text.contains("Only for some.") == (count == 2))
                return count
            }
            for browser in [ann.browser, bob.browser, nobody, house.boss] { #expect(try await shown(browser) == 2) }
            let limited = try await house.boss.send(
                .upload, .put, "/api/documents/\(document)/access", ["people": [.string(ann.id)]])
            #expect(limited.status == 200)
            for browser in [ann.browser, house.boss] { #expect(try await shown(browser) == 2) }
            for browser in [bob.browser, nobody] { #expect(try await shown(browser) == 1) }
            // Whom the link is from does not matter, but who looks.
            #expect(
                try await house.boss.send(
                    .upload, .put, "/api/documents/\(document)/access", ["people": [.string(bob.id)]]
                ).status == 200)
            #expect(try await shown(ann.browser) == 1)
            #expect(try await shown(bob.browser) == 2)
        }
    }

    @Test func aLinkEndsWithWhoeverMadeIt() async throws {
        try await with { house in
            let ann = try await house.person("ann")
            let bob = try await house.person("bob").browser
            try await setPublic(true, house)
            let (_, token) = try await share(try await chat(ann.browser), ann.browser)
            let nobody = house.browser()
            func states() async throws -> [Int] {
                [try await open(token, bob).status, try await open(token, nobody).status]
            }
            #expect(try await states() == [200, 200])
            // Whoever may not sign in, or has left, gives nothing away until they are back.
            #expect(try await house.boss.send(.patch, "people/\(ann.id)", ["active": false]).status == 200)
            #expect(try await states() == [404, 401])
            #expect(try await house.boss.send(.patch, "people/\(ann.id)", ["active": true]).status == 200)
            #expect(try await states() == [200, 200])
            #expect(try await house.boss.send(.delete, "workspaces/default/members/\(ann.id)").status == 204)
            #expect(try await states() == [404, 401])
            #expect(
                try await house.boss.send(.put, "workspaces/default/members/\(ann.id)", ["role": "reader"]).status
                    == 200)
            #expect(try await states() == [200, 200])
            #expect(try await house.boss.send(.delete, "people/\(ann.id)").status == 204)
            #expect(try await states() == [404, 401])
            #expect(try await house.product.sql.query("SELECT 1 FROM shares").isEmpty)
        }
    }

    @Test func makingOpeningAndEndingALinkIsWrittenDownWithoutWhatOpensIt() async throws {
        try await with { house in
            let ann = try await house.person("ann")
            try await setPublic(true, house)
            let chat = try await chat(ann.browser)
            let (id, token) = try await share(chat, ann.browser)
            #expect(try await open(token, house.browser()).status == 200)
            #expect(try await open(token, ann.browser).status == 200)
            #expect(try await ann.browser.send(.history, .delete, "/api/history/\(chat)/share/\(id)").status == 204)
            var entries: [JSONValue] = []
            let isWritten = try await eventually {
                entries = try await house.boss.send(.get, "audit?limit=100").json["entries"]?.array ?? []
                return entries.count { $0["action"] == "GET /api/share/{token}" } == 2
            }
            #expect(isWritten)
            let ofLink = entries.filter { $0["object"]?.string?.contains(id) == true }
            #expect(
                Set(ofLink.compactMap { $0["action"]?.string }) == [
                    "POST /api/history/{chatId}/share", "GET /api/share/{token}",
                    "DELETE /api/history/{chatId}/share/{shareId}",
                ])
            #expect(ofLink.allSatisfy { $0["workspace"] == "default" })
            #expect(entries.contains { $0["object"]?.string?.contains("publicLinks=true") == true })
            #expect(!entries.map(\.text).joined().contains(token))
        }
    }
}
