public import JSONCoding

/// A passage that was found for a question.
public struct FoundPassage: Sendable, Equatable {
    /// Number by which answers cite it, from 1.
    public var n: Int
    public let documentId: String
    /// The document's name.
    public let name: String
    public let page: Int
    /// Offsets in the document's text, in scalars.
    public let start: Int
    public let end: Int
    public let text: String
    /// Likeness to the question, 0 to 1: cosine similarity with a share for words in common.
    public var score: Double
    /// Cosine similarity of the embeddings alone.
    public let similarity: Double

    /// The wire form.
    public var json: JSONValue {
        [
            "n": .int(Int64(n)), "documentId": .string(documentId), "name": .string(name), "page": .int(Int64(page)),
            "start": .int(Int64(start)), "end": .int(Int64(end)), "text": .string(text),
            "score": .double((score * 10_000).rounded() / 10_000),
        ]
    }

    /// Reads the wire form; `nil` when it is none.
    public init?(_ json: JSONValue) {
        guard let n = json["n"]?.int, let document = json["documentId"]?.string, let page = json["page"]?.int,
            let start = json["start"]?.int, let end = json["end"]?.int, let text = json["text"]?.string
        else { return nil }
        let score = json["score"]?.double ?? 0
        self.init(
            n: Int(n), documentId: document, name: json["name"]?.string ?? "", page: Int(page), start: Int(start),
            end: Int(end), text: text, score: score, similarity: score)
    }

    /// Makes a passage.
    public init(
        n: Int, documentId: String, name: String, page: Int, start: Int, end: Int, text: String, score: Double,
        similarity: Double
    ) {
        self.n = n
        self.documentId = documentId
        self.name = name
        self.page = page
        self.start = start
        self.end = end
        self.text = text
        self.score = score
        self.similarity = similarity
    }
}
