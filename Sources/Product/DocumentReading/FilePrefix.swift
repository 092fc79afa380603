import TextEncodings
import TextSearch

/// How a file begins, and what that tells.
struct FilePrefix {
    let bytes: [UInt8]
    /// The first kilobytes as text in lower case, behind a mark and spaces.
    let beginning: String
    private let suffix: String
    /// The form of Unicode that the bytes are in by their mark or their zeros.
    private let form: TextEncoding?

    init(_ bytes: [UInt8], name: String) {
        self.bytes = bytes
        let start = bytes.prefix(4096)
        form = TextEncoding.marked(bytes)
        let text = form?.text(of: start) ?? String(decoding: start, as: UTF8.self)
        beginning = text.drop { $0.isWhitespace || $0 == "\u{FEFF}" || $0 == "\u{4}" }.lowercased()
        suffix = name.lowercased().split(separator: ".").dropFirst().last.map(String.init) ?? ""
    }

    /// Whether the name ends with one of these, written without the dot.
    func hasExtension(_ names: String...) -> Bool { names.contains(suffix) }

    /// Whether the bytes of a text are there.
    func contains(_ text: String) -> Bool { bytes.firstRange(of: Array(text.utf8)) != nil }

    // MARK: - PDF

    /// Readers accept junk before the header (ISO 32000-1, annex H, implementation note 13): it may stand anywhere in the
    /// first kilobyte, as long as objects follow. A text that begins like one and goes on without any is a text.
    var isPDF: Bool {
        guard let place = bytes.prefix(1024 + 5).firstRange(of: Array("%PDF-".utf8))?.lowerBound else { return false }
        // Whose text may be about this format.
        let isNamedProse = isNamedText || hasExtension("html", "htm", "md", "markdown")
        if place > 0 {
            // A text may show how objects are written.
            return hasObject(behind: place) && (hasExtension("pdf") || !isText)
                || bytes[..<place].allSatisfy { $0 <= 32 || $0 >= 0x80 } && !isNamedProse
        }
        guard isNamedProse, isText else { return true }
        // The header's line holds nothing else, and no sentences follow it.
        let lines = bytes[5...].split(separator: 10, maxSplits: 1)
        func words(_ bytes: ArraySlice<UInt8>) -> Int {
            bytes.split { $0 <= 32 }.count { $0.count > 1 && $0.allSatisfy { (97...122).contains($0 | 0x20) } }
        }
        if words(lines.first ?? []) > 1 { return false }
        return hasObject(behind: place) || lines.count < 2 || words(lines[1]) < 2
    }

    /// Whether `12 0 obj` stands there.
    private func hasObject(behind start: Int) -> Bool {
        var rest = bytes[start...]
        while let found = rest.firstRange(of: Array(" obj".utf8)) {
            let place = found.lowerBound
            let numbers = bytes[max(start, place - 16)..<place].reversed().prefix { $0 == 32 || (48...57).contains($0) }
            if numbers.contains(32), let first = numbers.first, first != 32 { return true }
            rest = bytes[found.upperBound...]
        }
        return false
    }

    // MARK: - Text

    /// Whether it is text in some encoding. Terminals, printers and old editors leave control characters in texts: it takes
    /// a share of them that no text has to make a file binary.
    var isText: Bool {
        if form != nil { return true }
        // A tar archive of texts looks like text.
        if bytes.dropFirst(257).starts(with: Array("ustar".utf8)) { return false }
        // Records and copied disks are padded.
        let padding = bytes.reversed().prefix { $0 == 0 }.count
        let content = padding < bytes.count ? bytes.dropLast(padding) : bytes[...]
        let controls = content.count {
            $0 > 0 && $0 < 7 || (14...25).contains($0) || (28...31).contains($0) || $0 == 127
        }
        let zeros = content.count { $0 == 0 }
        // The end of the prefix may cut a character.
        let isUTF8 = (0..<4).contains { String(validating: content.dropLast($0), as: UTF8.self) != nil }
        return isUTF8
            ? (controls + zeros) * 7 <= content.count : controls * 50 <= content.count && zeros * 14 <= content.count
    }

    /// Whether it begins as RTF 1.9 does, with control words.
    var isRTF: Bool {
        guard beginning.hasPrefix("{\\rtf") else { return false }
        let rest = beginning.dropFirst(5).drop { $0.isNumber }.drop { $0 == "\n" || $0 == "\r\n" || $0 == " " }
        return rest.hasPrefix("\\") || rest.hasPrefix("{")
    }

    // MARK: - Markup

    private static let textEndings = ["txt", "text", "log", "csv", "tsv"]
    private var isNamedText: Bool { Self.textEndings.contains(suffix) }

    /// The markup behind comments, declarations and instructions.
    private var markup: Substring {
        var rest = beginning[...]
        while true {
            if rest.hasPrefix("<!--"), let end = rest.firstRange(of: "-->") {
                rest = rest[end.upperBound...]
            } else if rest.hasPrefix("<?"), let end = rest.firstRange(of: "?>") {
                rest = rest[end.upperBound...]
            } else {
                return rest
            }
            rest = rest.drop { $0.isWhitespace }
        }
    }

    /// The name of the first element, with its prefix; `nil` where the file does not begin with one, or goes on in prose, as
    /// a text about markup does.
    var root: Substring? {
        var rest = markup
        if rest.hasPrefix("<!doctype"), let end = rest.firstIndex(of: ">") {
            rest = rest[rest.index(after: end)...].drop { $0.isWhitespace }
        }
        guard rest.first == "<" else { return nil }
        let name = rest.dropFirst().prefix { $0.isLetter || $0.isNumber || $0 == ":" || $0 == "-" || $0 == "_" }
        guard !name.isEmpty else { return nil }
        return isNamedText && !beginning.hasPrefix("<?") && !isFollowedByMarkup(rest) ? nil : name
    }

    private func isFollowedByMarkup(_ text: Substring) -> Bool {
        guard let end = text.firstIndex(of: ">") else { return false }
        return text[text.index(after: end)...].first { !$0.isWhitespace } == "<"
    }

    /// Whether it is PostScript, also behind the printer's language.
    var isPostScript: Bool {
        let lines = beginning.split(whereSeparator: \.isNewline).drop {
            $0.hasPrefix("\u{1B}%-12345x") || $0.hasPrefix("@pjl")
        }
        guard let line = lines.first, line.hasPrefix("%!ps") else { return false }
        let rest = line.dropFirst(4)
        return rest.isEmpty || rest.hasPrefix("-adobe-") && rest.split(separator: " ").count <= 2
    }

    /// Whether it begins as a page does (WHATWG MIME Sniffing, section 7.1), behind comments. A file named as a page needs no
    /// more than a tag; one named as text has to go on with a tag, since texts about markup begin with one, too.
    var isHTML: Bool {
        let rest = markup
        if hasExtension("html", "htm", "xhtml", "xht") { return hasTag(rest) }
        let tags = [
            "<!doctype html", "<html", "<head", "<body", "<script", "<iframe", "<h1", "<div", "<font", "<table",
            "<style",
            "<title", "<p", "<meta", "<link",
        ]
        let isPage = tags.contains { tag in
            guard rest.hasPrefix(tag) else { return false }
            let next = rest.dropFirst(tag.count).first
            return next == ">" || next == "/" || next.map(\.isWhitespace) ?? true
        }
        guard isPage else { return false }
        let isWhole = rest.hasPrefix("<!doctype html") || rest.hasPrefix("<html") || rest.hasPrefix("<body")
        return isNamedText ? isWhole && isFollowedByMarkup(rest) : isWhole || contains("</")
    }

    private func hasTag(_ text: Substring) -> Bool {
        zip(text, text.dropFirst()).contains { $0 == "<" && ($1.isLetter || $1 == "/" || $1 == "!") }
    }

    /// Whether it begins as a file of many messages does (RFC 4155).
    var isMailbox: Bool {
        guard beginning.hasPrefix("from "), let line = beginning.split(whereSeparator: \.isNewline).first else {
            return false
        }
        return line.contains("@") && line.split(separator: " ").count > 4 && line.contains { $0.isNumber }
            && (contains("\nFrom: ") || contains("\nSubject: ") || contains("\nReceived: "))
    }

    /// Whether it begins with the header of a message that has gone through the mail (RFC 5322), or of a page that was saved
    /// as one (RFC 2557).
    var isMail: Bool {
        var names: Set<Substring> = []
        for line in beginning.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).prefix(200) {
            if line.isEmpty { break }
            if line.first == " " || line.first == "\t" { continue }
            guard let colon = line.firstIndex(of: ":"), colon > line.startIndex,
                line[..<colon].allSatisfy({ $0.isASCII && !$0.isWhitespace })
            else { return false }
            names.insert(line[..<colon])
        }
        // What is named so needs less to be one.
        if hasExtension("eml", "mht", "mhtml") { return names.contains("from") || names.contains("subject") }
        let isSent = names.contains("mime-version") || names.contains("message-id") || names.contains("received")
        return isSent && (names.contains("from") || names.contains("subject") || names.contains("content-type"))
    }
}
