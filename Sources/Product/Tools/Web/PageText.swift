import DocumentReading
import TextSearch

/// Has the text read out of a page, in a process of its own.
struct PageText: Sendable {
    let title: String?
    let text: String

    /// Reads a page.
    ///
    /// - Throws: `ToolFailure`.
    init(_ page: WebFetcher.Page) async throws {
        do {
            let found = try await ReaderProcess.read(page: page.body, isHTML: page.mediaType.contains("html"))
            title = found.title
            text = found.text
        } catch let error as ExtractionError {
            switch error.code {
            case ExtractionError.noText.code: throw ToolFailure("There is no text on the page.")
            case "too_complex":
                throw ToolFailure("The page cannot be read: taking it apart takes too long or too much memory.")
            default: throw ToolFailure("The page cannot be read.")
            }
        }
    }
}
