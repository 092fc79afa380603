import HTTPMessages
import JSONCoding
import LateInteraction
import TestSupport
import Testing
import VectorServer

/// Embeddings of tokens, an extension of Chroma's API and of OpenAI's: made, kept, compared, taken away.
@Suite(.enabled(if: Fixtures.hasModel, "needs the model; make setup"))
struct TokenEmbeddingRouteTests {
    private static let texts = ["The pump is drained once a year.", "Invoices are due in thirty days."]

    private struct Embedded {
        let vectors: JSONValue
        let tokens: [JSONValue]
    }

    private func embed(_ texts: [String], _ fixture: APIFixture) async throws -> Embedded {
        let answer = try await fixture.call(
            .post, "/v1/embeddings", ["input": .strings(texts)], ["Prefer": "respond-async, Token-Embeddings; q=1"])
        #expect(answer.status == 200 && answer.fields["preference-applied"] == "token-embeddings")
        let data = answer.json["data"]?.array ?? []
        return Embedded(
            vectors: .array(data.compactMap { $0["embedding"] }), tokens: data.compactMap { $0["token_embeddings"] })
    }

    /// A collection with both texts, and the path of its routes.
    private func filled(_ fixture: APIFixture) async throws -> String {
        let path = try await fixture.collection()
        let embedded = try await embed(Self.texts, fixture)
        let answer = try await fixture.call(
            .post, path + "/upsert",
            [
                "ids": ["pump", "invoice"], "embeddings": embedded.vectors, "documents": .strings(Self.texts),
                "token_embeddings": .array(embedded.tokens),
            ])
        #expect(answer.status == 200, "\(answer.text)")
        return path
    }

    private func late(_ question: String, _ path: String, _ fixture: APIFixture) async throws -> JSONObject {
        let asked = try #require(try await embed([question], fixture).tokens.first)
        let answer = try await fixture.call(
            .post, path + "/search", ["searches": [["late_interaction": asked, "select": ["keys": ["#document"]]]]])
        #expect(answer.status == 200, "\(answer.text)")
        var scores: JSONObject = [:]
        for (index, id) in (answer.json["ids"]?[0]?.array ?? []).enumerated() {
            scores[id.string ?? ""] = answer.json["late_interaction"]?[0]?[index]
        }
        return scores
    }

    private func kept(_ path: String, _ fixture: APIFixture) async throws -> [JSONValue] {
        let answer = try await fixture.call(.post, path + "/get", ["include": ["token_embeddings"]])
        #expect(answer.status == 200 && answer.json["documents"] == .null)
        return answer.json["token_embeddings"]?.array ?? []
    }

    @Test func aTextHasAVectorForEachToken() async throws {
        try await APIFixture.with(model: APIFixture.model) { fixture in
            let text = try #require(try await embed(["A dosing pump."], fixture).tokens.first?.string)
            let tokens = try #require(TokenEmbeddings(base64: text))
            // [CLS] a dos ##ing pump . [SEP]
            #expect(tokens.count == 7)
            let plain = try await fixture.call(.post, "/v1/embeddings", ["input": "A dosing pump."])
            #expect(plain.json["data"]?[0]?["token_embeddings"] == nil && plain.fields["preference-applied"] == nil)
        }
    }

    @Test func theQuestionIsNearestToWhatAnswersIt() async throws {
        try await APIFixture.with(model: APIFixture.model) { fixture in
            let path = try await filled(fixture)
            let scores = try await late("How often must the pump be emptied?", path, fixture)
            let (pump, invoice) = (scores["pump"]?.double ?? 0, scores["invoice"]?.double ?? 0)
            #expect(pump > 0.5 && pump > invoice + 0.15 && invoice > 0, "\(scores)")
        }
    }

    @Test func theyComeBackAsTheyWereGiven() async throws {
        try await APIFixture.with(model: APIFixture.model) { fixture in
            let path = try await filled(fixture)
            #expect(try await kept(path, fixture) == (try await embed(Self.texts, fixture)).tokens)
        }
    }

    @Test func theyGoWithTheTextThatTheyAreOf() async throws {
        try await APIFixture.with(model: APIFixture.model) { fixture in
            let path = try await filled(fixture)
            let changed = try await fixture.call(
                .post, path + "/update", ["ids": ["pump"], "documents": ["Another text."]])
            let described = try await fixture.call(
                .post, path + "/update", ["ids": ["invoice"], "metadatas": [["k": 1]]])
            #expect(changed.status == 200 && described.status == 200)
            let left = try await kept(path, fixture)
            #expect(left.count == 2 && left[0] == .null && left[1].string != nil)
            #expect(try await late("pump", path, fixture)["pump"] == .null)
            _ = try await fixture.call(.post, path + "/delete", ["ids": ["invoice"]])
            #expect(try await kept(path, fixture) == [.null])
        }
    }

    @Test func aRecordWithoutThemIsNotCompared() async throws {
        try await APIFixture.with(model: APIFixture.model) { fixture in
            let path = try await fixture.sample()
            #expect(try await late("pump", path, fixture)["a"] == .null)
        }
    }

    @Test(arguments: [
        ("{\"token_embeddings\":\"x\"}", 422), ("{\"token_embeddings\":[1]}", 422),
        ("{\"token_embeddings\":[\"AQ==\"]}", 400), ("{\"token_embeddings\":[\"not base64\"]}", 400),
        ("{\"token_embeddings\":[null,null]}", 400), ("{\"token_embeddings\":[null]}", 201),
    ])
    func whatIsNoneIsRefused(members: String, status: Int) async throws {
        try await APIFixture.with { fixture in
            let path = try await fixture.collection()
            var body = try #require(try JSONParser.parse(members).object)
            body["ids"] = ["a"]
            body["embeddings"] = [[1, 2]]
            let answer = try await fixture.call(.post, path + "/add", .object(body))
            #expect(answer.status == status, "\(answer.text)")
            let search = try await fixture.call(
                .post, path + "/search", ["searches": [["late_interaction": "AQ=="]]])
            #expect(search.status == 400 && search.message.contains("late_interaction"))
        }
    }
}
