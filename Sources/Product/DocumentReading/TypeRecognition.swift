import TextEncodings
import TextSearch

extension MediaType {
    /// Bytes that `recognise` wants to see, if the file has as many.
    public static let prefixBytes = 64 * 1024

    /// Recognises a file by how it begins. A format counts by its own beginning and structure; that a text mentions one says
    /// nothing. The name tells apart only what the content leaves open, such as Markdown and plain text.
    ///
    /// - Parameters:
    ///   - prefix: The first bytes.
    ///   - name: The file's name.
    /// - Returns: `nil` for a kind that cannot be read; `remedy` may say what to do.
    public static func recognise(_ prefix: [UInt8], name: String) -> MediaType? {
        let file = FilePrefix(prefix, name: name)
        if file.isPDF { return .pdf }
        if isArchive(prefix) { return office(prefix, name: name) }
        guard file.isText, remedy(file) == nil else { return nil }
        if file.isRTF { return .rtf }
        if file.hasExtension("md", "markdown") { return .markdown }
        if file.isHTML { return .html }
        if file.isMail { return .mail }
        return file.hasExtension("csv", "tsv", "tab") ? .csv : .text
    }

    /// What to do with a file of a kind that is known and cannot be read, as a sentence.
    public static func remedy(_ prefix: [UInt8], name: String) -> String? { remedy(FilePrefix(prefix, name: name)) }

    private static func remedy(_ file: FilePrefix) -> String? {
        if file.bytes.starts(with: compoundFileMark) {
            return
                "Files of Word, Excel and PowerPoint from before 2007 cannot be read: save it as .docx, .xlsx or .pptx."
        }
        if file.bytes.starts(with: [0x89, 0x50, 0x4E, 0x47]) || file.bytes.starts(with: [0xFF, 0xD8, 0xFF]) {
            return "Pictures cannot be read: upload a PDF that has the text."
        }
        if file.isPostScript { return "PostScript cannot be read: convert it to PDF." }
        let root = file.root ?? ""
        if root == "svg" { return "Drawings cannot be read: convert it to PDF." }
        let isInstructed = file.beginning.hasPrefix("<?") && file.beginning.contains("<?mso-application")
        let isOffice =
            isInstructed || root == "workbook" || root == "w:worddocument" || root == "pkg:package"
            || root.hasPrefix("office:document")
        if isOffice { return "Office documents in one XML file cannot be read: save it as .docx, .xlsx or PDF." }
        if file.isMailbox { return "Mailboxes of many messages cannot be read: save each message as .eml." }
        return nil
    }
}
