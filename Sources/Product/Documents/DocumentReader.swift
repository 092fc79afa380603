/// Reads the text out of a document of any supported kind, within limits.
public struct DocumentReader: Sendable {
    /// Most pages of one document.
    public static let maximumPages = 5000
    /// Most bytes of text of one document.
    public static let maximumTextBytes = 64 << 20

    private let pdf: PDFReader

    /// A reader; temporary files go to `temporaryDirectory`.
    public init(temporaryDirectory: String) { pdf = PDFReader(temporaryDirectory: temporaryDirectory) }

    /// Reads a document.
    ///
    /// - Throws: `ExtractionError`; other errors mean that the machine failed, not the document.
    public func read(_ bytes: [UInt8], _ type: MediaType) async throws -> ExtractedText {
        let pages: [String]
        switch type {
        case .pdf: pages = try await pdf.read(bytes)
        case .docx: pages = try DOCXReader.read(bytes)
        case .html: pages = [try HTMLReader.read(bytes)]
        case .markdown, .text:
            pages = PlainText.decode(bytes).split(separator: "\u{c}", omittingEmptySubsequences: false).map(String.init)
        }
        guard pages.count <= Self.maximumPages else {
            throw ExtractionError.tooComplex("it has more than \(Self.maximumPages) pages")
        }
        let text = ExtractedText(pageTexts: pages.map(PlainText.clean))
        if text.isBlank { throw ExtractionError.noText }
        return text
    }
}
