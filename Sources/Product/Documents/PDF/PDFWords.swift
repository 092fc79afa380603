/// Words with their places, as `pdftotext -tsv` lists them in the order of reading.
struct PDFWords {
    struct Word {
        let text: String
        let box: PDFBox
        /// Counts the lines of the page.
        let line: Int
    }

    /// The words of each page, by its number.
    static func pages(_ output: [UInt8]) -> [Int: [Word]] {
        var pages: [Int: [Word]] = [:]
        var line = 0
        for row in output.split(separator: 10) {
            let fields = row.split(separator: 9, maxSplits: 11, omittingEmptySubsequences: false)
            guard fields.count == 12, let level = fields.first, level.count == 1, let kind = level.first else {
                continue
            }
            // 3 is a flow, 4 a line.
            if kind == UInt8(ascii: "3") || kind == UInt8(ascii: "4") { line += 1 }
            guard kind == UInt8(ascii: "5"), let page = Int(text(fields[1])) else { continue }
            let numbers = fields[6...9].map { Double(text($0)) ?? .nan }
            guard numbers.allSatisfy({ abs($0) < 1e7 }) else { continue }
            let box = PDFBox(
                left: numbers[0], top: numbers[1], right: numbers[0] + numbers[2], bottom: numbers[1] + numbers[3])
            pages[page, default: []].append(Word(text: LineEndHyphens.plain(text(fields[11])), box: box, line: line))
        }
        return pages
    }

    private static func text(_ field: ArraySlice<UInt8>) -> String { String(decoding: field, as: UTF8.self) }
}
