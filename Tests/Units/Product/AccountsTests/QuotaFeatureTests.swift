import AzureStorage
import Catalog
import Digests
import FoundationEssentials
import HTTPMessages
import JSONCoding
import Postgres
import ProductFixture
import Synchronization
import TestSupport
import Testing

/// What workspaces, people and keys may use up, on real servers.
@Suite(.enabled(if: RunningProduct.hasDatabase, "\(RunningProduct.noDatabase)"))
struct QuotaFeatureTests {
    /// Another one each time, for answers are remembered.
    private static var question: JSONValue {
        ["question": .string("What is \(UUIDv7.make())?"), "useDocuments": false]
    }

    private func ask(_ browser: Browser) async throws -> AppAnswer {
        try await browser.send(.chat, .post, "/api/ask", Self.question)
    }

    private func set(_ house: House, _ body: JSONValue, workspace: String = "default") async throws {
        let answer = try await house.boss.send(.put, "quotas", body, workspace: workspace)
        #expect(answer.status == 200, "\(answer.text)")
    }

    /// Asks side by side; returns the answers.
    private func askManyTimes(_ count: Int, _ browser: Browser) async throws -> [AppAnswer] {
        try await withThrowingTaskGroup(of: AppAnswer.self) { group in
            for _ in 0..<count { group.addTask { try await ask(browser) } }
            return try await group.reduce(into: []) { $0.append($1) }
        }
    }

    /// How many answers had each status.
    private static func counts(_ answers: [AppAnswer]) -> [Int: Int] {
        answers.reduce(into: [:]) { $0[$1.status, default: 0] += 1 }
    }

    private func expectWaits(_ answers: [AppAnswer], _ beginning: String) throws {
        for answer in answers where answer.status == 429 {
            #expect(answer.json["code"] == "quota_exceeded")
            #expect(answer.json["detail"]?.string?.hasPrefix(beginning) == true)
            let wait = Int(try #require(answer.fields["retry-after"])) ?? 0
            #expect((1...86_400).contains(wait))
        }
    }

    // MARK: Questions

    @Test func aHundredQuestionsSideBySideAreNoMoreThanTheDayHas() async throws {
        try await House.with([.chat], model: { _ in .text("Nothing.") }) { house in
            try await set(house, ["of": "workspace", "limits": ["questionsPerDay": 10]])
            let answers = try await askManyTimes(100, house.boss)
            #expect(Self.counts(answers) == [200: 10, 429: 90])
            try expectWaits(answers, "The workspace's limit of 10 questions a day")
            #expect(house.product.model.asked.count == 10)
            let usage = try await house.boss.send(.get, "usage?of=workspace")
            #expect(usage.json["total"]?["questions"] == 10)
            try await expectOthersAreRefused(house)
        }
    }

    /// A chat's question counts as well, and OpenAI's clients are told in their form.
    private func expectOthersAreRefused(_ house: House) async throws {
        let chat = try await house.boss.send(.chat, .post, "/api/chat", ["message": "And now?", "useDocuments": false])
        #expect(chat.status == 429)
        let chats = try await house.product.sql.query("SELECT 1 FROM chats")
        #expect(chats.isEmpty)
        let completion = try await house.boss.send(
            .chat, .post, "/v1/chat/completions",
            ["model": "openai:scripted", "messages": [["role": "user", "content": "And now?"]]])
        #expect(completion.status == 429)
        #expect(completion.json["error"]?["message"]?.string != nil)
    }

    @Test func eachMemberHasTheirOwnDayAndAKeyItsOwn() async throws {
        try await House.with([.chat], model: { _ in .text("Nothing.") }) { house in
            let ann = try await house.person("ann")
            let bob = try await house.person("bob")
            let made = try await bob.browser.send(.post, "keys", ["name": "k", "scopes": ["ask"]])
            let (key, id) = (made.json["key"]?.string ?? "", made.json["id"] ?? .null)
            try await set(house, ["of": "members", "limits": ["questionsPerDay": 2]])
            try await set(house, ["of": "person", "id": .string(bob.id), "limits": ["questionsPerDay": 4]])
            try await set(house, ["of": "key", "id": id, "limits": ["questionsPerDay": 1]])
            for status in [200, 200, 429] { #expect(try await ask(ann.browser).status == status) }
            func askByKey() async throws -> AppAnswer {
                try await house.product.post(
                    .chat, "/api/ask", Self.question, fields: ["Authorization": "Bearer \(key)"])
            }
            #expect(try await askByKey().status == 200)
            let refused = try await askByKey()
            #expect(refused.status == 429)
            #expect(refused.json["detail"]?.string?.hasPrefix("The key's limit of 1 question a day") == true)
            // What the key has asked is among what its person has.
            for status in [200, 200, 200, 429] { #expect(try await ask(bob.browser).status == status) }
            let own = try await bob.browser.send(.get, "quotas").json
            #expect(own["quotas"]?.array?.count == 1)
            #expect(own["quotas"]?[0]?["used"] == 4 && own["quotas"]?[0]?["state"] == "used_up")
            #expect(own["quotas"]?[0]?["until"]?.string?.hasSuffix("00:00:00.000Z") != nil)
            let days = try await house.boss.send(.get, "usage?of=people").json["days"]?.array ?? []
            #expect(days.first { $0["person"] == .string(bob.id) }?["questions"] == 4)
            #expect(days.first { $0["person"] == .string(ann.id) }?["questions"] == 2)
            // With a person goes what they have used; the workspace's sum stays.
            #expect(try await house.boss.send(.delete, "people/\(bob.id)").status == 204)
            let rows = try await house.product.sql.query(
                "SELECT count(*) AS n, sum(questions) FILTER (WHERE num_nonnulls(person_id, key_id) = 0) AS s FROM quota_usage"
            )
            #expect(try rows.first?.int("n") == 2 && rows.first?.int("s") == 6)
            #expect(try await house.product.sql.query("SELECT 1 FROM quotas WHERE NOT of_members").isEmpty)
        }
    }

    // MARK: Budgets

    @Test func aHundredQuestionsSideBySideSpendNoMoreThanTheBudget() async throws {
        try await House.with([.chat], model: { _ in .text(String(repeating: "Nothing. ", count: 60)) }) { house in
            let budget: Int64 = 4000
            try await set(house, ["of": "workspace", "limits": ["tokensPerMonth": .int(budget)]])
            let answers = try await askManyTimes(100, house.boss)
            let refused = answers.filter { $0.status == 402 }
            let counts = Self.counts(answers)
            #expect(counts.count == 2 && (1..<20).contains(counts[200] ?? 0), "\(counts)")
            let detail = refused.first?.json["detail"]?.string ?? ""
            #expect(detail.hasPrefix("The workspace's limit of 4000 tokens a month"), "\(detail)")
            #expect(refused.first?.fields["retry-after"] != nil)
            let spent = try await house.boss.send(.get, "usage?of=workspace").json["total"]?["tokens"]?.int ?? .max
            #expect(spent <= budget && spent > 0)
            // Nothing stays reserved.
            #expect(try await house.product.sql.query("SELECT 1 FROM quota_reservations").isEmpty)
        }
    }

    @Test func anAnswerIsNoLongerThanWhatIsLeft() async throws {
        try await House.with([.chat], model: { _ in .text("Nothing.") }) { house in
            try await set(house, ["of": "workspace", "limits": ["tokensPerMonth": 1000]])
            #expect(try await ask(house.boss).status == 200)
            let most = try #require(house.product.model.asked.first?.body["max_tokens"]?.int)
            #expect((128..<1000).contains(most))
        }
    }

    @Test func aDearModelGivesWayToACheaperOne() async throws {
        let file = FileManager.default.temporaryDirectory.path + "/apus-prices-\(UUIDv7.make()).json"
        let prices =
            #"{"models": {"openai:dear": {"price": {"input": 10000, "output": 10000}}, "openai:cheap": {"price": {"input": 0, "output": 0}}}}"#
        #expect(FileManager.default.createFile(atPath: file, contents: Data(prices.utf8)))
        defer { try? FileManager.default.removeItem(atPath: file) }
        let settings = ["APUS_MODELS": "openai:dear,openai:cheap", "APUS_MODEL_SETTINGS": file]
        try await House.with([.chat], settings: settings, model: { .text("Said by \($0.model).") }) { house in
            // Enough for a few answers of the dear model, at a cent a token.
            try await set(house, ["of": "workspace", "limits": ["costPerMonth": 3], "policy": "model"])
            var models: [String] = []
            for _ in 0..<20 {
                let answer = try await ask(house.boss)
                #expect(answer.status == 200, "\(answer.text)")
                models.append(answer.json["receipt"]?["model"]?.string ?? "")
                if models.last == "openai:cheap" {
                    let attempts = answer.json["receipt"]?["attempts"]?.array ?? []
                    #expect(attempts.first?["failure"] == "over_budget")
                    let told = answer.json["receipt"]?["quotas"]?[0]
                    #expect(told?["metric"] == "costPerMonth")
                }
            }
            #expect(models.first == "openai:dear" && models.last == "openai:cheap")
            let spent =
                try await house.boss.send(.get, "usage?of=workspace").json["total"]?["cost"]?.double ?? .infinity
            #expect(spent <= 3 && spent > 0)
        }
    }

    /// Nobody is rid of what they use by deleting what they use it with, or by leaving.
    @Test func whoDeletesTheirKeyInMidAnswerHasUsedIt() async throws {
        let gate = Gate()
        try await House.with([.chat], model: { _ in .held("Nothing.", until: gate) }) { house in
            let ann = try await house.person("ann")
            try await set(house, ["of": "workspace", "limits": ["tokensPerMonth": 100_000]])
            let made = try await ann.browser.send(.post, "keys", ["name": "k", "scopes": ["ask"]])
            let (key, id) = (made.json["key"]?.string ?? "", made.json["id"]?.string ?? "")
            async let asked = house.product.post(
                .chat, "/api/ask", Self.question, fields: ["Authorization": "Bearer \(key)"])
            #expect(await eventually { house.product.model.asked.count == 1 })
            #expect(try await ann.browser.send(.delete, "keys/\(id)").status == 204)
            #expect(try await house.product.sql.query("SELECT 1 FROM quota_reservations").count == 1)
            gate.open()
            #expect(try await asked.status == 200)
            for of in ["workspace", "people"] {
                let total = try await house.boss.send(.get, "usage?of=\(of)").json["total"]
                #expect(total?["tokens"]?.int ?? 0 > 0, "\(of)")
            }
            #expect(try await house.product.sql.query("SELECT 1 FROM quota_reservations").isEmpty)
        }
    }

    @Test func whoLeavesBeforeTheFirstWordHasHadTheQuestionRead() async throws {
        let gate = Gate()
        try await House.with([.chat], model: { _ in .held("Nothing.", until: gate) }) { house in
            try await set(house, ["of": "workspace", "limits": ["tokensPerMonth": 100_000]])
            let question = Task { try await ask(house.boss) }
            #expect(await eventually { house.product.model.asked.count == 1 })
            question.cancel()
            _ = try? await question.value
            let isCounted = try await eventually {
                try await house.boss.send(.get, "usage?of=workspace").json["total"]?["tokens"]?.int ?? 0 > 0
            }
            #expect(isCounted)
            gate.open()
        }
    }

    @Test func whatACrashHasLeftReservedIsFreeWithinTwoMinutes() async throws {
        try await House.with([.chat], model: { _ in .text("Nothing.") }) { house in
            try await set(house, ["of": "workspace", "limits": ["tokensPerMonth": 10_000]])
            try await house.product.catalog.useQuotas(UUIDv7.make(), of: QuotaHolder(person: nil, key: nil)) { _ in
                var use = QuotaUse()
                use.tokens = 9_990
                return use
            }
            let held = try await ask(house.boss)
            #expect(held.status == 402 && held.json["detail"]?.string?.contains("held by questions under way") == true)
            let row = try await house.product.sql.query(
                "SELECT ceil(extract(epoch FROM expires_at - now()))::int AS seconds FROM quota_reservations")
            #expect(try (1...120).contains(#require(row.first).int("seconds")))
            try await house.product.sql.query("UPDATE quota_reservations SET expires_at = now() - interval '1 second'")
            #expect(try await ask(house.boss).status == 200)
        }
    }

    @Test(.enabled(if: RunningProduct.canSearch, "\(RunningProduct.noSearch)"))
    func documentsAreQuotedWhenTheMoneyIsUsedUp() async throws {
        try await House.with([.chat, .upload], model: { _ in .text("Nothing.") }) { house in
            _ = try await house.boss.send(
                .put, "quotas", ["of": "workspace", "limits": ["tokensPerMonth": 10], "policy": "quotes"])
            let uploaded = try await house.boss.send(
                .upload, .post, "/api/upload?name=a.txt", "The spare key hangs behind the green door.")
            #expect(uploaded.status == 202)
            _ = try await house.product.ingestAll()
            let answer = try await house.boss.send(
                .chat, .post, "/api/chat", ["message": "Where does the spare key hang?"])
            #expect(answer.status == 200, "\(answer.text)")
            #expect(answer.json["text"]?.string?.contains("behind the green door") == true)
            #expect(answer.json["receipt"]?["model"] == "extractive")
            #expect(house.product.model.asked.isEmpty)
        }
    }

    // MARK: Rates

    @Test func aBucketIsSharedAndFillsAgain() async throws {
        try await House.with { house in
            let catalog = house.product.catalog
            let waits = try await withThrowingTaskGroup(of: Int?.self) { group in
                for _ in 0..<50 {
                    group.addTask { try await catalog.takeToken(.questionsPerMinute, of: .workspace, amount: 10) }
                }
                return try await group.reduce(into: [Int?]()) { $0.append($1) }
            }
            #expect(waits.count { $0 == nil } == 10)
            #expect(waits.compactMap(\.self).allSatisfy { (1...6).contains($0) })
            try await house.product.sql.query("UPDATE rate_buckets SET filled_at = filled_at - interval '12 seconds'")
            var taken = 0
            while try await catalog.takeToken(.questionsPerMinute, of: .workspace, amount: 10) == nil { taken += 1 }
            #expect(taken == 2)
            // However long nobody came, there are no more than a minute's.
            try await house.product.sql.query("UPDATE rate_buckets SET filled_at = filled_at - interval '1 day'")
            taken = 0
            while try await catalog.takeToken(.questionsPerMinute, of: .workspace, amount: 10) == nil { taken += 1 }
            #expect(taken == 10)
        }
    }

    @Test func whoAsksTooOftenIsToldWhenToComeAgain() async throws {
        try await House.with([.chat, .upload], model: { _ in .text("Nothing.") }) { house in
            let ann = try await house.person("ann")
            try await set(
                house,
                ["of": "person", "id": .string(ann.id), "limits": ["questionsPerMinute": 3, "uploadsPerMinute": 1]])
            for _ in 0..<3 { #expect(try await ask(ann.browser).status == 200) }
            let refused = try await ask(ann.browser)
            #expect(refused.status == 429 && refused.json["code"] == "rate_limited")
            #expect((1...20).contains(refused.fields["retry-after"].flatMap { Int($0) } ?? 0))
            func upload(_ text: String) async throws -> Int {
                try await ann.browser.send(.upload, .post, "/api/upload?name=a.txt", .string(text)).status
            }
            #expect(try await upload("one") == 202)
            #expect(try await upload("two") == 429)
            #expect(try await ask(house.boss).status == 200)
        }
    }

    @Test func whatSomebodyIsRefusedForThemselvesIsNotTakenFromAll() async throws {
        try await House.with([.chat], model: { _ in .text("Nothing.") }) { house in
            let ann = try await house.person("ann")
            try await set(house, ["of": "workspace", "limits": ["questionsPerMinute": 10]])
            try await set(house, ["of": "person", "id": .string(ann.id), "limits": ["questionsPerMinute": 2]])
            for _ in 0..<20 { _ = try await ask(ann.browser) }
            #expect(try await ask(house.boss).status == 200)
        }
    }

    // MARK: What is held

    @Test func howMuchThereIsOthersAreNotTold() async throws {
        try await House.with([.upload]) { house in
            let ann = try await house.person("ann")
            try await set(house, ["of": "workspace", "limits": ["documents": 5, "bytes": 1000]])
            let sent = try await house.boss.send(.upload, .post, "/api/upload?name=a.txt&readers=me", "For me.")
            #expect(sent.status == 202)
            let told = try await ann.browser.send(.get, "quotas").json["quotas"]?.array ?? []
            #expect(told.count == 2 && told.allSatisfy { $0["used"] == nil && $0["state"] == "open" })
            let known = try await house.boss.send(.get, "quotas").json["quotas"]?.array ?? []
            #expect(known.contains { $0["used"] == 1 })
        }
    }

    @Test func uploadsSideBySideDoNotPassWhatAWorkspaceMayHold() async throws {
        try await House.with([.upload]) { house in
            try await set(house, ["of": "workspace", "limits": ["documents": 3]])
            let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
                for number in 0..<20 {
                    group.addTask {
                        try await house.boss.send(
                            .upload, .post, "/api/upload?name=\(number).txt", .string("Text \(number)")
                        ).status
                    }
                }
                return try await group.reduce(into: [Int]()) { $0.append($1) }
            }
            #expect(statuses.count { $0 == 202 } == 3 && statuses.count { $0 == 402 } == 17, "\(statuses)")
            let listed = try await house.boss.send(.upload, .get, "/api/documents").json["documents"]?.array ?? []
            #expect(listed.count == 3)
            let blobs = try await house.product.storage.blobs.list("documents", prefix: "")
            #expect(blobs.count == 3)
            // Where one goes there is room for another.
            let id = listed.first?["id"]?.string ?? ""
            #expect(try await house.boss.send(.upload, .delete, "/api/documents/\(id)").status == 200)
            #expect(try await house.boss.send(.upload, .post, "/api/upload?name=n.txt", "New").status == 202)
        }
    }

    @Test func aFileThatDoesNotFitIsTakenBack() async throws {
        try await House.with([.upload]) { house in
            try await set(house, ["of": "workspace", "limits": ["bytes": 100]])
            func upload(_ count: Int, _ letter: String) async throws -> AppAnswer {
                try await house.boss.send(
                    .upload, .post, "/api/upload?name=a.txt", .string(String(repeating: letter, count: count)))
            }
            #expect(try await upload(60, "a").status == 202)
            let refused = try await upload(60, "b")
            #expect(refused.status == 402, "\(refused.text)")
            #expect(refused.json["detail"]?.string?.contains("Delete documents") == true)
            #expect(try await house.product.storage.blobs.list("documents", prefix: "").count == 1)
            #expect(try await upload(30, "c").status == 202)
        }
    }

    // MARK: Who may say so

    @Test func administratorsLimitWorkspacesAndOwnersTheirMembers() async throws {
        try await House.with { house in
            #expect(try await house.boss.send(.post, "workspaces", ["id": "other", "name": "Other"]).status == 201)
            let owner = try await house.person("owner", ["other": "owner"])
            let editor = try await house.person("editor", ["other": "editor"])
            let stranger = try await house.person("stranger")
            func status(_ browser: Browser, _ body: JSONValue) async throws -> Int {
                try await browser.send(.put, "quotas", body, workspace: "other").status
            }
            let members: JSONValue = ["of": "members", "limits": ["questionsPerDay": 5]]
            #expect(try await status(owner.browser, members) == 200)
            #expect(try await status(editor.browser, members) == 403)
            #expect(try await status(stranger.browser, members) == 404)
            #expect(try await status(owner.browser, ["of": "workspace", "limits": ["questionsPerDay": 5]]) == 403)
            #expect(
                try await status(
                    house.boss, ["of": "workspace", "limits": ["questionsPerDay": 50], "policy": "quotes"]) == 200)
            func set(_ id: String) async throws -> Int {
                try await status(owner.browser, ["of": "person", "id": .string(id), "limits": ["tokensPerMonth": 5]])
            }
            #expect(try await set(editor.id) == 200)
            // Whether somebody is there who is no member is not told.
            #expect(try await set(stranger.id) == 400)
            #expect(try await set(UUIDv7.make()) == 400)
            let all = try await owner.browser.send(.get, "quotas?of=everybody", workspace: "other").json
            #expect(all["policy"] == "quotes" && all["quotas"]?.array?.count == 3)
            #expect(try await editor.browser.send(.get, "quotas?of=everybody", workspace: "other").status == 403)
            let own = try await editor.browser.send(.get, "quotas", workspace: "other").json["quotas"]?.array ?? []
            #expect(
                own.compactMap { $0["metric"]?.string }.sorted() == [
                    "questionsPerDay", "questionsPerDay", "tokensPerMonth",
                ])
            #expect(try await editor.browser.send(.get, "usage", workspace: "other").status == 200)
            #expect(try await editor.browser.send(.get, "usage?of=people", workspace: "other").status == 403)
            // Of another workspace nothing is seen.
            #expect(try await stranger.browser.send(.get, "quotas").json["quotas"]?.array?.isEmpty == true)
            // Taken away again.
            #expect(try await status(owner.browser, ["of": "members", "limits": ["questionsPerDay": nil]]) == 200)
            #expect(try await house.product.sql.query("SELECT 1 FROM quotas WHERE of_members").isEmpty)
        }
    }

    @Test(arguments: [
        (#"{}"#, "of"), (#"{"of": "everybody"}"#, "of"), (#"{"of": "person"}"#, "id"),
        (#"{"of": "person", "id": "me"}"#, "id"), (#"{"of": "members", "id": "x"}"#, "id"),
        (#"{"of": "workspace", "limits": {"wishes": 3}}"#, "limits.wishes"),
        (#"{"of": "workspace", "limits": {"documents": -1}}"#, "limits.documents"),
        (#"{"of": "workspace", "limits": {"documents": 1.5}}"#, "limits.documents"),
        (#"{"of": "workspace", "limits": {"documents": "many"}}"#, "limits.documents"),
        (#"{"of": "workspace", "limits": []}"#, "limits.body"),
        (#"{"of": "members", "limits": {"bytes": 1}}"#, "limits.bytes"),
        (#"{"of": "workspace", "policy": "hope"}"#, "policy"), (#"{"of": "members", "policy": "quotes"}"#, "policy"),
    ])
    func whatIsAskedForWronglyIsNamed(body: String, field: String) async throws {
        try await House.with { house in
            let answer = try await house.boss.send(.put, "quotas", try JSONParser.parse(body.bytes))
            #expect(answer.status == 400, "\(answer.text)")
            #expect(answer.json["errors"]?.array?.contains { $0["field"] == .string(field) } == true, "\(answer.text)")
            #expect(try await house.product.sql.query("SELECT 1 FROM quotas").isEmpty)
        }
    }

    @Test func whereNobodySignsInTheOnePersonLimitsThemselves() async throws {
        try await RunningProduct.with([.account, .chat], model: { _ in .text("Nothing.") }) { product in
            func put(_ body: JSONValue) async throws -> Int {
                try await product.send(
                    .account, .put, "/api/account/quotas", fields: ["Content-Type": "application/json"],
                    body: body.encoded
                ).status
            }
            #expect(try await put(["of": "workspace", "limits": ["questionsPerDay": 1]]) == 200)
            #expect(try await product.post(.chat, "/api/ask", Self.question).status == 200)
            #expect(try await product.post(.chat, "/api/ask", Self.question).status == 429)
            let usage = try await product.get(.account, "/api/account/usage").json
            #expect(usage["total"]?["questions"] == 1)
            #expect(try await product.get(.account, "/api/account/usage?from=yesterday").status == 400)
        }
    }
}
