import EncodingDetection

/// Turning bytes into text, and text into clean text.
enum PlainText {
    /// Reads a text file, whose pages end with form feeds.
    static func read(_ bytes: [UInt8]) -> DocumentContent {
        let isXML = bytes.starts(with: Array("<?xml".utf8))
        let decoded = DecodedText(bytes, label: isXML ? HTMLCharset.label(bytes) : nil)
        let pages = TerminalText.plain(decoded.text).split(separator: "\u{c}", omittingEmptySubsequences: false)
        var content = DocumentContent(pages: pages.map(String.init))
        content.report.note(decoded)
        return content
    }

    /// One kind of line end, no control characters, no spaces at line ends, at most two blank lines in a row.
    static func clean(_ page: String) -> String {
        var result = String.UnicodeScalarView()
        var newlines = 0
        var spaces = 0
        var previous: Unicode.Scalar = "\n"
        for scalar in page.unicodeScalars {
            defer { previous = scalar }
            switch scalar {
            case "\n" where previous == "\r": continue
            case "\n", "\r", "\u{2028}", "\u{2029}", "\u{85}":
                newlines += 1
                spaces = 0
            case " ", "\u{a0}": spaces += 1
            default:
                guard scalar == "\t" || !isControl(scalar) else { continue }
                for _ in 0..<min(newlines, 3) { result.append("\n") }
                for _ in 0..<spaces { result.append(" ") }
                newlines = 0
                spaces = 0
                result.append(scalar)
            }
        }
        return String(result)
    }

    private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
        if scalar.value < 32 || (0x7F...0x9F).contains(scalar.value) || scalar.value == 0xFEFF { return true }
        // Marks that reorder text could make a quotation look like another.
        return (0x202A...0x202E).contains(scalar.value) || (0x2066...0x2069).contains(scalar.value)
    }
}
