import Chroma
public import ChromaClient
public import DocumentReading
public import JSONCoding
public import Models
import TextAnalysis

/// How a passage is entered into the index: understood by itself, it is embedded and searched with the name of its document
/// and the heading above it; what is shown and cited is its own text.
public struct PassageEntry: Sendable {
    private static let longestContext = 160

    /// What is embedded.
    public let text: String
    private let passage: String
    private let metadata: JSONObject

    /// An entry for a passage of a document.
    ///
    /// - Parameters:
    ///   - name: The document's name.
    ///   - language: The document's language, ISO 639-1; `nil` when it is not known.
    ///   - metadata: What the index keeps beside the passage's place.
    public init(_ passage: Passage, name: String, language: String?, metadata: JSONObject) {
        var metadata = metadata
        metadata["name"] = .string(name)
        metadata["page"] = .int(Int64(passage.page))
        metadata["start"] = .int(Int64(passage.start))
        metadata["end"] = .int(Int64(passage.end))
        if let heading = passage.heading { metadata["heading"] = .string(heading) }
        if let columns = passage.columns { metadata["columns"] = .string(columns) }
        if let language { metadata["language"] = .string(language) }
        self.init(passage.text, metadata: metadata)
    }

    /// An entry anew for a passage that is in the index.
    public init(_ hit: ChromaService.Hit) { self.init(hit.document, metadata: hit.metadata) }

    private init(_ passage: String, metadata: JSONObject) {
        self.passage = passage
        let context = Self.context(
            name: metadata["name"]?.string ?? "", heading: metadata["heading"]?.string,
            columns: metadata["columns"]?.string)
        text = PlainForm.of(context + passage)
        let language = metadata["language"]?.string.flatMap(Language.init(rawValue:))
        let words = SearchTerms(passage: text, languages: language.map { [$0] } ?? Language.guess(passage))
        var metadata = metadata
        metadata[ChromaService.wordsKey] = ChromaService.sparse(words)
        self.metadata = metadata
    }

    /// The record of the vector store.
    public func record(id: String, _ embedding: Embedding) -> ChromaService.Record {
        ChromaService.Record(
            id: id, embedding: embedding.vector, document: passage, metadata: metadata, tokens: embedding.tokens)
    }

    /// What stands in front of a passage when it is embedded.
    static func context(of passage: FoundPassage) -> String {
        context(name: passage.name, heading: passage.heading, columns: passage.columns)
    }

    /// `Benefit_Options.pdf` with the heading `Vision care`: `Benefit Options › Vision care`; on the next line the names of
    /// the columns where it begins within a table.
    private static func context(name: String, heading: String?, columns: String?) -> String {
        let base = name.lastIndex(of: ".").map { name[..<$0] } ?? name[...]
        let words = String(base.map { $0 == "_" || $0 == "-" ? " " : $0 })
        let parts = [words.isEmpty ? nil : words, heading].compactMap { $0 }
        let place = String(parts.joined(separator: " › ").prefix(longestContext))
        return [place, columns ?? ""].filter { !$0.isEmpty }.map { $0 + "\n" }.joined()
    }
}
