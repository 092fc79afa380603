import Catalog
import Digests
import JSONCoding

/// What every question brings, in a chat or by itself.
struct QuestionFields: Sendable {
    /// The members of a body, besides the one with the text.
    static let names = ["documents", "useDocuments", "model", "preset"] + DocumentFilter.names
    static let maximumLength = 32_000
    static let maximumDocuments = 1000

    static let modelLength = 1...200
    static let presetLength = 1...40

    let text: String
    /// Documents to search; `nil` means everything that can be seen.
    let documents: [String]?
    /// What has to be said of those.
    let filter: DocumentFilter
    /// Whether it is limited to some documents.
    var isNarrowed: Bool { documents != nil || !filter.isEverything }
    let useDocuments: Bool
    let model: String?
    let preset: String?

    /// Reads the members of a body; what is wrong is noted in the reader.
    ///
    /// - Parameter name: Of the member with the text.
    init(_ name: String, _ body: JSONValue, _ reader: inout FieldReader) {
        text = reader.requiredString(name, length: 1...Self.maximumLength)
        if body[name]?.string?.unicodeScalars.allSatisfy(\.properties.isWhitespace) ?? false {
            reader.add(name, "Must not be blank.")
        }
        (documents, filter, useDocuments, model) = Self.manner(&reader)
        preset = reader.string("preset", length: Self.presetLength)
    }

    /// Reads the members of a body that has no text, for one that is known, and is of a chat that has its preset.
    init(text: String, _ reader: inout FieldReader) {
        self.text = text
        (documents, filter, useDocuments, model) = Self.manner(&reader)
        preset = nil
    }

    private static func manner(_ reader: inout FieldReader) -> ([String]?, DocumentFilter, Bool, String?) {
        let documents = reader.strings("documents", maximumCount: maximumDocuments)
        if let documents, !documents.allSatisfy(UUIDv7.isValid) {
            reader.add("documents", "Every entry must be a document's id.")
        }
        return (
            documents, DocumentFilter(&reader), reader.bool("useDocuments", default: true),
            reader.string("model", length: modelLength)
        )
    }
}
