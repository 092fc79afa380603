import DocumentReading
public import JSONCoding
import Markup

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
            let text = try DocumentReader().read(bytes, isHTML ? .html : .text).text
            let title = isHTML ? Self.title(bytes) : nil
            json = ["title": .optional(title), "text": .string(text.pages.map(\.text).joined(separator: "\n"))]
        } catch {
            json = ["error": (error as? ExtractionError ?? .damaged("it cannot be read")).json]
        }
    }

    private static func title(_ bytes: [UInt8]) -> String? {
        var isInside = false
        var title = ""
        try? MarkupReader.htmlEvents(bytes) { event in
            switch event {
            case .start("title", _): isInside = title.isEmpty
            case .end("title"): isInside = false
            case .text(let text): if isInside, title.utf8.count < 4 * maximumTitle { title += text }
            default: break
            }
        }
        let line = title.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        return line.isEmpty ? nil : String(line.prefix(maximumTitle))
    }
}
