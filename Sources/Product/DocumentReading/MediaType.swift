/// The kinds of document that can be read, recognised by content.
public enum MediaType: String, Sendable, CaseIterable {
    case pdf = "application/pdf"
    case docx = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
    case pptx = "application/vnd.openxmlformats-officedocument.presentationml.presentation"
    case xlsx = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    case html = "text/html"
    case markdown = "text/markdown"
    case text = "text/plain"

    /// What can be read, as the rest of a sentence that begins with "not a".
    public static let names = "PDF, DOCX, PPTX, XLSX, HTML, Markdown or text file"

    /// Bytes that `recognise` wants to see, if the file has as many.
    public static let prefixBytes = 64 * 1024

    /// Recognises a file by its first bytes; the name only tells Markdown from plain text, and one locked Office file from
    /// another.
    ///
    /// - Returns: `nil` for a kind that cannot be read.
    public static func recognise(_ prefix: [UInt8], name: String) -> MediaType? {
        // Readers accept junk before the header as long as it begins within the first kilobyte.
        if find("%PDF-".utf8, in: prefix.prefix(1024)) { return .pdf }
        let lower = name.lowercased()
        if prefix.starts(with: entryMark) { return office(prefix, name: lower) }
        if prefix.starts(with: compoundFileMark) { return locked(prefix, name: lower) }
        if isBinary(prefix) { return nil }
        let start = String(decoding: prefix.prefix(4096), as: UTF8.self).lowercased()
        if lower.hasSuffix(".md") || lower.hasSuffix(".markdown") { return .markdown }
        if start.contains("<!doctype html") || start.contains("<html") || start.contains("<body") { return .html }
        if (lower.hasSuffix(".html") || lower.hasSuffix(".htm")) && start.contains("<") { return .html }
        return .text
    }

    /// Why a file whose kind is not recognised is refused, and what to do.
    public static func refusal(_ prefix: [UInt8], name: String) -> String {
        guard prefix.starts(with: compoundFileMark) else {
            return "\(name) is not a \(names), whatever its name says. Convert it and try again."
        }
        return "\(name) is in a format of Office before 2007, whatever its name says. "
            + "Save it as .docx, .xlsx or .pptx and try again."
    }

    // MARK: - Office

    private static let entryMark: [UInt8] = [0x50, 0x4B, 0x03, 0x04]

    /// An Office file tells by the folders of its parts what it is; one that has other folders is taken for a document by
    /// its name.
    private static func office(_ prefix: [UInt8], name: String) -> MediaType? {
        var hasTypes = false
        for entry in entries(prefix) {
            switch entry.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: true).first {
            case "word": return .docx
            case "ppt": return .pptx
            case "xl": return .xlsx
            case "[content_types].xml": hasTypes = true
            case "mimetype": return nil
            default: break
            }
        }
        return hasTypes ? named(name) ?? .docx : nil
    }

    /// Names of an archive's first entries, in small letters, with slashes. The last may be cut.
    private static func entries(_ prefix: [UInt8]) -> [String] {
        var names: [String] = []
        var place = 0
        while place + 30 <= prefix.count {
            guard prefix[place] == entryMark[0], prefix[place...].starts(with: entryMark) else {
                place += 1
                continue
            }
            let length = Int(prefix[place + 26]) | Int(prefix[place + 27]) << 8
            let end = min(place + 30 + length, prefix.count)
            let name = String(decoding: prefix[place + 30..<end], as: UTF8.self).lowercased()
            names.append(String(name.map { $0 == "\\" ? "/" : $0 }))
            place = max(end, place + 30)
        }
        return names
    }

    private static func named(_ name: String) -> MediaType? {
        for (endings, type) in [
            ([".docx", ".docm", ".dotx", ".dotm"], MediaType.docx), ([".pptx", ".pptm", ".ppsx", ".potx"], .pptx),
            ([".xlsx", ".xlsm", ".xltx"], .xlsx),
        ] where endings.contains(where: name.hasSuffix) {
            return type
        }
        return nil
    }

    /// How files of Office's formats before 2007 begin, and later ones that a password locks.
    public static let compoundFileMark: [UInt8] = [0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1]

    /// A locked file of a kind that can be read otherwise; `nil` for one of an old format.
    private static func locked(_ prefix: [UInt8], name: String) -> MediaType? {
        if holdsEncryptedPackage(prefix) { return named(name) ?? .docx }
        // Where the names of its streams stand; they may lie behind what is seen.
        guard prefix.count >= 512, prefix[30] < 16 else { return nil }
        let sector = (0..<4).reduce(0) { $0 | Int(prefix[48 + $1]) << (8 * $1) }
        let isSeen = (sector + 2) << Int(prefix[30]) <= prefix.count
        return isSeen ? nil : named(name)
    }

    /// Whether such a file holds one that is locked.
    public static func holdsEncryptedPackage(_ bytes: [UInt8]) -> Bool {
        // Names stand in two bytes for each character.
        find("EncryptedPackage".utf16.flatMap { [UInt8($0 & 0xFF), UInt8($0 >> 8)] }, in: bytes[...])
    }

    // MARK: - Bytes

    private static func isBinary(_ prefix: [UInt8]) -> Bool {
        if prefix.starts(with: [0xFF, 0xFE]) || prefix.starts(with: [0xFE, 0xFF]) { return false }
        let controls = prefix.count { $0 < 32 && ![9, 10, 12, 13, 27].contains($0) }
        if controls > 0 { return true }
        // Without control bytes it is UTF-8, possibly cut at the end, or a one-byte encoding.
        return false
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
