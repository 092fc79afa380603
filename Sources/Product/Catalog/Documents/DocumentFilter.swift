public import JSONCoding
import Postgres

/// Which documents are meant, by what is said of them.
public struct DocumentFilter: Sendable, Equatable {
    /// Names of the members of bodies.
    public static let names = ["tags", "before", "after", "source", "author", "language"]

    /// All of these; none for any.
    public var tags: [String] = []
    /// Of a date before this day. A document of which nobody said a date is of the day on which it was uploaded.
    public var before: String?
    /// Of this day or a later one.
    public var after: String?
    public var source: String?
    public var author: String?
    /// ISO 639-1, as the document's reading found it.
    public var language: String?

    /// All documents.
    public init() {}

    /// Whether all documents are meant.
    public var isEverything: Bool { self == DocumentFilter() }

    /// Reads the members of a body; what is wrong is noted in the reader.
    public init(_ reader: inout FieldReader) {
        tags = DocumentFacts.tags(&reader) ?? []
        before = DocumentFacts.day("before", &reader)
        after = DocumentFacts.day("after", &reader)
        source = DocumentFacts.text("source", &reader)
        author = DocumentFacts.text("author", &reader)
        language = reader.string("language", length: 2...8)
        if let before, let after, before <= after {
            reader.add("before", "Must be later than after: a document of \(after) is not before \(before).")
        }
    }

    /// The values of the condition's parameters.
    var parameters: [String?] { [PostgresArray.text(tags), before, after, source, author, language] }

    /// A condition on rows of documents.
    ///
    /// - Parameter first: Number of the first of its parameters.
    static func condition(on documents: String, first: Int) -> String {
        let day = "coalesce(\(documents).dated, (\(documents).created_at AT TIME ZONE 'UTC')::date)"
        return """
            \(documents).tags @> $\(first)::text[]
                AND ($\(first + 1)::date IS NULL OR \(day) < $\(first + 1)::date)
                AND ($\(first + 2)::date IS NULL OR \(day) >= $\(first + 2)::date)
                AND ($\(first + 3)::text IS NULL OR \(documents).source = $\(first + 3)::text)
                AND ($\(first + 4)::text IS NULL OR \(documents).author = $\(first + 4)::text)
                AND ($\(first + 5)::text IS NULL OR \(documents).language = $\(first + 5)::text)
            """
    }
}
