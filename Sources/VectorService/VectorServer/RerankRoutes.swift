import HTTPMessages
import HTTPServing
import JSONCoding
import LateInteraction
import Problems
import TextEmbedding

/// `POST /v1/rerank` and `/v2/rerank`, as the clients of Cohere and Jina speak it: texts in the order in which they bear on a
/// question, by late interaction of their tokens.
struct RerankRoutes: Sendable {
    let model: EmbeddingModelLoader

    private static let maximumDocuments = 1000
    private static let bodyLimit = 16 << 20

    static let paths = ["/v1/rerank", "/v2/rerank"]

    func add(to router: inout Router) {
        for path in Self.paths { router.on(.post, path) { try await rerank($0) } }
    }

    private func rerank(_ request: HTTPRequest) async throws -> HTTPResponse {
        let body = try JSONParser.parse(try await request.body.collect(limit: Self.bodyLimit))
        guard let question = body["query"]?.string, question.contains(where: { !$0.isWhitespace }) else {
            throw InvalidFields(field: "query", detail: "Required: a text.")
        }
        let documents = try Self.documents(body["documents"])
        try EmbeddingRoutes.checkModel(body["model"])
        let most = try Self.most(body["top_n"], of: documents.count)
        let (embeddings, tokens) = try await EmbeddingRoutes.embed(
            [question] + documents, try await model.queue(), keepsTokens: true)
        guard let asked = embeddings.first?.tokens else {
            throw Problem(.internalServerError, "The question has no tokens.")
        }
        let scores = embeddings.dropFirst().map { max(0, $0.tokens?.similarity(to: asked) ?? 0) }
        let order = scores.indices.sorted { scores[$0] != scores[$1] ? scores[$0] > scores[$1] : $0 < $1 }
        let returnsDocuments = body["return_documents"]?.bool ?? false
        let results = order.prefix(most).map { index -> JSONValue in
            var result: JSONObject = [
                "index": .int(Int64(index)),
                "relevance_score": .double((Double(scores[index]) * 10_000).rounded() / 10_000),
            ]
            if returnsDocuments { result["document"] = ["text": .string(documents[index])] }
            return .object(result)
        }
        return HTTPResponse(
            json: [
                "id": .string(request.id), "model": .string(EmbeddingRoutes.modelName), "results": .array(results),
                "usage": ["prompt_tokens": .int(Int64(tokens)), "total_tokens": .int(Int64(tokens))],
            ])
    }

    private static func most(_ value: JSONValue?, of count: Int) throws -> Int {
        guard let value, !value.isNull else { return count }
        guard let number = value.int, number >= 1 else {
            throw InvalidFields(field: "top_n", detail: "Must be a number from 1.")
        }
        return min(count, Int(clamping: number))
    }

    /// Texts, or objects with a text.
    private static func documents(_ value: JSONValue?) throws -> [String] {
        guard let list = value?.array, !list.isEmpty else {
            throw InvalidFields(field: "documents", detail: "Required: a list of texts.")
        }
        guard list.count <= maximumDocuments else {
            throw InvalidFields(
                field: "documents", detail: "At most \(maximumDocuments) texts in one request, got \(list.count).")
        }
        return try list.enumerated().map { index, entry in
            guard let text = entry.string ?? entry["text"]?.string else {
                throw InvalidFields(
                    field: "documents", detail: "Entry \(index) must be a text, or an object with \"text\".")
            }
            return text
        }
    }
}
