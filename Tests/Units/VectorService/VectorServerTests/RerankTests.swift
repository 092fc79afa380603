import HTTPMessages
import JSONCoding
import TestSupport
import Testing
import VectorServer

/// `POST /v1/rerank` over the real model.
@Suite(.enabled(if: Fixtures.hasModel, "needs the model; make setup"))
struct RerankTests {
    private static let documents = [
        "Invoices are due in thirty days.", "The canteen closes at two.",
        "A pump is drained before its yearly service.",
    ]

    private func rerank(_ members: JSONObject, _ fixture: APIFixture) async throws -> APIFixture.Answer {
        var body: JSONObject = ["query": "When do I empty the pump?", "documents": .strings(Self.documents)]
        for (name, value) in members.members { body[name] = value }
        return try await fixture.call(.post, "/v1/rerank", .object(body))
    }

    @Test func whatAnswersComesFirst() async throws {
        try await APIFixture.with(model: APIFixture.model) { fixture in
            let answer = try await rerank(["model": "all-MiniLM-L6-v2"], fixture)
            let results = answer.json["results"]?.array ?? []
            #expect(answer.status == 200 && results.count == 3 && results.first?["index"] == 2)
            let scores = results.compactMap { $0["relevance_score"]?.double }
            #expect(scores == scores.sorted(by: >) && scores.allSatisfy { (0...1).contains($0) })
            #expect(results.first?["document"] == nil && (answer.json["usage"]?["total_tokens"]?.int ?? 0) > 20)
        }
    }

    @Test func theBestComeWithTheirTexts() async throws {
        try await APIFixture.with(model: APIFixture.model) { fixture in
            let objects = JSONValue.array(Self.documents.map { ["text": .string($0)] })
            let answer = try await rerank(["documents": objects, "top_n": 1, "return_documents": true], fixture)
            #expect(answer.json["results"]?.array?.count == 1)
            #expect(answer.json["results"]?[0]?["document"] == ["text": .string(Self.documents[2])])
        }
    }

    @Test(arguments: [
        ("{\"query\":\" \"}", 400, "query"), ("{\"query\":1}", 400, "query"),
        ("{\"documents\":[]}", 400, "documents"), ("{\"documents\":[1]}", 400, "documents"),
        ("{\"documents\":\"x\"}", 400, "documents"), ("{\"top_n\":0}", 400, "top_n"),
        ("{\"top_n\":\"1\"}", 400, "top_n"),
        ("{\"model\":\"rerank-3\"}", 404, ""),
    ])
    func refusesInOpenAIsShape(members: String, status: Int, parameter: String) async throws {
        try await APIFixture.with(model: APIFixture.model) { fixture in
            let answer = try await rerank(try #require(try JSONParser.parse(members).object), fixture)
            #expect(answer.status == status, "\(answer.text)")
            #expect(answer.json["error"]?["param"] == (parameter.isEmpty ? .null : .string(parameter)))
        }
    }

    @Test func thereAreNoMoreThanAThousand() async throws {
        try await APIFixture.with(model: APIFixture.model) { fixture in
            let many = JSONValue.array([JSONValue](repeating: "x", count: 1001))
            let answer = try await rerank(["documents": many], fixture)
            #expect(answer.status == 400 && answer.text.contains("At most 1000 texts in one request, got 1001."))
        }
    }
}
