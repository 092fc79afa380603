import Digests
import JSONCoding
import Retrieval

/// An answer as the cache keeps it, and the key under which it does.
enum RememberedAnswer {
    /// Digest of everything that an answer depends on: question, documents, models, how it is searched, and instructions.
    static func key(_ question: String, documents: [String]?, preset: Preset, models: [String]) -> String {
        let parts: JSONValue = [
            .string(question), documents.map { .strings($0.sorted()) } ?? .null, .string(preset.id),
            .string(preset.instructions), .string(preset.refusal), .strings(preset.tools), .strings(models),
        ]
        return Digest.hex(Digest.sha256(parts.encoded))
    }

    /// What is kept of a finished answer.
    static func text(of answer: AnswerOutcome) -> String {
        let json: JSONValue = [
            "text": .string(answer.text), "citations": .array(answer.citations.map(\.json)),
            "passages": .array(answer.passages.map(\.json)), "finishReason": .string(answer.ending.rawValue),
            "model": .string(answer.model), "provider": .string(answer.receipt?.provider ?? ""),
            "support": answer.receipt?.support.json ?? .null, "retrieval": answer.receipt?.retrieval ?? .null,
        ]
        return json.text
    }

    /// Reads what is kept; `nil` when it is of another version. What an answer from the cache took is nothing.
    static func answer(_ stored: String) -> AnswerOutcome? {
        guard let json = try? JSONParser.parse(stored), let text = json["text"]?.string,
            let citations = json["citations"]?.array, let passages = json["passages"]?.array,
            let ending = json["finishReason"]?.string.flatMap(AnswerEnding.init), let model = json["model"]?.string,
            let provider = json["provider"]?.string
        else { return nil }
        var receipt = Receipt(model: model, provider: provider)
        receipt.passagesConsidered = passages.count
        receipt.support = SupportCounts(json["support"])
        if let retrieval = json["retrieval"], !retrieval.isNull { receipt.retrieval = retrieval }
        receipt.cacheHit = true
        let known = citations.compactMap(Citation.init)
        receipt.passagesUsed = Set(known.map(\.passage.n)).count
        return AnswerOutcome(
            text, ending, citations: known,
            passages: passages.compactMap(FoundPassage.init), receipt: receipt)
    }
}
