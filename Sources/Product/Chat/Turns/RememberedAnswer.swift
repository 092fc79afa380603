import Digests
import JSONCoding
import Retrieval

/// An answer as the cache keeps it, and the key under which it does.
struct RememberedAnswer: Sendable {
    let text: String
    let citations: [JSONValue]
    let passages: [FoundPassage]
    let finishReason: String
    let model: String
    let provider: String

    /// Digest of everything that an answer depends on: question, documents, models and instructions.
    static func key(_ question: String, documents: [String]?, preset: Preset, models: [String]) -> String {
        let parts: JSONValue = [
            .string(question), documents.map { .strings($0.sorted()) } ?? .null, .string(preset.id),
            .string(preset.instructions), .string(preset.refusal), .strings(preset.tools), .strings(models),
        ]
        return Digest.hex(Digest.sha256(parts.encoded))
    }

    /// What is kept of a finished answer.
    init(_ answer: Draft.Text, passages: [FoundPassage]) {
        text = answer.text
        citations = answer.citations.map(\.json)
        self.passages = passages
        finishReason = answer.finishReason
        model = answer.receipt.model
        provider = answer.receipt.provider
    }

    /// Reads what is kept; `nil` when it is of another version.
    init?(_ stored: String) {
        guard let json = try? JSONParser.parse(stored), let text = json["text"]?.string,
            let citations = json["citations"]?.array, let passages = json["passages"]?.array,
            let reason = json["finishReason"]?.string, let model = json["model"]?.string,
            let provider = json["provider"]?.string
        else { return nil }
        self.text = text
        self.citations = citations
        self.passages = passages.compactMap(FoundPassage.init)
        finishReason = reason
        self.model = model
        self.provider = provider
    }

    var stored: String {
        let json: JSONValue = [
            "text": .string(text), "citations": .array(citations), "passages": .array(passages.map(\.json)),
            "finishReason": .string(finishReason), "model": .string(model), "provider": .string(provider),
        ]
        return json.text
    }

    /// What an answer from the cache took: nothing.
    var receipt: Receipt {
        var receipt = Receipt(model: model, provider: provider)
        receipt.passagesConsidered = passages.count
        receipt.passagesUsed = citations.count
        receipt.cacheHit = true
        return receipt
    }
}
