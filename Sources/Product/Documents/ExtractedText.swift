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
    public var json: JSONValue {
        [
            "pages": .array(
                pages.map {
                    ["page": .int(Int64($0.number)), "start": .int(Int64($0.start)), "text": .string($0.text)]
                })
        ]
    }

    /// Reads the stored form; `nil` when it is not one.
    public init?(json: JSONValue) {
        guard let list = json["pages"]?.array else { return nil }
        self.init(pageTexts: list.map { $0["text"]?.string ?? "" })
    }
}

/// Why a document cannot be read, in words for its owner.
public struct ExtractionError: Error, Sendable, Equatable {
    /// `password_protected`, `no_text`, `damaged`, `too_complex` or `unsupported`.
    public let code: String
    /// What is wrong and what to do.
    public let detail: String

    public static let passwordProtected = ExtractionError(
        code: "password_protected",
        detail: "The file is protected by a password. Remove the protection and upload it again.")
    public static let noText = ExtractionError(
        code: "no_text",
        detail: "There is no text in the file; it probably holds scanned pictures. Upload a version with a text layer.")
    /// The file is not what its format asks for.
    ///
    /// - Parameter what: What is wrong, as the rest of a sentence.
    public static func damaged(_ what: String) -> ExtractionError {
        ExtractionError(code: "damaged", detail: "The file is damaged: \(what). Save it again and upload the new copy.")
    }
    /// The file is beyond a limit, such as that of pages, nesting, time or memory.
    ///
    /// - Parameter what: Which one, as the rest of a sentence.
    public static func tooComplex(_ what: String) -> ExtractionError {
        ExtractionError(
            code: "too_complex",
            detail: "The file is beyond what can be processed: \(what). Split it and upload the parts.")
    }
    public static let unsupported = ExtractionError(
        code: "unsupported", detail: "The file is not a PDF, DOCX, HTML, Markdown or text file.")
}
