import DocumentReading
import EncodingDetection
import TextEncodings

/// Reads the text of a message (RFC 5322, RFC 2046), or of a page that was saved as one (RFC 2557). Attachments are named
/// and not read.
struct MailReader {
    private static let deepest = 20
    private static let mostParts = 1000

    private var text = ""
    private var report = ReadingReport()
    private var attachments: [String] = []
    private var parts = 0

    static func read(_ bytes: [UInt8]) throws -> DocumentContent {
        var reader = MailReader()
        try reader.message(bytes[...], depth: 0)
        return DocumentContent(pages: [reader.text], report: reader.report)
    }

    private mutating func message(_ bytes: ArraySlice<UInt8>, depth: Int) throws {
        let header = MailHeader(bytes)
        for (name, title) in [
            ("subject", "Subject"), ("from", "From"), ("to", "To"), ("cc", "Cc"), ("date", "Date"),
        ] {
            if let value = header.text(name), !value.isEmpty { text += "\(title): \(value)\n" }
        }
        text += "\n"
        let before = attachments.count
        try part(header, bytes[header.bodyStart...], depth: depth)
        let own = attachments[before...]
        guard !own.isEmpty else { return }
        text += "\nAttachments: \(own.joined(separator: ", "))\n"
        report.warn("Attachments are not read; upload them as documents of their own: \(own.joined(separator: ", ")).")
    }

    private mutating func part(_ header: MailHeader, _ body: ArraySlice<UInt8>, depth: Int) throws {
        parts += 1
        guard parts <= Self.mostParts, depth <= Self.deepest else {
            throw ExtractionError.tooComplex(
                "it has more than \(Self.mostParts) parts, or parts nested more than \(Self.deepest) deep")
        }
        let type = header.value("content-type") ?? "text/plain"
        if type.hasPrefix("multipart/"), let boundary = header.parameter("boundary", of: "content-type") {
            return try multipart(type, Self.split(body, boundary), depth: depth)
        }
        if type == "message/rfc822" {
            text += "\n"
            return try message(Self.decoded(body, header)[...], depth: depth + 1)
        }
        let name =
            header.parameter("filename", of: "content-disposition") ?? header.parameter("name", of: "content-type")
        let isAttached = header.value("content-disposition") == "attachment"
        guard !isAttached, type.hasPrefix("text/"), type != "text/calendar", type != "text/x-vcard", type != "text/css"
        else {
            if isAttached || name != nil, header.raw("content-id") == nil { attachments.append(name ?? type) }
            return
        }
        let bytes = Self.decoded(body, header)
        let own = type == "text/html" ? HTMLCharset.label(bytes) : nil
        let decoded = DecodedText(bytes, label: header.parameter("charset", of: "content-type") ?? own)
        report.note(decoded)
        if type == "text/html" {
            let page = try HTMLReader.page(decoded.text)
            report.take(page.content.report)
            text += page.content.pages[0] + "\n"
        } else {
            text += TerminalText.plain(decoded.text) + "\n"
        }
    }

    private mutating func multipart(_ type: String, _ bodies: [ArraySlice<UInt8>], depth: Int) throws {
        let parts = bodies.map { (header: MailHeader($0), bytes: $0) }
        func kind(_ header: MailHeader) -> String { header.value("content-type") ?? "text/plain" }
        guard type == "multipart/alternative" else {
            // The first one of related parts is the page, the others are its pictures.
            let isRelated = type == "multipart/related"
            for (index, part) in parts.enumerated() {
                if isRelated, index > 0, kind(part.header) == "text/html" || kind(part.header) == "text/css" {
                    continue
                }
                try self.part(part.header, part.bytes[part.header.bodyStart...], depth: depth + 1)
            }
            return
        }
        // The same in several forms: the plainest that says something.
        let before = text
        for wanted in ["text/plain", "text/html", "multipart/"] {
            for part in parts where kind(part.header).hasPrefix(wanted) {
                try self.part(part.header, part.bytes[part.header.bodyStart...], depth: depth + 1)
                if text.dropFirst(before.count).contains(where: { !$0.isWhitespace }) { return }
            }
        }
    }

    /// The parts between the delimiters.
    private static func split(_ body: ArraySlice<UInt8>, _ boundary: String) -> [ArraySlice<UInt8>] {
        let delimiter = Array("--\(boundary)".utf8)
        var parts: [ArraySlice<UInt8>] = []
        var start: Int?
        var place = body.startIndex
        while place < body.endIndex, parts.count <= mostParts {
            let end = body[place...].firstIndex(of: 10) ?? body.endIndex
            if body[place..<end].starts(with: delimiter) {
                if let start { parts.append(body[start..<place]) }
                if body[(place + delimiter.count)..<end].starts(with: [45, 45]) { return parts }
                start = min(end + 1, body.endIndex)
            }
            place = end + 1
        }
        // Cut short: what is there is read.
        if let start, start < body.endIndex { parts.append(body[start...]) }
        return parts
    }

    private static func decoded(_ body: ArraySlice<UInt8>, _ header: MailHeader) -> [UInt8] {
        switch header.value("content-transfer-encoding") {
        case "base64": EncodedWords.base64(body)
        case "quoted-printable": EncodedWords.quotedPrintable(body)
        default: Array(body)
        }
    }
}
