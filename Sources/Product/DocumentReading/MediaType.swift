/// The kinds of document that can be read, recognised by content.
public enum MediaType: String, Sendable, CaseIterable {
    case pdf = "application/pdf"
    case docx = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
    case html = "text/html"
    case markdown = "text/markdown"
    case text = "text/plain"

    /// Bytes that `recognise` wants to see, if the file has as many.
    public static let prefixBytes = 64 * 1024

    /// Recognises a file by its first bytes; the name only tells Markdown from plain text.
    ///
    /// - Returns: `nil` for a kind that cannot be read.
    public static func recognise(_ prefix: [UInt8], name: String) -> MediaType? {
        // Readers accept junk before the header as long as it begins within the first kilobyte.
        if find("%PDF-".utf8, in: prefix.prefix(1024)) { return .pdf }
        if prefix.starts(with: [0x50, 0x4B, 0x03, 0x04]) { return isWord(prefix) ? .docx : nil }
        if isBinary(prefix) { return nil }
        let start = String(decoding: prefix.prefix(4096), as: UTF8.self).lowercased()
        let lower = name.lowercased()
        if lower.hasSuffix(".md") || lower.hasSuffix(".markdown") { return .markdown }
        if start.contains("<!doctype html") || start.contains("<html") || start.contains("<body") { return .html }
        if (lower.hasSuffix(".html") || lower.hasSuffix(".htm")) && start.contains("<") { return .html }
        return .text
    }

    /// A zip is taken for a Word document unless its first entries are those of something else.
    private static func isWord(_ prefix: [UInt8]) -> Bool {
        if find("word/".utf8, in: prefix[...]) { return true }
        if find("xl/".utf8, in: prefix[...]) || find("ppt/".utf8, in: prefix[...]) { return false }
        return find("[Content_Types].xml".utf8, in: prefix[...])
    }

    private static func isBinary(_ prefix: [UInt8]) -> Bool {
        if prefix.starts(with: [0xFF, 0xFE]) || prefix.starts(with: [0xFE, 0xFF]) { return false }
        let controls = prefix.count { $0 < 32 && ![9, 10, 12, 13, 27].contains($0) }
        if controls > 0 { return true }
        // Without control bytes it is UTF-8, possibly cut at the end, or a one-byte encoding.
        return false
    }

    /// How files of Office's formats before 2007 begin, and later ones that a password locks.
    public static let compoundFileMark: [UInt8] = [0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1]

    /// Whether such a file holds one that is locked.
    public static func holdsEncryptedPackage(_ bytes: [UInt8]) -> Bool { holds("EncryptedPackage", bytes) }

    /// Whether a name stands in it as names of its streams do.
    private static func holds(_ name: String, _ bytes: [UInt8]) -> Bool {
        find(name.utf16.flatMap { [UInt8($0 & 0xFF), UInt8($0 >> 8)] }, in: bytes[...])
    }

    private static func find(_ part: some Collection<UInt8>, in bytes: ArraySlice<UInt8>) -> Bool {
        let part = Array(part)
        guard let first = part.first, bytes.count >= part.count else { return false }
        for start in bytes.startIndex...(bytes.endIndex - part.count) where bytes[start] == first {
            if bytes[start..<start + part.count].elementsEqual(part) { return true }
        }
        return false
    }
}
