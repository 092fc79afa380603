public import JSONCoding

/// A passage that was found for a question.
public struct FoundPassage: Sendable, Equatable {
    /// Number by which answers cite it, from 1.
    public var n: Int
    /// Empty for a source on the web.
    public let documentId: String
    /// Address of a source on the web.
    public let url: String?
    /// The document's name, or the page's title.
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
    /// The heading above it in its document; of a passage found, and no part of the wire form.
    public var heading: String?
    /// The first row of the table that it begins within; of a passage found, and no part of the wire form.
    public var columns: String?
    /// Its id in the index; of a passage found, and no part of the wire form.
    public var recordId: String?
    /// MaxSim of its tokens with the question's, -1 to 1; `nil` where they were not compared, and no part of the wire form.
    public var lateInteraction: Double?

    /// The wire form.
    public var json: JSONValue {
        guard case .object(var object) = place(start, end) else { return .null }
        object["text"] = .string(text)
        object["score"] = .double((score * 10_000).rounded() / 10_000)
        return .object(object)
    }

    /// Number and whereabouts of a stretch of it: document and page, or address on the web.
    public func place(_ start: Int, _ end: Int) -> JSONValue {
        var object: JSONObject = [
            "n": .int(Int64(n)), "documentId": url == nil ? .string(documentId) : .null, "name": .string(name),
            "page": url == nil ? .int(Int64(page)) : .null, "start": .int(Int64(start)), "end": .int(Int64(end)),
        ]
        if let url { object["url"] = .string(url) }
        return .object(object)
    }

    /// Reads the wire form; `nil` when it is none.
    public init?(_ json: JSONValue) {
        guard let n = json["n"]?.int, let start = json["start"]?.int, let end = json["end"]?.int,
            let text = json["text"]?.string
        else { return nil }
        let score = json["score"]?.double ?? 0
        if let url = json["url"]?.string {
            self.init(web: url, title: json["name"]?.string ?? "", text: text, start: Int(clamping: start))
            self.n = Int(clamping: n)
            return
        }
        guard let document = json["documentId"]?.string, let page = json["page"]?.int else { return nil }
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
        url = nil
        self.name = name
        self.page = page
        self.start = start
        self.end = end
        self.text = text
        self.score = score
        self.similarity = similarity
    }

    /// Makes a source on the web, not numbered yet.
    ///
    /// - Parameter start: Offset of the text in the page's, in scalars.
    public init(web url: String, title: String, text: String, start: Int) {
        n = 0
        documentId = ""
        self.url = url
        name = title
        page = 0
        self.start = start
        end = start + text.unicodeScalars.count
        self.text = text
        score = 0
        similarity = 0
    }
}
