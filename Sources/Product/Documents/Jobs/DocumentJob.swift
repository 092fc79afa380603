public import DocumentReading
public import JSONCoding

/// What the program `document-reader` does with a document: reads it, cuts it into passages, and leaves both in the
/// document's folder, in a form that can be taken up piece by piece.
public struct DocumentJob: Sendable {
    private let folder: ReadingFolder
    private let type: MediaType
    private let maximumPassages: Int

    /// The work on the document in a folder.
    public init(_ folder: ReadingFolder, as type: MediaType, maximumPassages: Int = ReaderLimits.passages) {
        self.folder = folder
        self.type = type
        self.maximumPassages = maximumPassages
    }

    /// Does it. Returns what was learnt, or an object with `error` when the document cannot be read.
    ///
    /// - Throws: `ReadingFailure` when the machine fails.
    public func run() async throws -> JSONValue {
        do {
            let (text, report) = try await DocumentReader().read(folder.original, type)
            try write(text)
            let passages = try writePassages(of: text)
            return [
                "pages": .int(Int64(text.pages.count)), "pagesWithoutText": .int(Int64(text.pagesWithoutText)),
                "passages": .int(Int64(passages)), "language": .optional(LanguageGuess.language(of: text)),
                "report": report.json,
            ]
        } catch let error as ExtractionError {
            return ["error": error.json]
        }
    }

    private func write(_ text: ExtractedText) throws {
        var file = try OutputFile(folder.text)
        try file.write("{\"pages\":[".utf8)
        for page in text.pages {
            if page.number > 1 { try file.write(",".utf8) }
            try file.write(page.json.encoded)
        }
        try file.write("]}".utf8)
        try file.finish()
    }

    private func writePassages(of text: ExtractedText) throws -> Int {
        var file = try OutputFile(folder.passages)
        var count = 0
        var heading: String?
        // Other formats name their headers and footers themselves.
        let repeated = type == .pdf ? RepeatedLines(text) : nil
        for page in text.pages {
            try PassageSplitter().forEachPassage(of: repeated?.without(page) ?? page, under: &heading) { passage in
                count += 1
                guard count <= maximumPassages else {
                    throw ExtractionError.tooComplex("it has more than \(maximumPassages) passages")
                }
                try file.write(passage.json.encoded + [10])
            }
        }
        try file.finish()
        return count
    }
}
