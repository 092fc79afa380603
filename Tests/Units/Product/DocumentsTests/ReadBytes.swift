import DocumentReading
import Documents
import FoundationEssentials
import ProductFixture
import TestSupport

extension DocumentReader {
    /// Reads a document that is in memory.
    func read(_ bytes: [UInt8], _ type: MediaType) async throws -> ExtractedText {
        try await reading(bytes, type).text
    }

    /// Reads a document that is in memory, with its report.
    func reading(_ bytes: [UInt8], _ type: MediaType) async throws -> (text: ExtractedText, report: ReadingReport) {
        let folder = try Fixtures.temporaryDirectory()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try Data(bytes).write(to: URL(filePath: folder + "/original"))
        return try await read(folder + "/original", type)
    }
}

/// A PDF's pages, and what is said of how it was read.
func readPDF(_ bytes: [UInt8]) async throws -> (pages: [String], report: ReadingReport) {
    let folder = try Fixtures.temporaryDirectory()
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try Data(bytes).write(to: URL(filePath: folder + "/original"))
    let (text, report) = try await DocumentReader().read(folder + "/original", .pdf)
    return (text.pages.map(\.text), report)
}

/// The same of one that is made for a test.
func readPDF(_ pdf: SamplePDF) async throws -> (pages: [String], report: ReadingReport) { try await readPDF(pdf.bytes) }
