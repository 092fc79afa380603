public import DocumentReading
import Glibc

/// Reads the text out of a document of any supported kind, within limits. It runs in the program `document-reader`, whose
/// process has further limits.
public struct DocumentReader: Sendable {
    /// A reader.
    public init() {}

    /// Reads the document in a file.
    ///
    /// - Returns: The text, and what its owner should know of how it was read.
    /// - Throws: `ExtractionError`; other errors mean that the machine failed, not the document.
    public func read(_ path: String, _ type: MediaType) async throws -> (text: ExtractedText, report: ReadingReport) {
        guard type == .pdf else { return try read(try Self.content(path), type) }
        return try extracted(try await PDFReader().read(path))
    }

    /// Reads the document in memory; PDFs are read from files.
    public func read(_ bytes: [UInt8], _ type: MediaType) throws -> (text: ExtractedText, report: ReadingReport) {
        switch type {
        case .pdf: throw ExtractionError.unsupported
        case .docx: try extracted(try WordReader.read(bytes))
        case .pptx: try extracted(try SlideReader.read(bytes))
        case .xlsx: try extracted(try SheetReader.read(bytes))
        case .odt, .ods, .odp: try extracted(try OpenDocumentReader.read(bytes))
        case .epub: try extracted(try BookReader.read(bytes))
        case .html: try extracted(try HTMLReader.read(bytes))
        case .rtf: try extracted(try RTFReader.read(bytes))
        case .mail: try extracted(try MailReader.read(bytes))
        case .csv: try extracted(CSVReader.read(bytes))
        case .markdown, .text: try extracted(PlainText.read(bytes))
        }
    }

    func extracted(_ content: DocumentContent) throws -> (text: ExtractedText, report: ReadingReport) {
        (try text(content.pages), content.report)
    }

    private func text(_ pages: [String]) throws -> ExtractedText {
        guard pages.count <= ReaderLimits.pages else {
            throw ExtractionError.tooComplex("it has more than \(ReaderLimits.pages) pages")
        }
        var bytes = 0
        let clean = try pages.map { page in
            let text = PlainText.clean(page)
            bytes += text.utf8.count
            guard bytes <= ReaderLimits.textBytes else {
                throw ExtractionError.tooComplex("it holds more than \(ReaderLimits.textBytes >> 20) MiB of text")
            }
            return text
        }
        let text = ExtractedText(pageTexts: clean)
        if text.isBlank { throw ExtractionError.noText }
        return text
    }

    /// Everything in a file.
    static func content(_ path: String) throws -> [UInt8] {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { throw ReadingFailure(reason: "\(path) cannot be opened") }
        defer { close(file) }
        let size = Int(lseek(file, 0, SEEK_END))
        var bytes = [UInt8](repeating: 0, count: max(0, size))
        var place = 0
        while place < bytes.count {
            let count = bytes.withUnsafeMutableBytes {
                pread(file, $0.baseAddress.map { $0 + place }, size - place, place)
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw ReadingFailure(reason: "\(path) cannot be read") }
            place += count
        }
        return bytes
    }
}
