import EncodingDetection

/// Reads tables of comma-separated values (RFC 4180), and those with another separator: a line for each row, a tab between
/// cells. What is no table is read as plain text.
enum CSVReader {
    private static let separators: [Unicode.Scalar] = [",", ";", "\t", "|"]
    private static let sampledRows = 50

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
        for separator in separators {
            var reader = Rows(text: text.unicodeScalars, separator: separator)
            var counts: [Int: Int] = [:]
            var rows = 0
            while rows < sampledRows, let row = reader.next() {
                guard row.count > 1 || !(row.first ?? "").isEmpty else { continue }
                counts[row.count, default: 0] += 1
                rows += 1
            }
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

        init(text: String.UnicodeScalarView, separator: Unicode.Scalar) {
            rest = text.makeIterator()
            self.separator = separator
        }

        mutating func next() -> [String]? {
            if isEnded { return nil }
            var row: [String] = []
            var cell = String.UnicodeScalarView()
            var isQuoted = false
            var wasQuote = false
            while let scalar = rest.next() {
                if isQuoted {
                    if wasQuote {
                        wasQuote = false
                        if scalar == "\"" {
                            cell.append(scalar)
                            continue
                        }
                        isQuoted = false
                    } else {
                        if scalar == "\"" { wasQuote = true } else { cell.append(scalar) }
                        // A quote that is never closed ends with its cell.
                        if cell.count > Self.longestCell { isQuoted = false }
                        continue
                    }
                }
                switch scalar {
                case "\"" where cell.allSatisfy(\.properties.isWhitespace): isQuoted = true
                case separator:
                    row.append(Self.cell(cell))
                    cell = .init()
                case "\r": continue
                case "\n":
                    row.append(Self.cell(cell))
                    return row
                default: cell.append(scalar)
                }
            }
            isEnded = true
            guard !row.isEmpty || !cell.isEmpty else { return nil }
            row.append(Self.cell(cell))
            return row
        }

        /// In one line, and without the mark between cells.
        private static func cell(_ text: String.UnicodeScalarView) -> String { String(text).trimmed }
    }
}
