import DocumentReading

/// A document that lies in another one as it is (`w:altChunk`).
enum WordChunk {
    private static let deepest = 3
    private static let limit = 16 << 20

    /// Its text by pages; `nil` when it cannot be read, of which the report then tells.
    ///
    /// - Throws: `ExtractionError` when a limit is passed.
    static func pages(_ part: String, in context: WordContext) throws -> [String]? {
        guard let bytes = try context.package.part(part, limit: limit) else { return nil }
        let type = MediaType.recognise(Array(bytes.prefix(MediaType.prefixBytes)), name: part)
        let content: DocumentContent
        switch type {
        case .html: content = try HTMLReader.read(bytes)
        case .rtf: content = try RTFReader.read(bytes)
        case .mail: content = try MailReader.read(bytes)
        case .text, .markdown, .csv: content = PlainText.read(bytes)
        case .docx:
            guard context.depth < deepest else {
                throw ExtractionError.tooComplex("documents lie in it more than \(deepest) deep")
            }
            content = try WordReader.read(bytes, depth: context.depth + 1)
        case .pdf, .pptx, .xlsx, .odt, .ods, .odp, .epub, nil:
            context.report.warn("A part in another format was left out.")
            return nil
        }
        for hidden in content.report.hidden {
            context.report.hide(hidden.sample, page: context.page + hidden.page - 1, how: hidden.how)
        }
        for warning in content.report.warnings { context.report.warn(warning) }
        return content.pages
    }
}
