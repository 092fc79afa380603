/// What the reader of one format gets out of a document: raw page texts, which `DocumentReader` cleans, and a report.
struct DocumentContent {
    /// At least one.
    var pages: [String]
    var report = ReadingReport()
}
