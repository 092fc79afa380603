import Catalog
import ChromaClient
import FoundationEssentials
import HTTPClient
import HTTPMessages
import JSONCoding
import Postgres
import Synchronization
import TestStores
import TestSupport
import Testing
import TextAnalysis
import VectorServer

@testable import Reembedding

/// Another embedding model over a real vector service; the model is a server that is told what to answer.
@Suite(.enabled(if: Stores.hasDatabase, "needs PostgreSQL: scripts/with-postgres sets APUS_TEST_POSTGRES"))
struct ReembedderTests {
    private static let old = "old-model"

    private struct Place {
        let url: String
        let database: String
        let model: EmbeddingServer
        let client = HTTPSession()

        func store(
            _ collection: String = ChromaService.collectionName, model: String, of workspace: String = "default"
        ) -> ChromaService {
            ChromaService(
                url: url, token: nil, tenant: workspace, embeddingModel: model, collection: collection, client: client)
        }

        func reembedder(_ name: String) async throws -> Reembedder {
            try await Reembedder(
                environment: [
                    "APUS_DATABASE_URL": database, "APUS_CHROMA_URL": url, "APUS_EMBEDDINGS_URL": model.url,
                    "APUS_EMBEDDINGS_MODEL": name,
                ], client: client)
        }

        func run(_ name: String) async throws -> Reembedder.Outcome { try await reembedder(name).run { _ in } }

        /// Passages by id, with the dimension of the collection as the old model's is 3 and the others' is 4.
        func fill(
            _ count: Int, _ collection: String = ChromaService.collectionName, model: String = old, from first: Int = 0,
            of workspace: String = "default"
        ) async throws {
            try await store(collection, model: model, of: workspace).upsert(
                (first..<first + count).map { number in
                    ChromaService.Record(
                        id: "d:\(number)", embedding: model == old ? [1, 0, Float(number)] : [1, 0, 0, Float(number)],
                        document: "Passage \(number)", metadata: ["documentId": "d", "page": .int(Int64(number))])
                })
        }
    }

    private func withPlace(_ body: (Place) async throws -> Void) async throws {
        try await Stores.with { stores in
            let model = try EmbeddingServer()
            let result: Result<Void, any Error>
            do {
                try await body(
                    Place(
                        url: "http://127.0.0.1:\(stores.vectors.ports.vectors)", database: stores.conninfo, model: model
                    ))
                result = .success(())
            } catch {
                result = .failure(error)
            }
            await model.shutDown()
            try result.get()
        }
    }

    @Test func nothingIsDoneWhereNothingIsStored() async throws {
        try await withPlace { place in
            let outcome = try await place.run("new-model")
            #expect(outcome == .init(embedded: 0, next: .nothing))
            #expect(place.model.texts.isEmpty)
        }
    }

    @Test func allWorkspacesAreEmbeddedAnew() async throws {
        try await withPlace { place in
            let sql = PostgresPool(place.database, maximumConnections: 1)
            try await CatalogDatabase(database: sql).prepare()
            try await sql.query("INSERT INTO workspaces (id, name) VALUES ('empty', ''), ('second', '')")
            try await place.fill(3)
            try await place.fill(2, of: "second")
            #expect(try await place.run("new-model") == .init(embedded: 5, next: .restart))
            for workspace in ["default", "second"] {
                let state = try await place.store(model: "new-model", of: workspace).state(of: "passages")
                #expect(state?.embeddingModel == "new-model", "\(workspace)")
            }
            #expect(try await place.run("new-model") == .init(embedded: 0, next: .nothing))
        }
    }

    @Test func nothingIsDoneForTheModelThatAnswersAlready() async throws {
        try await withPlace { place in
            try await place.fill(3)
            #expect(try await place.run(Self.old) == .init(embedded: 0, next: .nothing))
            // It is asked whether it has embeddings of tokens, and has none.
            #expect(place.model.texts == ["tokens"])
        }
    }

    @Test func aCollectionWithoutTokensIsMadeAnewWhereTheModelHasThem() async throws {
        try await withPlace { place in
            place.model.giveTokens()
            try await place.fill(3)
            #expect(try await place.run(Self.old) == .init(embedded: 3, next: .restart))
            let store = place.store(model: Self.old)
            for id in ["d:0", "d:1", "d:2"] { #expect(try await store.hasTokens(id)) }
            #expect(try await place.run(Self.old) == .init(embedded: 0, next: .nothing))
            #expect(try await place.store(model: Self.old).state(of: "passages-before") == nil)
        }
    }

    @Test func aCollectionWithoutWordsIsMadeAnewForTheSameModel() async throws {
        try await withPlace { place in
            // As it was made before words were indexed.
            let base = place.url + "/api/v2/tenants"
            for (path, body) in [
                ("", "{\"name\":\"default\"}"), ("/default/databases", "{\"name\":\"apus\"}"),
                (
                    "/default/databases/apus/collections",
                    "{\"name\":\"passages\",\"metadata\":{\"embedding_model\":\"\(Self.old)\",\"dimension\":3}}"
                ),
            ] {
                var request = HTTPSession.Request(.post, base + path, body: .bytes(Array(body.utf8)))
                request.fields["Content-Type"] = "application/json"
                _ = try await place.client.fetch(request)
            }
            try await place.fill(3)
            let before = try await place.store(model: Self.old).state(of: "passages")
            #expect(before?.indexesWords == false)
            #expect(try await place.run(Self.old) == .init(embedded: 3, next: .restart))
            let store = place.store(model: Self.old)
            #expect(try await store.state(of: "passages")?.indexesWords == true)
            let found = try await store.candidates(
                [1, 0, 0, 0], words: SearchTerms(question: "passage 2"), count: 1, filter: nil)
            #expect(found.hasWords && found.found.contains { $0.document == "Passage 2" })
            #expect(try await place.run(Self.old) == .init(embedded: 0, next: .nothing))
            #expect(try await store.state(of: "passages-before") == nil)
        }
    }

    @Test func everyPassageIsEmbeddedAnewAndTheOldOnesStayUntilTheRestart() async throws {
        try await withPlace { place in
            // More than a batch.
            try await place.fill(150)
            let progress = Mutex<[Int]>([])
            let outcome = try await place.reembedder("new-model").run { count in progress.withLock { $0.append(count) }
            }
            #expect(outcome == .init(embedded: 150, next: .restart))
            #expect(progress.withLock { $0 } == [64, 128, 150])
            #expect(Set(place.model.texts) == Set((0..<150).map { "Passage \($0)" }))
            // A program that starts finds the new ones.
            let fresh = place.store(model: "new-model")
            let records = try await fresh.storedRecords(filter: ["documentId": "d"], limit: 200, offset: 0)
            #expect(records.count == 150)
            for record in records {
                #expect(record.record.embedding == EmbeddingServer.vector(record.record.document))
                #expect(record.record.id == "d:\(record.record.metadata["page"]?.int ?? -1)")
            }
            #expect(try await fresh.state(of: "passages")?.embeddingModel == "new-model")
            #expect(try await fresh.state(of: "passages-before")?.embeddingModel == Self.old)
            #expect(try await fresh.state(of: "passages-next") == nil)
        }
    }

    @Test func aProgramThatRunsGoesOnWithTheOldOnes() async throws {
        try await withPlace { place in
            try await place.fill(2)
            let running = place.store(model: Self.old)
            #expect(try await running.query([1, 0, 0], count: 5, filter: nil).count == 2)
            _ = try await place.run("new-model")
            #expect(try await running.query([1, 0, 0], count: 5, filter: nil).count == 2)
        }
    }

    @Test func aSecondRunTakesOverWhatCameInBetweenAndRemovesTheOldOnes() async throws {
        try await withPlace { place in
            try await place.fill(2)
            _ = try await place.run("new-model")
            // An upload by a program that had not been restarted yet.
            try await place.fill(3, "passages-before", from: 2)
            let asked = place.model.texts.count
            #expect(try await place.run("new-model") == .init(embedded: 3, next: .nothing))
            #expect(place.model.texts.count == asked + 3)
            let store = place.store(model: "new-model")
            #expect(try await store.count(filter: ["documentId": "d"]) == 5)
            #expect(try await store.state(of: "passages-before") == nil)
            #expect(try await place.run("new-model") == .init(embedded: 0, next: .nothing))
        }
    }

    @Test func aRunThatWasCutOffGoesOnWhereItStopped() async throws {
        try await withPlace { place in
            try await place.fill(5)
            try await place.fill(2, "passages-next", model: "new-model")
            #expect(try await place.run("new-model") == .init(embedded: 3, next: .restart))
            #expect(Set(place.model.texts) == ["Passage 2", "Passage 3", "Passage 4"])
            #expect(try await place.store(model: "new-model").count(filter: ["documentId": "d"]) == 5)
        }
    }

    @Test func whatARunWithYetAnotherModelBeganIsDropped() async throws {
        try await withPlace { place in
            try await place.fill(2)
            try await place.fill(9, "passages-next", model: "third-model", from: 50)
            #expect(try await place.run("new-model") == .init(embedded: 2, next: .restart))
            #expect(try await place.store(model: "new-model").count(filter: ["documentId": "d"]) == 2)
        }
    }

    @Test func passagesOfDocumentsThatWereDeletedMeanwhileAreNotTakenOver() async throws {
        try await withPlace { place in
            try await place.fill(2)
            try await place.fill(70, "passages-next", model: "new-model", from: 100)
            #expect(try await place.run("new-model").embedded == 2)
            let ids = try await place.store(model: "new-model").records(limit: 200, offset: 0).map(\.id)
            #expect(Set(ids) == ["d:0", "d:1"])
        }
    }

    @Test func aCollectionWithoutPassagesMakesRoomForTheNextUpload() async throws {
        try await withPlace { place in
            try await place.fill(1)
            try await place.store(model: Self.old).delete(ids: ["d:0"])
            #expect(try await place.run("new-model") == .init(embedded: 0, next: .restart))
            #expect(try await place.store(model: "new-model").state(of: "passages") == nil)
            try await place.fill(1, model: "new-model")
        }
    }

    @Test func aModelThatRefusesLeavesTheOldOnesInPlace() async throws {
        try await withPlace { place in
            try await place.fill(3)
            place.model.refuse(true)
            await #expect(throws: (any Error).self) { try await place.run("new-model") }
            let old = place.store(model: Self.old)
            #expect(try await old.count(filter: ["documentId": "d"]) == 3)
            #expect(try await old.state(of: "passages")?.embeddingModel == Self.old)
            place.model.refuse(false)
            #expect(try await place.run("new-model") == .init(embedded: 3, next: .restart))
        }
    }
}
