/// The kinds of document that can be read.
public enum MediaType: String, Sendable, CaseIterable {
    case pdf = "application/pdf"
    case docx = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
    case pptx = "application/vnd.openxmlformats-officedocument.presentationml.presentation"
    case xlsx = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    case odt = "application/vnd.oasis.opendocument.text"
    case ods = "application/vnd.oasis.opendocument.spreadsheet"
    case odp = "application/vnd.oasis.opendocument.presentation"
    case epub = "application/epub+zip"
    case rtf = "application/rtf"
    case html = "text/html"
    case markdown = "text/markdown"
    case csv = "text/csv"
    case mail = "message/rfc822"
    case text = "text/plain"

    /// What people call it.
    public var title: String {
        switch self {
        case .pdf: "PDF"
        case .docx: "Word (DOCX)"
        case .pptx: "PowerPoint (PPTX)"
        case .xlsx: "Excel (XLSX)"
        case .odt: "OpenDocument text (ODT)"
        case .ods: "OpenDocument spreadsheet (ODS)"
        case .odp: "OpenDocument presentation (ODP)"
        case .epub: "book (EPUB)"
        case .rtf: "RTF"
        case .html: "HTML"
        case .markdown: "Markdown"
        case .csv: "CSV"
        case .mail: "e-mail (EML, MHT)"
        case .text: "plain text"
        }
    }

    /// All titles, for messages: "PDF, …, Markdown or plain text".
    public static var titles: String {
        let all = allCases.map(\.title)
        return all.dropLast().joined(separator: ", ") + " or " + (all.last ?? "")
    }
}
