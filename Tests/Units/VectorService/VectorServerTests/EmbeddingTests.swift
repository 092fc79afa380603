import Digests
import HTTPMessages
import JSONCoding
import TestSupport
import Testing
import VectorServer

/// `POST /v1/embeddings` over the real model.
@Suite(.enabled(if: Fixtures.hasModel, "needs the model; make setup"))
struct EmbeddingTests {
    private static let path = "/v1/embeddings"

    private func vector(_ value: JSONValue?) -> [Float] {
        (value?["embedding"]?.array ?? []).compactMap(\.double).map { Float($0) }
    }

    @Test func embedsATextOrAListOfTexts() async throws {
        try await APIFixture.with(model: APIFixture.model) { fixture in
            let one = try await fixture.call(.post, Self.path, ["input": "A swift hardly ever lands."])
            #expect(one.status == 200 && one.json["object"] == "list" && one.json["model"] == "all-MiniLM-L6-v2")
            let alone = vector(one.json["data"]?[0])
            #expect(alone.count == 384)
            #expect(abs(alone.reduce(0) { $0 + $1 * $1 } - 1) < 1e-3)
            let many = try await fixture.call(
                .post, Self.path,
                [
                    "input": ["A swift hardly ever lands.", "Invoices are due in thirty days."],
                    "model": "x/all-MiniLM-L6-v2",
                ])
            let list = many.json["data"]?.array ?? []
            #expect(list.count == 2 && list.compactMap { $0["index"]?.int } == [0, 1])
            let similarity = zip(alone, vector(list[0])).reduce(0) { $0 + $1.0 * $1.1 }
            let difference = zip(alone, vector(list[1])).reduce(0) { $0 + $1.0 * $1.1 }
            #expect(similarity > 0.999 && difference < 0.5)
            let tokens = many.json["usage"]?["prompt_tokens"]?.int ?? 0
            #expect(tokens > 10 && many.json["usage"]?["total_tokens"]?.int == tokens)
        }
    }

    @Test func base64SaysTheSameAsNumbers() async throws {
        try await APIFixture.with(model: APIFixture.model) { fixture in
            let body: JSONValue = ["input": ["one text"], "encoding_format": "base64"]
            let packed = try await fixture.call(.post, Self.path, body)
            let bytes = try #require(packed.json["data"]?[0]?["embedding"]?.string.flatMap { Base64.decode($0) })
            let floats = bytes.withUnsafeBytes { raw in
                (0..<384).map { raw.loadUnaligned(fromByteOffset: $0 * 4, as: Float.self) }
            }
            let plain = try await fixture.call(.post, Self.path, ["input": "one text", "encoding_format": "float"])
            #expect(zip(floats, vector(plain.json["data"]?[0])).allSatisfy { abs($0 - $1) < 1e-5 })
        }
    }

    @Test(arguments: [
        ("{}", 400, "input"), ("{\"input\":[]}", 400, "input"), ("{\"input\":[1,2]}", 400, "input"),
        ("{\"input\":\"x\",\"encoding_format\":\"int8\"}", 400, "encoding_format"),
        ("{\"input\":\"x\",\"dimensions\":128}", 400, "dimensions"), ("{\"input\":\"x\",\"dimensions\":384}", 200, ""),
        ("{\"input\":\"x\",\"model\":\"gpt\"}", 404, ""), ("nonsense", 400, ""),
    ])
    func refusesInOpenAIsShape(body: String, status: Int, parameter: String) async throws {
        try await APIFixture.with(model: APIFixture.model) { fixture in
            let answer = try await fixture.call(.post, Self.path, bytes: Array(body.utf8))
            #expect(answer.status == status, "\(answer.text)")
            if status != 200 {
                #expect(answer.json["error"]?["type"] == "invalid_request_error")
                #expect(answer.json["error"]?["message"]?.string?.isEmpty == false)
                #expect(answer.json["error"]?["param"] == (parameter.isEmpty ? .null : .string(parameter)))
            }
        }
    }

    @Test func refusesMoreTextsThanItTakes() async throws {
        try await APIFixture.with(model: APIFixture.model) { fixture in
            let answer = try await fixture.call(
                .post, Self.path, ["input": .strings([String](repeating: "x", count: 2049))])
            #expect(answer.status == 400 && answer.json["error"]?["message"]?.string?.contains("2048") == true)
        }
    }

    @Test func namesItsModel() async throws {
        try await APIFixture.with(model: APIFixture.model) { fixture in
            let answer = try await fixture.call(.get, "/v1/models")
            #expect(answer.json["data"]?[0]?["id"] == "all-MiniLM-L6-v2")
            #expect(answer.json["data"]?[0]?["dimension"] == 384)
        }
    }
}

/// The endpoint without a model.
@Suite struct MissingModelTests {
    @Test func aModelThatCannotBeLoadedIsSaidSo() async throws {
        try await APIFixture.with(model: EmbeddingModelLoader(directory: "/nowhere")) { fixture in
            // Tried again by the next request.
            for _ in 0..<2 {
                let answer = try await fixture.call(.post, "/v1/embeddings", ["input": "x"])
                #expect(answer.status == 503 && answer.json["error"]?["type"] == "server_error")
            }
        }
    }

    @Test func withoutEmbeddingsThereIsNoSuchPath() async throws {
        try await APIFixture.with { (fixture) async throws in
            #expect(try await fixture.call(.post, "/v1/embeddings", ["input": "x"]).status == 404)
            #expect(try await fixture.call(.get, "/v1/models").status == 404)
        }
    }
}
