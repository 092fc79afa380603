import FoundationEssentials
import HTTPClient
import JSONCoding
import TestStores
import TestSupport
import Testing
import TextAnalysis
import VectorServer

@testable import ChromaClient

/// Passages found by meaning and by words, on a real vector service.
struct CandidateSearchTests {
    private func withStore(allowsSparse: Bool = true, _ body: (ChromaService) async throws -> Void) async throws {
        let folder = try Fixtures.temporaryDirectory()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let server = try Stores.vectorService(folder + "/vectors", allowsSparse: allowsSparse)
        let store = ChromaService(
            url: "http://127.0.0.1:\(server.ports.vectors)", token: nil, tenant: "default", embeddingModel: "m",
            client: HTTPSession())
        let result: Result<Void, any Error>
        do {
            try await body(store)
            result = .success(())
        } catch {
            result = .failure(error)
        }
        await server.shutDown()
        try result.get()
    }

    /// Twenty passages, each a little farther from `[1, 0]` than the one before.
    private func fill(_ store: ChromaService) async throws {
        try await store.upsert(
            (0..<20).map { number in
                let text = "The order \(1000 + number) was sent."
                return ChromaService.Record(
                    id: "d:\(number)", embedding: [1, Float(number) / 10], document: text,
                    metadata: [
                        "documentId": "d", "page": .int(Int64(number + 1)),
                        "words": ChromaService.sparse(SearchTerms(passage: text, languages: [.en])),
                    ])
            })
    }

    @Test func wordsFindWhatIsNoneOfTheNearest() async throws {
        try await withStore { store in
            try await fill(store)
            let found = try await store.candidates(
                [1, 0], words: SearchTerms(question: "order 1019"), count: 3, filter: nil)
            #expect(found.hasWords && found.found.prefix(3).map(\.id) == ["d:0", "d:1", "d:2"])
            let exact = try #require(found.found.first { $0.id == "d:19" })
            #expect(exact.similarity == nil && exact.document == "The order 1019 was sent.")
            #expect(found.found.allSatisfy { ($0.wordScore ?? 0) <= (exact.wordScore ?? 0) })
            #expect(exact.metadata["page"] == 20 && exact.metadata["words"] == nil)
        }
    }

    @Test func theFilterHoldsForBoth() async throws {
        try await withStore { store in
            try await fill(store)
            let found = try await store.candidates(
                [1, 0], words: SearchTerms(question: "order 1019"), count: 20, filter: ["page": ["$lte": 5]])
            #expect(Set(found.found.map(\.id)) == ["d:0", "d:1", "d:2", "d:3", "d:4"])
        }
    }

    @Test func aServerWithoutSparseVectorsHasTheNearestAlone() async throws {
        try await withStore(allowsSparse: false) { store in
            try await fill(store)
            let found = try await store.candidates(
                [1, 0], words: SearchTerms(question: "order 1019"), count: 3, filter: nil)
            #expect(!found.hasWords && found.found.map(\.id) == ["d:0", "d:1", "d:2"])
            #expect(found.found.first?.similarity == 1 && found.found.first?.wordScore == nil)
        }
    }

    @Test func aQuestionWithoutWordsIsSearchedByMeaning() async throws {
        try await withStore { store in
            try await fill(store)
            let found = try await store.candidates([1, 0], words: SearchTerms(question: "?!"), count: 2, filter: nil)
            #expect(found.found.map(\.id) == ["d:0", "d:1"])
        }
    }

    @Test func withoutACollectionNothingIsFound() async throws {
        try await withStore { store in
            let found = try await store.candidates(
                [1, 0], words: SearchTerms(question: "order"), count: 2, filter: nil)
            #expect(found.found.isEmpty)
        }
    }
}
