import DocumentReading
import Documents
import FoundationEssentials
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
