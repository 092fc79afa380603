import DocumentReading
import Documents

/// The report on a document that is in memory.
enum DocumentReaderReport {
    static func read(_ bytes: [UInt8], _ type: MediaType) throws -> ReadingReport {
        let reading: (text: ExtractedText, report: ReadingReport) = try DocumentReader().read(bytes, type)
        return reading.report
    }
}
