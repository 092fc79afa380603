import Digests
public import JSONCoding
@_spi(_Unicode) import Swift
import Telemetry

/// What people say of a document, beside what is read of it: tags, where it is from, who wrote it, of when it is. What is
/// `nil` is not said; an empty text takes away what was said before.
public struct DocumentFacts: Sendable, Equatable {
    /// Names of the members of bodies, and of the fields of uploads.
    public static let names = ["tags", "source", "author", "date"]
    /// Tags that one document may have.
    public static let mostTags = 20
    /// Characters of a tag.
    public static let tagLength = 1...50
    private static let longest = 300

    public var tags: [String]?
    public var source: String?
    public var author: String?
    /// Such as `2026-01-31`.
    public var date: String?

    /// Says nothing.
    public init() {}

    /// Reads the members of a body; null takes away. What is wrong is noted in the reader.
    public init(_ body: JSONValue, _ reader: inout FieldReader) {
        func isNull(_ name: String) -> Bool { body[name]?.isNull ?? false }
        tags = isNull("tags") ? [] : Self.tags(&reader)
        source = isNull("source") ? "" : Self.text("source", &reader)
        author = isNull("author") ? "" : Self.text("author", &reader)
        date = isNull("date") ? "" : Self.day("date", orNone: true, &reader)
    }

    /// Tags as they are kept and compared: in lower case, composed (Unicode's form NFC), with single spaces; each once. What
    /// is wrong is noted in the reader.
    static func tags(_ reader: inout FieldReader) -> [String]? {
        guard let given = reader.strings("tags", maximumCount: mostTags) else { return nil }
        var tags: [String] = []
        for text in given {
            guard let tag = tag(text) else {
                reader.add(
                    "tags",
                    "A tag must have \(tagLength.lowerBound) to \(tagLength.upperBound) characters that can be seen, and no comma."
                )
                return nil
            }
            if !tags.contains(tag) { tags.append(tag) }
        }
        return tags
    }

    /// A tag as it is kept; `nil` when it is none.
    static func tag(_ text: String) -> String? {
        let words = text.lowercased().split(whereSeparator: \.isWhitespace).joined(separator: " ")
        let tag = composed(words)
        guard tagLength.contains(tag.unicodeScalars.count), isShown(tag), !tag.contains(",") else { return nil }
        return tag
    }

    static func text(_ name: String, _ reader: inout FieldReader) -> String? {
        guard let given = reader.string(name, length: 0...longest) else { return nil }
        let text = composed(given.split(whereSeparator: \.isWhitespace).joined(separator: " "))
        guard isShown(text) else {
            reader.add(name, "Must not contain control characters or marks that nobody sees.")
            return nil
        }
        return text
    }

    static func day(_ name: String, orNone: Bool = false, _ reader: inout FieldReader) -> String? {
        guard let text = reader.string(name, length: 0...40) else { return nil }
        if orNone, text.isEmpty { return text }
        guard Timestamp.isDay(text) else {
            reader.add(name, "Must be a date such as 2026-01-31.")
            return nil
        }
        return text
    }

    private static func composed(_ text: String) -> String {
        var result = String.UnicodeScalarView()
        for scalar in text._nfc { result.append(scalar) }
        return String(result)
    }

    private static func isShown(_ text: String) -> Bool {
        text.unicodeScalars.allSatisfy { scalar in
            switch scalar.properties.generalCategory {
            case .control, .lineSeparator, .paragraphSeparator, .surrogate, .unassigned, .privateUse: false
            // Joiners, without which some languages and emoji are misspelt.
            case .format: scalar.value == 0x200C || scalar.value == 0x200D
            default: true
            }
        }
    }
}
