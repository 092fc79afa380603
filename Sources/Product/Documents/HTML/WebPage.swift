import DocumentReading
public import JSONCoding

/// The title and text of a web page.
public struct WebPage: Sendable {
    private static let maximumTitle = 120

    /// Title, text, or why there is none: an object with `title` and `text`, or with `error`.
    public let json: JSONValue

    /// Reads a page.
    ///
    /// - Parameter isHTML: Otherwise it is plain text.
    public init(_ bytes: [UInt8], isHTML: Bool) {
        do {
            guard isHTML else {
                json = ["title": nil, "text": .string(try DocumentReader().read(bytes, .text).text.joined)]
                return
            }
            let (title, content) = try HTMLReader.page(bytes)
            let text = try DocumentReader().extracted(content).text
            json = [
                "title": .optional(title.map { String($0.prefix(Self.maximumTitle)) }), "text": .string(text.joined),
            ]
        } catch {
            json = ["error": (error as? ExtractionError ?? .damaged("it cannot be read")).json]
        }
    }
}

extension ExtractedText {
    /// All of it, a line end between pages.
    fileprivate var joined: String { pages.map(\.text).joined(separator: "\n") }
}
