public import DocumentReading
import JSONCoding

/// What the program `document-reader` does with one page of a PDF that somebody looks at.
public struct PageJob: Sendable {
    private let folder: ReadingFolder
    private let number: Int

    /// The work on a page, from 1, of the document in a folder.
    public init(_ folder: ReadingFolder, page: Int) {
        self.folder = folder
        number = page
    }

    /// Draws it.
    ///
    /// - Parameter width: In pixels.
    /// - Throws: `ExtractionError`; `ReadingFailure` when the machine fails.
    public func draw(width: Int) async throws {
        try await PDFPage(PDFPrograms(path: folder.original), number).draw(width: width, to: folder.picture)
    }

    /// Writes where the words of its text stand: offsets in the document, boxes as shares of the page.
    ///
    /// - Throws: as above.
    public func placeWords() async throws {
        let stored = try DocumentReader.content(folder.page)
        guard stored.count <= ReaderLimits.placedBytes else {
            throw ExtractionError.tooComplex(
                "page \(number) has more than \(ReaderLimits.placedBytes >> 20) MiB of text")
        }
        guard let page = (try? JSONParser.parse(stored))?["pages"]?[0], let text = page["text"]?.string,
            let start = page["start"]?.int
        else { throw ReadingFailure(reason: "the text of the page cannot be read") }
        let words = text.isEmpty ? [] : try await PDFPage(PDFPrograms(path: folder.original), number).words()
        var file = try OutputFile(folder.words)
        try file.write("[".utf8)
        for (index, place) in PDFWordPlaces.find(words, in: text).enumerated() {
            if index > 0 { try file.write(",".utf8) }
            let box = [place.box.left, place.box.top, place.box.right, place.box.bottom]
            let json: JSONValue = [
                "start": .int(start + Int64(place.start)), "end": .int(start + Int64(place.end)),
                "box": .array(box.map { .double(($0 * 10_000).rounded() / 10_000) }),
            ]
            try file.write(json.encoded)
        }
        try file.write("]".utf8)
        try file.finish()
    }
}
