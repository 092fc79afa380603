import Catalog
import Digests
import HTTPMessages
import JSONCoding
import Postgres
import Problems
import ProductFixture
import TestSupport
import Testing

/// The relational index on a real server.
@Suite(.serialized, .enabled(if: RunningProduct.hasDatabase, "\(RunningProduct.noDatabase)"))
struct CatalogFeatureTests {
    private func newDocument(_ name: String, chatId: String? = nil, sha256: String? = nil)
        -> WorkspaceCatalog.NewDocument
    {
        .init(
            id: UUIDv7.make(), name: name, mediaType: "text/plain", bytes: 1, sha256: sha256 ?? name, chatId: chatId)
    }

    private func ready(_ name: String, chatId: String? = nil, _ catalog: WorkspaceCatalog) async throws -> String {
        let document = try await catalog.addDocument(newDocument(name, chatId: chatId)).document
        let claim = try #require(try await catalog.claim(document.id))
        try await catalog.setReady(claim, .init(pages: 1, pagesWithoutText: 0, passages: 1, language: nil, report: [:]))
        return document.id
    }

    // MARK: - Limits

    @Test func aFullWorkspaceRefusesWhatIsNewAndKnowsWhatItHas() async throws {
        try await RunningProduct.with([]) { product in
            var limits = WorkspaceLimits()
            (limits.documents, limits.chats) = (2, 2)
            let catalog = CatalogDatabase(database: product.sql, limits: limits).view(
                of: CatalogDatabase.firstWorkspace)
            let other = CatalogDatabase(database: product.sql, limits: limits).view(of: "other")
            try await product.sql.query("INSERT INTO workspaces (id) VALUES ('other')")
            for name in ["a", "b"] {
                _ = try await catalog.addDocument(newDocument(name))
                _ = try await other.addDocument(newDocument(name))
            }
            do {
                _ = try await catalog.addDocument(newDocument("c"))
                Issue.record("a third one was taken")
            } catch let error as WorkspaceFull {
                #expect(error.problem.status == .conflict && error.problem.detail.contains("holds 2 documents"))
            }
            #expect(try await catalog.addDocument(newDocument("a")).isDuplicate)
            let chats = [UUIDv7.make(), UUIDv7.make()]
            for chat in chats { _ = try await catalog.createChat(chat, name: "c") }
            await #expect(throws: WorkspaceFull.self) { try await catalog.createChat(UUIDv7.make(), name: "c") }
            #expect(try await catalog.createChat(chats[0], name: "c").id == chats[0])
        }
    }

    // MARK: - Experiments

    @Test func experimentsAreKeptInOrderWithinTheirWorkspace() async throws {
        try await RunningProduct.with([]) { product in
            var limits = WorkspaceLimits()
            limits.experiments = 3
            let catalog = CatalogDatabase(database: product.sql, limits: limits).view(
                of: CatalogDatabase.firstWorkspace)
            let other = CatalogDatabase(database: product.sql, limits: limits).view(of: "other")
            try await product.sql.query("INSERT INTO workspaces (id) VALUES ('other')")
            let result: JSONObject = ["z": 0.1, "a": ["x", 1]]
            var ids: [String] = []
            for name in ["first", "second", "third"] {
                let record = try await catalog.addExperiment(UUIDv7.make(), name: name, result: result)
                #expect(record.name == name && record.result.text == #"{"z":0.1,"a":["x",1]}"#)
                ids.append(record.id)
            }
            await #expect(throws: WorkspaceFull.self) {
                try await catalog.addExperiment(UUIDv7.make(), name: "fourth", result: result)
            }
            #expect(try await catalog.experiments(limit: 2, before: nil).map(\.name) == ["third", "second"])
            #expect(try await catalog.experiments(limit: 2, before: ids[1]).map(\.name) == ["first"])
            #expect(try await other.experiments(limit: 9, before: nil).isEmpty)
            #expect(try await !other.deleteExperiment(ids[0]))
            #expect(try await catalog.deleteExperiment(ids[0]))
            #expect(try await !catalog.deleteExperiment(ids[0]))
            #expect(try await catalog.experiments(limit: 9, before: nil).count == 2)
        }
    }

    // MARK: - Migrations

    @Test func migrationsGoUpAndDownStepByStep() async throws {
        try await RunningProduct.with([]) { product async throws in
            let versions = CatalogDatabase.knownMigrations.map(\.version)
            #expect(versions == Set(versions).sorted() && versions.first == 1)
            #expect(try await product.catalog.index.appliedMigrations().map(\.version) == versions)
            #expect(try await product.catalog.index.migrate(to: 0) == versions.reversed())
            let tables = "SELECT 1 FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'schema_migrations'"
            #expect(try await product.sql.query(tables).isEmpty)
            for version in versions { #expect(try await product.catalog.index.migrate(to: version) == [version]) }
            #expect(try await product.catalog.index.migrate(to: nil).isEmpty)
            #expect(try await product.sql.query(tables).count >= 6)
        }
    }

    @Test func aStepDownKeepsWhatTheOlderVersionKnows() async throws {
        try await RunningProduct.with([]) { product in
            let id = UUIDv7.make()
            _ = try await product.catalog.createChat(id, name: "stays", preset: "clinic")
            try await product.catalog.index.migrate(to: 1)
            #expect(try await product.sql.query("SELECT name FROM chats").first?.string("name") == "stays")
            try await product.catalog.index.migrate(to: nil)
            let chat = try await product.catalog.chat(id)
            #expect(chat?.name == "stays" && chat?.preset == nil)
        }
    }

    @Test func aNewerSchemaIsNotTouched() async throws {
        try await RunningProduct.with([]) { product in
            try await product.sql.query(
                "INSERT INTO schema_migrations (version, name) VALUES (99, 'of the future')")
            await #expect(throws: NewerSchemaError.self) {
                try await CatalogDatabase(database: product.sql).prepare()
            }
        }
    }

    // MARK: - Chats

    @Test func aChatThatIsMadeTwiceIsOne() async throws {
        try await RunningProduct.with([]) { product in
            let id = UUIDv7.make()
            let first = try await product.catalog.createChat(id, name: "first")
            let second = try await product.catalog.createChat(id, name: "second")
            #expect(first.name == "first" && second.name == "first" && second.createdAt == first.createdAt)
            #expect(first.createdAt.wholeMatch(of: Self.time) != nil)
        }
    }

    nonisolated(unsafe) private static let time = /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/

    @Test func aChatThatManyMakeAtTheSameMomentIsOne() async throws {
        try await RunningProduct.with([]) { product in
            for _ in 0..<300 {
                let id = UUIDv7.make()
                let names = try await withThrowingTaskGroup(of: String.self) { group in
                    for number in 0..<6 {
                        group.addTask { try await product.catalog.createChat(id, name: "\(number)").name }
                    }
                    return try await group.reduce(into: Set()) { $0.insert($1) }
                }
                #expect(names.count == 1)
            }
        }
    }

    @Test func whatIsNoIdFindsNothingAndFailsNothing() async throws {
        try await RunningProduct.with([]) { product async throws in
            let catalog = product.catalog
            for id in ["", "x", "' OR 1=1", UUIDv7.make().uppercased(), UUIDv7.make() + "0"] {
                #expect(try await catalog.chat(id) == nil)
                #expect(try await catalog.document(id) == nil)
                #expect(try await catalog.renameChat(id, to: "x") == nil)
                #expect(try await catalog.markDeleting(id) == false)
                #expect(try await catalog.markChatDeleting(id) == nil)
                #expect(try await catalog.documents(chatId: id, limit: 5, after: nil).isEmpty)
                #expect(try await catalog.chats(limit: 5, before: id).isEmpty)
            }
        }
    }

    @Test func summariesOnlyGoForward() async throws {
        try await RunningProduct.with([]) { product in
            let id = UUIDv7.make()
            _ = try await product.catalog.createChat(id, name: "x")
            try await product.catalog.setSummary(id, "late", until: "2026-01-02T00:00:00.000Z")
            try await product.catalog.setSummary(id, "early", until: "2026-01-01T00:00:00.000Z")
            let chat = try await product.catalog.chat(id)
            #expect(chat?.summary == "late" && chat?.summarisedUntil == "2026-01-02T00:00:00.000Z")
        }
    }

    @Test func suggestedNamesYieldToChosenOnes() async throws {
        try await RunningProduct.with([]) { product in
            let id = UUIDv7.make()
            _ = try await product.catalog.createChat(id, name: "x")
            try await product.catalog.suggestName(id, "suggested")
            #expect(try await product.catalog.chat(id)?.name == "suggested")
            _ = try await product.catalog.renameChat(id, to: "chosen")
            try await product.catalog.suggestName(id, "again")
            #expect(try await product.catalog.chat(id)?.name == "chosen")
        }
    }

    @Test func aChatsDeletionTakesItsDocumentsAndOnlyThem() async throws {
        try await RunningProduct.with([]) { product in
            let catalog = product.catalog
            let chat = UUIDv7.make()
            _ = try await catalog.createChat(chat, name: "x")
            let own = try await ready("own", chatId: chat, catalog)
            let shared = try await ready("shared", catalog)
            #expect(try await catalog.markChatDeleting(chat) == [own])
            #expect(try await catalog.chat(chat) == nil)
            #expect(try await catalog.countMessages(chat, added: 1) == false)
            #expect(try await catalog.document(own)?.isDeleting == true)
            #expect(try await catalog.document(shared)?.isDeleting == false)
            #expect(try await catalog.chatsBeingDeleted(olderThanSeconds: 60).isEmpty)
            #expect(try await catalog.removeChat(chat).rows == 1)
            #expect(try await catalog.removeChat(chat).rows == 0)
            // The document's own deletion goes on without the chat.
            #expect(try await catalog.document(own)?.chatId == nil)
            #expect(try await catalog.removeDocument(own) == 1)
        }
    }

    // MARK: - Documents

    @Test func onlyReadyDocumentsOfTheRightChatAreSearched() async throws {
        try await RunningProduct.with([]) { product in
            let catalog = product.catalog
            let (mine, theirs) = (UUIDv7.make(), UUIDv7.make())
            for chat in [mine, theirs] { _ = try await catalog.createChat(chat, name: "x") }
            let shared = try await ready("shared", catalog)
            let own = try await ready("own", chatId: mine, catalog)
            _ = try await ready("theirs", chatId: theirs, catalog)
            _ = try await catalog.addDocument(newDocument("queued"))
            let gone = try await ready("gone", catalog)
            _ = try await catalog.markDeleting(gone)
            #expect(Set(try await catalog.searchableDocuments(chatId: nil, only: nil)) == [shared])
            #expect(Set(try await catalog.searchableDocuments(chatId: mine, only: nil)) == [shared, own])
            #expect(try await catalog.searchableDocuments(chatId: mine, only: [own, gone, "x"]) == [own])
            #expect(try await catalog.searchableDocuments(chatId: mine, only: []).isEmpty)
        }
    }

    @Test func aDocumentThatIsBeingDeletedDoesNotMove() async throws {
        try await RunningProduct.with([]) { product in
            let catalog = product.catalog
            let id = try await catalog.addDocument(newDocument("a")).document.id
            let claim = try #require(try await catalog.claim(id))
            #expect(try await catalog.renew(claim))
            #expect(try await catalog.removeDocument(id) == 0)
            #expect(try await catalog.markDeleting(id))
            let findings = WorkspaceCatalog.Findings(
                pages: 1, pagesWithoutText: 0, passages: 1, language: "de", report: ["warnings": ["w"]])
            #expect(try await catalog.renew(claim) == false)
            await #expect(throws: ClaimLost.self) { try await catalog.setEmbedding(claim) }
            await #expect(throws: ClaimLost.self) { try await catalog.setReady(claim, findings) }
            await #expect(throws: ClaimLost.self) { try await catalog.setFailed(claim, code: "damaged", detail: "x") }
            await #expect(throws: ClaimLost.self) {
                try await catalog.whileHeld(claim) { Issue.record("written for a deleted document") }
            }
            #expect(try await catalog.claim(id) == nil)
            #expect(try await catalog.requeue(id) == nil)
            #expect(try await catalog.removeDocument(id) == 1)
        }
    }

    @Test func findingsAreKeptAndFailuresForgotten() async throws {
        try await RunningProduct.with([]) { product in
            let catalog = product.catalog
            let id = try await catalog.addDocument(newDocument("a")).document.id
            let first = try #require(try await catalog.claim(id))
            try await catalog.setFailed(first, code: "damaged", detail: "It is.")
            #expect(try await catalog.document(id)?.json["error"] == ["code": "damaged", "detail": "It is."])
            #expect(try await catalog.claim(id) == nil)
            #expect(try await catalog.requeue(id)?.json["error"] == .null)
            #expect(try await catalog.requeue(id) == nil)
            let second = try #require(try await catalog.claim(id))
            try await catalog.setReady(
                second, .init(pages: 9, pagesWithoutText: 2, passages: 30, language: "de", report: [:]))
            let json = try await catalog.document(id)?.json
            #expect(json?["error"] == .null && json?["pages"] == 9 && json?["pagesWithoutText"] == 2)
            #expect(json?["passages"] == 30 && json?["language"] == "de" && json?["status"] == "ready")
            #expect(try await catalog.index.documentsByStatus() == ["ready": 1])
        }
    }

    @Test func whatIsStuckIsFoundOldestFirst() async throws {
        try await RunningProduct.with([]) { product in
            let catalog = product.catalog
            var ids: [String] = []
            for minutes in [5, 9, 1] {
                let id = try await catalog.addDocument(newDocument("\(minutes)")).document.id
                try await product.sql.query(
                    "UPDATE documents SET updated_at = now() - make_interval(mins => \(minutes)) WHERE id = $1", [id])
                ids.append(id)
            }
            #expect(try await catalog.stuckDocuments(olderThanSeconds: 120).map(\.id) == [ids[1], ids[0]])
            #expect(try await catalog.stuckDocuments(olderThanSeconds: 120, limit: 1).map(\.id) == [ids[1]])
            #expect(try await catalog.knownDocuments(ids + [UUIDv7.make()]) == Set(ids))
        }
    }

    @Test func workspacesDoNotSeeEachOther() async throws {
        try await RunningProduct.with([]) { product in
            try await product.sql.query("INSERT INTO workspaces (id) VALUES ('other')")
            let other = CatalogDatabase(database: product.sql).view(of: "other")
            let id = try await product.catalog.addDocument(newDocument("a")).document.id
            let chat = UUIDv7.make()
            _ = try await product.catalog.createChat(chat, name: "x")
            #expect(try await other.document(id) == nil)
            #expect(try await other.chat(chat) == nil)
            #expect(try await other.documents(chatId: nil, limit: 5, after: nil).isEmpty)
            #expect(try await other.markDeleting(id) == false)
            #expect(try await other.renameChat(chat, to: "y") == nil)
            // The same bytes are another document there.
            #expect(try await other.addDocument(newDocument("a")).isDuplicate == false)
        }
    }

    // MARK: - Usage, circuits, answers

    @Test func usageAddsUpByDayAndModel() async throws {
        try await RunningProduct.with([]) { product in
            var usage = AnswerUsage(model: "m")
            (usage.promptTokens, usage.completionTokens, usage.cachedTokens) = (10, 5, 2)
            (usage.cost, usage.milliseconds) = (0.25, 100)
            try await product.catalog.addUsage(usage)
            usage.failed = true
            try await product.catalog.addUsage(usage)
            var cached = AnswerUsage(model: "n")
            cached.cacheHit = true
            try await product.catalog.addUsage(cached)
            let days = try await product.catalog.usage(from: "2000-01-01", to: "2999-12-31")
            #expect(days.count == 2)
            let first = days.map(\.json).first { $0["model"] == "m" }
            #expect(first?["answers"] == 2 && first?["failures"] == 1 && first?["promptTokens"] == 20)
            #expect(first?["cost"]?.double == 0.5 && first?["milliseconds"]?.double == 200)
            let total = UsageDay.total(days)
            #expect(total["answers"] == 3 && total["cacheHits"] == 1 && total["cachedTokens"] == 4)
            #expect(try await product.catalog.usage(from: "2000-01-01", to: "2000-01-02").isEmpty)
        }
    }

    @Test func aServiceIsLeftAloneFromTheThirdFailureOn() async throws {
        try await RunningProduct.with([]) { product in
            let catalog = product.catalog
            func left() async throws -> Double { try await catalog.index.circuits().first?.secondsLeft ?? -1 }
            for _ in 0..<2 {
                try await catalog.index.noteFailure(of: "m", reason: "unavailable", pause: nil)
                #expect(try await left() <= 0)
            }
            try await catalog.index.noteFailure(of: "m", reason: "unavailable", pause: nil)
            #expect(try await (3...5.1).contains(left()))
            try await catalog.index.noteFailure(of: "m", reason: "timed_out", pause: nil)
            #expect(try await (8...10.1).contains(left()))
            let circuit = try await catalog.index.circuits().first
            #expect(circuit?.failures == 4 && circuit?.reason == "timed_out")
            // Nobody may try while it is closed; afterwards one may.
            #expect(try await catalog.index.claimTrial(of: "m") == false)
            try await product.sql.query("UPDATE model_circuits SET open_until = now() - interval '1 second'")
            #expect(try await catalog.index.claimTrial(of: "m"))
            #expect(try await catalog.index.claimTrial(of: "m") == false)
            try await catalog.index.noteRecovery(of: "m")
            #expect(try await catalog.index.circuits().isEmpty)
        }
    }

    @Test func aServiceThatSaysWhenIsBelieved() async throws {
        try await RunningProduct.with([]) { product in
            let catalog = product.catalog
            try await catalog.index.noteFailure(of: "m", reason: "rate_limited", pause: 60)
            #expect(try await (58...60.1).contains(catalog.index.circuits().first?.secondsLeft ?? 0))
            // A later, shorter pause does not shorten it.
            try await catalog.index.noteFailure(of: "m", reason: "rate_limited", pause: 1)
            #expect(try await (57...60.1).contains(catalog.index.circuits().first?.secondsLeft ?? 0))
            // Failures long ago say nothing about now.
            try await product.sql.query(
                "UPDATE model_circuits SET updated_at = now() - interval '11 minutes', failures = 9, open_until = now()"
            )
            try await catalog.index.noteFailure(of: "m", reason: "unavailable", pause: nil)
            #expect(try await catalog.index.circuits().first?.failures == 1)
        }
    }

    @Test func aQuoteOfWhatIsGoneIsNotRemembered() async throws {
        try await RunningProduct.with([]) { product in
            let catalog = product.catalog
            let id = try await ready("a", catalog)
            try await catalog.rememberAnswer("k", "one", seconds: 60, documents: [id])
            #expect(try await catalog.rememberedAnswer("k") == "one")
            try await catalog.rememberAnswer("k", "two", seconds: 60, documents: [id, ""])
            #expect(try await catalog.rememberedAnswer("k") == "two")
            _ = try await catalog.markDeleting(id)
            #expect(try await catalog.rememberedAnswer("k") == nil)
            try await catalog.rememberAnswer("k", "late", seconds: 60, documents: [id])
            #expect(try await catalog.rememberedAnswer("k") == nil)
        }
    }

    // MARK: - Snapshots

    @Test func aSnapshotRestoresElsewhere() async throws {
        try await RunningProduct.with([]) { product in
            let chat = UUIDv7.make()
            _ = try await product.catalog.createChat(chat, name: "kept")
            let answer = UUIDv7.make()
            let rated = try await product.catalog.setFeedback(
                .down, reason: "wrong", comment: "no", of: answer, in: chat, question: "q", model: "m")
            #expect(rated?.reason == "wrong")
            let experiment = try await product.catalog.addExperiment(UUIDv7.make(), name: "e", result: ["set": "s"]).id
            _ = try await product.catalog.startSplit(experiment, share: 0.25, variant: ["model": "m"])
            try await product.catalog.addSplitAnswer(
                answer, of: experiment, .variant, in: chat, refused: false, failed: false, sentences: 3, supported: 2,
                milliseconds: 1.5, cost: 0.25)
            let outcomes = try await product.catalog.outcomes(of: experiment)
            let variant = try #require(outcomes[.variant])
            #expect(outcomes.count == 1 && variant.chats == 1 && variant.answers == 1 && variant.rated == 1)
            #expect(variant.sums[.helpful] == .init(count: 1, sum: 0, squares: 0))
            #expect(variant.sums[.cost] == .init(count: 1, sum: 0.25, squares: 0.0625))
            #expect(abs((variant.sums[.supported]?.sum ?? 0) - 2.0 / 3) < 1e-9)
            let left = UUIDv7.make()
            _ = try await product.catalog.createChat(left, name: "left")
            _ = try await product.catalog.setFeedback(
                .up, reason: nil, comment: nil, of: UUIDv7.make(), in: left, question: "q", model: "m")
            _ = try await product.catalog.markChatDeleting(left)
            let document = try await ready("own", chatId: chat, product.catalog)
            let queued = try await product.catalog.addDocument(newDocument("queued")).document.id
            let gone = try await ready("gone", product.catalog)
            _ = try await product.catalog.markDeleting(gone)
            let snapshot = try await product.catalog.index.snapshot()
            #expect(snapshot.rows(of: "chats").count == 1 && snapshot.rows(of: "documents").count == 2)
            #expect(snapshot.schema >= 2)
            let tables = JSONValue.object(JSONObject(snapshot.tables.map { ($0.name, .array($0.rows)) }))
            for embedsAnew in [false, true] {
                try await RunningProduct.with([]) { target in
                    let again = try await target.catalog.index.restore(tables, embedsAnew: embedsAnew)
                    #expect(Set(again.map(\.documentId)) == (embedsAnew ? [document, queued] : [queued]))
                    #expect(try await target.catalog.chat(chat)?.name == "kept")
                    #expect(try await target.catalog.split(experiment)?.share == 0.25)
                    #expect(try await target.catalog.outcomes(of: experiment) == outcomes)
                    let feedback = try await target.catalog.feedback(limit: 10, after: nil, rating: nil)
                    #expect(feedback?.map(\.json) == (rated.map { [$0.json] } ?? []))
                    let size = try await target.catalog.index.size()
                    #expect(size.chats == 1 && size.documents == 2)
                }
            }
        }
    }
}
