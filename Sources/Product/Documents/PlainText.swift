/// Turning bytes into text, and text into clean text.
enum PlainText {
    /// Reads a text file, whose pages end with form feeds.
    static func read(_ bytes: [UInt8]) -> DocumentContent {
        let pages = decode(bytes).split(separator: "\u{c}", omittingEmptySubsequences: false).map(String.init)
        return DocumentContent(pages: pages)
    }

    /// Decodes UTF-8, UTF-16 with a byte-order mark, or else Latin-1.
    static func decode(_ bytes: [UInt8]) -> String {
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { return String(decoding: bytes.dropFirst(3), as: UTF8.self) }
        if bytes.starts(with: [0xFF, 0xFE]) || bytes.starts(with: [0xFE, 0xFF]) {
            let isLittle = bytes[0] == 0xFF
            let units = stride(from: 2, to: bytes.count - 1, by: 2).map { index in
                isLittle
                    ? UInt16(bytes[index]) | UInt16(bytes[index + 1]) << 8
                    : UInt16(bytes[index]) << 8 | UInt16(bytes[index + 1])
            }
            return String(decoding: units, as: UTF16.self)
        }
        if let text = String(validating: bytes, as: UTF8.self) { return text }
        var text = ""
        for byte in bytes { text.unicodeScalars.append(Unicode.Scalar(byte)) }
        return text
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
