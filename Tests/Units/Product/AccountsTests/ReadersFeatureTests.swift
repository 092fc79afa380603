import AzureStorage
import Catalog
import Digests
import HTTPMessages
import JSONCoding
import ProductFixture
import TestSupport
import Testing

/// Documents that only some members of a workspace see.
@Suite(.enabled(if: RunningProduct.hasDatabase, "\(RunningProduct.noDatabase)"))
struct ReadersFeatureTests {
    private func upload(_ browser: Browser, _ text: String, readers: String) async throws -> AppAnswer {
        try await browser.send(.upload, .post, "/api/upload?name=a.txt&readers=\(readers)", .string(text))
    }

    private func id(_ answer: AppAnswer) throws -> String {
        try #require(answer.json["documents"]?[0]?["id"]?.string, "\(answer.text)")
    }

    private func listed(_ browser: Browser) async throws -> [String] {
        let list = try await browser.send(.upload, .get, "/api/documents").json["documents"]?.array ?? []
        return list.compactMap { $0["id"]?.string }
    }

    @Test func aLimitedDocumentIsNotThereForOthers() async throws {
        try await House.with([.upload]) { house in
            let (ann, bob) = (try await house.person("ann"), try await house.person("bob"))
            let owner = try await house.person("owner", ["default": "owner"])
            let document = try id(try await upload(ann.browser, "Only for Ann.", readers: "me"))
            for browser in [ann.browser, owner.browser, house.boss] {
                #expect(try await listed(browser) == [document])
                let one = try await browser.send(.upload, .get, "/api/documents/\(document)")
                #expect(one.status == 200 && one.json["limited"] == true)
            }
            #expect(try await listed(bob.browser).isEmpty)
            for path in ["", "/content", "/text", "/report", "/pages/1", "/pages/1/words"] {
                #expect(try await bob.browser.send(.upload, .get, "/api/documents/\(document)\(path)").status == 404)
            }
            #expect(try await bob.browser.send(.upload, .delete, "/api/documents/\(document)").status == 404)
            #expect(try await bob.browser.send(.upload, .post, "/api/documents/\(document)/retry").status == 404)
            // That somebody has the same bytes is not told.
            let same = try await upload(bob.browser, "Only for Ann.", readers: "")
            #expect(same.json["documents"]?[0]?["duplicate"] == nil)
            #expect(try id(same) != document)
        }
    }

    @Test func aNewVersionIsSeenByNoMoreThanWhatItReplaces() async throws {
        try await House.with([.upload]) { house in
            let (ann, bob) = (try await house.person("ann").browser, try await house.person("bob").browser)
            let own = try id(try await upload(ann, "The salary is 1.", readers: "me"))
            // He does not see hers, and has one of the name by chance or by design, later.
            _ = try id(try await upload(bob, "Nothing at all.", readers: ""))
            let next = try await ann.send(
                .upload, .post, "/api/upload?name=a.txt&onExisting=replace", .string("The salary is 250,000."))
            #expect(next.json["documents"]?[0]?["versionOf"]?.string == own)
            let hidden = try await bob.send(.upload, .get, "/api/documents/\(try id(next))")
            #expect(hidden.status == 404)
        }
    }

    @Test func jobsAreTheirPersonsAndTheOwners() async throws {
        try await House.with([.upload]) { house in
            let (ann, bob) = (try await house.person("ann").browser, try await house.person("bob").browser)
            let owner = try await house.person("owner", ["default": "owner"]).browser
            let document = try id(try await upload(ann, "Only for Ann.", readers: "me"))
            try await house.product.put(document, into: .ready)
            let body: JSONValue = ["kind": "process", "documents": [.string(document)]]
            // He cannot have read anew what he does not see.
            #expect(try await bob.send(.upload, .post, "/api/jobs", body).status == 409)
            #expect(try await ann.send(.upload, .post, "/api/jobs", ["kind": "check"]).status == 403)
            let job = try await ann.send(.upload, .post, "/api/jobs", body).json["id"]?.string ?? ""
            for (browser, count, status) in [(ann, 1, 200), (owner, 1, 200), (bob, 0, 404)] {
                let list = try await browser.send(.upload, .get, "/api/jobs").json["jobs"]?.array
                #expect(list?.count == count)
                for path in ["", "/items", "/events"] where status == 404 || path != "/events" {
                    let answer = try await browser.send(.upload, .get, "/api/jobs/\(job)\(path)")
                    #expect(answer.status == status, "\(path)")
                }
            }
            #expect(try await bob.send(.upload, .post, "/api/jobs/\(job)/cancel").status == 404)
            #expect(try await owner.send(.upload, .post, "/api/jobs/\(job)/cancel").status == 200)
        }
    }

    @Test func ownersSayWhoSeesIt() async throws {
        try await House.with([.upload]) { house in
            let (ann, bob) = (try await house.person("ann"), try await house.person("bob"))
            let owner = try await house.person("owner", ["default": "owner"])
            let document = try id(try await upload(owner.browser, "For some.", readers: ""))
            func limit(_ people: JSONValue, by browser: Browser) async throws -> AppAnswer {
                try await browser.send(.upload, .put, "/api/documents/\(document)/access", ["people": people])
            }
            #expect(try await listed(bob.browser) == [document])
            let limited = try await limit([.string(ann.id), .string(ann.id)], by: owner.browser)
            #expect(limited.status == 200 && limited.json["limited"] == true)
            #expect(limited.json["people"]?.array?.compactMap { $0["login"]?.string } == ["ann"])
            #expect(try await listed(ann.browser) == [document])
            #expect(try await listed(bob.browser).isEmpty)
            #expect(try await limit(nil, by: ann.browser).status == 403)
            #expect(try await limit([], by: owner.browser).status == 200)
            #expect(try await listed(ann.browser).isEmpty)
            #expect(try await listed(owner.browser) == [document])
            #expect(try await limit([.string(ann.id)], by: owner.browser).status == 200)
            // Whoever leaves reads nothing of it, also when they come back.
            #expect(try await house.boss.send(.delete, "workspaces/default/members/\(ann.id)").status == 204)
            #expect(
                try await house.boss.send(.put, "workspaces/default/members/\(ann.id)", ["role": "editor"]).status
                    == 200)
            #expect(try await listed(ann.browser).isEmpty)
            #expect(try await limit(nil, by: owner.browser).json["limited"] == false)
            #expect(try await listed(bob.browser) == [document])
            #expect(try await listed(ann.browser) == [document])
        }
    }

    /// Nor is it told that its name is taken, nor is anything of its versions.
    @Test func versionsOfALimitedDocumentAreItsReadersAlone() async throws {
        try await House.with([.upload]) { house in
            let (ann, bob) = (try await house.person("ann"), try await house.person("bob"))
            let owner = try await house.person("owner", ["default": "owner"])
            func send(_ browser: Browser, _ text: String, _ query: String) async throws -> AppAnswer {
                try await browser.send(.upload, .post, "/api/upload?name=a.txt&\(query)", .string(text))
            }
            let first = try id(try await send(ann.browser, "Only for Ann.", "readers=me"))
            #expect(try await send(ann.browser, "Again.", "onExisting=ask").status == 409)
            let other = try await send(bob.browser, "Of Bob.", "onExisting=ask")
            #expect(other.status == 202 && other.json["documents"]?[0]?["version"] == 1)
            // Her own is replaced, and not the newer one that everybody sees: it would be seen by everybody, too.
            let second = try await send(ann.browser, "Still for Ann.", "onExisting=replace")
            #expect(second.json["documents"]?[0]?["versionOf"]?.string == first)
            _ = try await bob.browser.send(.upload, .delete, "/api/documents/\(try id(other))?versions=all")
            // And the next version has the readers of the one before.
            let third = try id(try await send(ann.browser, "For Ann as well.", "onExisting=replace"))
            #expect(
                try await ann.browser.send(.upload, .get, "/api/documents/\(third)").json["versionOf"]?.string == first)
            #expect(try await listed(bob.browser).isEmpty)
            for path in ["/api/documents?versions=all", "/api/documents?versions=\(first)"] {
                #expect(try await bob.browser.send(.upload, .get, path).json["documents"] == [])
            }
            for (method, path) in [(HTTPMethod.delete, "?versions=all"), (.post, "/restore"), (.patch, "")] {
                let answer = try await bob.browser.send(
                    .upload, method, "/api/documents/\(first)\(path)", ["tags": ["x"]])
                #expect(answer.status == 404, "\(method)")
            }
            // Opened, and limited again, are all of them.
            func limit(_ people: JSONValue) async throws -> Int {
                try await owner.browser.send(.upload, .put, "/api/documents/\(third)/access", ["people": people]).status
            }
            #expect(try await limit(nil) == 200)
            #expect(try await bob.browser.send(.upload, .get, "/api/documents/\(first)").status == 200)
            #expect(try await limit([.string(ann.id)]) == 200)
            #expect(try await bob.browser.send(.upload, .get, "/api/documents/\(first)").status == 404)
            #expect(try await ann.browser.send(.upload, .get, "/api/documents/\(first)").status == 200)
        }
    }

    @Test func whatIsAskedForWronglyIsNamed() async throws {
        try await House.with([.upload]) { house in
            #expect(try await house.boss.send(.post, "workspaces", ["id": "other", "name": "Other"]).status == 201)
            let ann = try await house.person("ann")
            let stranger = try await house.person("stranger", ["other": "owner"])
            let document = try id(try await upload(house.boss, "Something.", readers: ""))
            let path = "/api/documents/\(document)/access"
            for people: JSONValue in ["ann", ["ann"], [5], [.string(stranger.id)], [.string(UUIDv7.make())]] {
                let answer = try await house.boss.send(.upload, .put, path, ["people": people])
                #expect(answer.status == 400 && answer.json["errors"]?[0]?["field"] == "people", "\(answer.text)")
            }
            #expect(try await house.boss.send(.upload, .put, path, [:]).status == 400)
            #expect(try await listed(ann.browser) == [document])
            let unknown = "/api/documents/\(UUIDv7.make())/access"
            #expect(try await house.boss.send(.upload, .put, unknown, ["people": []]).status == 404)
            #expect(try await house.boss.send(.upload, .get, unknown).status == 404)
            for readers in [stranger.id, "everybody", UUIDv7.make(), "me,\(stranger.id)", house.product.model.url] {
                let answer = try await upload(ann.browser, "New \(readers)", readers: readers)
                #expect(answer.status == 400, "\(readers): \(answer.text)")
            }
            // Nothing of what was refused stays.
            #expect(try await listed(house.boss) == [document])
            #expect(try await house.product.storage.blobs.list("documents", prefix: "").count == 1)
            // What everybody sees twice cannot be opened a second time.
            let copy = try id(try await upload(house.boss, "Something.", readers: "me"))
            #expect(copy != document)
            let opened = try await house.boss.send(
                .upload, .put, "/api/documents/\(copy)/access", ["people": .null])
            #expect(opened.status == 409)
        }
    }

    @Test(.enabled(if: RunningProduct.canSearch, "\(RunningProduct.noSearch)"))
    func answersAndSearchKeepToWhatTheirReaderSees() async throws {
        try await House.with([.chat, .upload], settings: ["APUS_MODELS": "extractive"]) { house in
            let (ann, bob) = (try await house.person("ann"), try await house.person("bob"))
            _ = try await upload(ann.browser, "The spare key hangs behind the green door.", readers: "me")
            _ = try await upload(ann.browser, "The car park is open at night.", readers: "")
            _ = try await house.product.ingestAll()
            func ask(_ browser: Browser) async throws -> JSONValue {
                try await browser.send(.chat, .post, "/api/chat", ["message": "Where does the spare key hang?"]).json
            }
            // In turns, for what one was told is remembered.
            for _ in 0..<2 {
                #expect(try await ask(ann.browser)["text"]?.string?.contains("green door") == true)
                let answer = try await ask(bob.browser)
                #expect(!answer.text.contains("green door") && !answer.text.contains("spare key hangs"))
            }
            let call: JSONValue = [
                "jsonrpc": "2.0", "id": 1, "method": "tools/call",
                "params": ["name": "search", "arguments": ["query": "spare key"]],
            ]
            #expect(try await ann.browser.send(.chat, .post, "/mcp", call).text.contains("green door"))
            let found = try await bob.browser.send(.chat, .post, "/mcp", call)
            #expect(found.status == 200 && !found.text.contains("green door"))
        }
    }

    @Test func whereNobodySignsInThereIsNobodyToLimitItTo() async throws {
        try await RunningProduct.with([.upload]) { product in
            let document = try await product.added("Something.", name: "a.txt")
            let answer = try await product.send(
                .upload, .put, "/api/documents/\(document)/access", fields: ["Content-Type": "application/json"],
                body: #"{"people": []}"#.bytes)
            #expect(answer.status == 409)
            let upload = try await product.send(
                .upload, .post, "/api/upload?name=b.txt&readers=me",
                fields: ["Content-Type": "application/octet-stream"], body: "Other.".bytes)
            #expect(upload.status == 400)
        }
    }
}
