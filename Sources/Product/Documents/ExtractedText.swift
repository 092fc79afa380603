public import JSONCoding

/// A document's text by pages. Offsets count Unicode scalars in the page texts joined by one form feed.
public struct ExtractedText: Sendable, Equatable {
    /// One page.
    public struct Page: Sendable, Equatable {
        /// From 1.
        public let number: Int
        /// Offset of the page's first scalar in the document.
        public let start: Int
        public let text: String

        var json: JSONValue { ["page": .int(Int64(number)), "start": .int(Int64(start)), "text": .string(text)] }
    }

    public let pages: [Page]

    /// Numbers the pages and computes their offsets.
    public init(pageTexts: [String]) {
        var start = 0
        pages = pageTexts.enumerated().map { index, text in
            defer { start += text.unicodeScalars.count + 1 }
            return Page(number: index + 1, start: start, text: text)
        }
    }

    /// Pages on which there is nothing to read.
    public var pagesWithoutText: Int { pages.count { Self.isBlank($0.text) } }

    /// Whether nothing can be read on any page.
    public var isBlank: Bool { pages.allSatisfy { Self.isBlank($0.text) } }

    private static func isBlank(_ text: String) -> Bool { text.unicodeScalars.allSatisfy(\.properties.isWhitespace) }

    /// The form in which the text is stored and served.
    public var json: JSONValue { ["pages": .array(pages.map(\.json))] }

    /// Reads the stored form; `nil` when it is not one.
    public init?(json: JSONValue) {
        guard let list = json["pages"]?.array else { return nil }
        self.init(pageTexts: list.map { $0["text"]?.string ?? "" })
    }
}
