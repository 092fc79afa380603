import EncodingDetection

/// Reads tables of comma-separated values (RFC 4180), and those with another separator: a line for each row, a tab between
/// cells. What is no table is read as plain text.
enum CSVReader {
    private static let separators: [Unicode.Scalar] = [",", ";", "\t", "|"]
    private static let sampledRows = 50
    private static let sampledCharacters = 64 << 10

    static func read(_ bytes: [UInt8]) -> DocumentContent {
        let decoded = DecodedText(bytes)
        var text = decoded.text
        var named: Unicode.Scalar?
        // What Excel writes to say which separator follows.
        if text.hasPrefix("sep="), let first = text.split(whereSeparator: \.isNewline).first,
            first.unicodeScalars.count == 5
        {
            named = first.unicodeScalars.last
            text = String(text.dropFirst(first.count).drop(while: \.isNewline))
        }
        guard let separator = named ?? separator(of: text) else { return PlainText.read(bytes) }
        var content = DocumentContent(pages: [""])
        content.report.note(decoded)
        var reader = Rows(text: text.unicodeScalars, separator: separator)
        var result = ""
        while let row = reader.next() {
            var cells = row
            while cells.last?.isEmpty ?? false { cells.removeLast() }
            result += cells.joined(separator: "\t") + "\n"
        }
        content.pages = [result]
        return content
    }

    /// The separator that makes the same number of cells, at least two, of nearly every row.
    private static func separator(of text: String) -> Unicode.Scalar? {
        var best: (separator: Unicode.Scalar, share: Double, cells: Int)?
        let sample = String(text.unicodeScalars.prefix(sampledCharacters))
        for separator in separators {
            var reader = Rows(text: sample.unicodeScalars, separator: separator)
            var widths: [Int] = []
            while widths.count <= sampledRows, let row = reader.next() {
                if row.count > 1 || !(row.first ?? "").isEmpty { widths.append(row.count) }
            }
            // The sample's end may cut a row.
            if sample.unicodeScalars.count == sampledCharacters, widths.count > 1 { widths.removeLast() }
            let counts = Dictionary(grouping: widths) { $0 }.mapValues(\.count)
            let rows = widths.count
            guard let (cells, count) = counts.max(by: { $0.value < $1.value }), cells > 1 else { continue }
            let share = Double(count) / Double(rows)
            guard share >= 0.7 else { continue }
            if let best, (best.share, best.cells) >= (share, cells) { continue }
            best = (separator, share, cells)
        }
        return best?.separator
    }

    /// The rows of a table, one after another.
    private struct Rows {
        private static let longestCell = 100_000

        private var rest: String.UnicodeScalarView.Iterator
        private let separator: Unicode.Scalar
        private var isEnded = false
        /// Read already: what follows the end of a quotation or of a line.
        private var pending: Unicode.Scalar?

        init(text: String.UnicodeScalarView, separator: Unicode.Scalar) {
            rest = text.makeIterator()
            self.separator = separator
        }

        private mutating func scalar() -> Unicode.Scalar? {
            if let scalar = pending {
                pending = nil
                return scalar
            }
            return rest.next()
        }

        mutating func next() -> [String]? {
            if isEnded { return nil }
            var row: [String] = []
            var cell = String.UnicodeScalarView()
            var hasText = false
            while let scalar = scalar() {
                switch scalar {
                case "\"" where !hasText:
                    quotation(&cell)
                    hasText = true
                case separator:
                    row.append(String(cell).trimmed)
                    cell = .init()
                    hasText = false
                case "\r", "\n":
                    // One end of a line, whichever program wrote it.
                    if scalar == "\r", let next = rest.next(), next != "\n" { pending = next }
                    row.append(String(cell).trimmed)
                    return row
                default:
                    hasText = hasText || !scalar.properties.isWhitespace
                    cell.append(scalar)
                }
            }
            isEnded = true
            guard !row.isEmpty || hasText else { return nil }
            row.append(String(cell).trimmed)
            return row
        }

        /// Takes what stands between quotes, of which two together are one. A quotation that is never closed ends with the
        /// longest cell.
        private mutating func quotation(_ cell: inout String.UnicodeScalarView) {
            var count = 0
            while let scalar = rest.next(), count < Self.longestCell {
                count += 1
                guard scalar == "\"" else {
                    cell.append(scalar)
                    continue
                }
                pending = rest.next()
                guard pending == "\"" else { return }
                pending = nil
                cell.append("\"")
            }
        }
    }
}
