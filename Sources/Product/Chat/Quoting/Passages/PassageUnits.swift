import SentenceUnits

/// A passage as sentences, items of lists, rows of tables, and what stands above them.
struct PassageUnits: Sendable {
    let scalars: [Unicode.Scalar]
    private(set) var units: [PassageUnit] = []
    private let language: QuestionLanguage

    /// - Parameter columns: The first row of the table that the text begins within, where it does not begin with it.
    init(_ text: String, _ language: QuestionLanguage, columns: String? = nil) {
        let above = columns.map(TextParts.names) ?? []
        scalars = Array(text.unicodeScalars)
        self.language = language
        var table = 0
        for (index, part) in TextParts.parts(scalars).enumerated() {
            switch part {
            case .text(let range): appendText(range)
            case .table(let rows, let header):
                table += 1
                // What looks like names of columns is the first of the rows there.
                let isWithin = index == 0 && !above.isEmpty
                for cells in isWithin && !header.isEmpty ? [header] + rows : rows {
                    appendRow(cells, header: isWithin ? above : header.map(self.text), table: table)
                }
            }
        }
        addHeadings()
    }

    func text(_ range: Range<Int>) -> String { String(String.UnicodeScalarView(scalars[range])) }

    // MARK: - Reading

    private mutating func appendRow(_ cells: [Range<Int>], header: [String], table: Int) {
        guard let first = cells.first, let last = cells.last else { return }
        var unit = unit(.row(cells), first.lowerBound..<last.upperBound)
        unit.header = header
        unit.table = table
        unit.paragraph = (units.last?.paragraph ?? 0) + 1
        units.append(unit)
    }

    private mutating func appendText(_ part: Range<Int>) {
        let ranges = SentenceSplitter.units(Array(scalars[part])).map {
            $0.lowerBound + part.lowerBound..<$0.upperBound + part.lowerBound
        }
        var paragraph = (units.last?.paragraph ?? 0) + 1
        var end = part.lowerBound
        for (index, full) in ranges.enumerated() {
            if scalars[end..<full.lowerBound].count(where: { $0 == "\n" }) > 1 { paragraph += 1 }
            end = full.upperBound
            let range = withoutBullet(full)
            guard !range.isEmpty else { continue }
            let isFollowed = index + 1 < ranges.count
            var unit = unit(kind(range, hadBullet: range.lowerBound > full.lowerBound, full, isFollowed), range)
            unit.paragraph = paragraph
            units.append(unit)
        }
    }

    private func unit(_ kind: PassageUnit.Kind, _ range: Range<Int>) -> PassageUnit {
        PassageUnit(
            kind: kind, range: range, words: AnswerWord.words(scalars, in: range, language), text: text(range))
    }

    /// Without the mark of a list or a heading, and what spaces follow it.
    private func withoutBullet(_ range: Range<Int>) -> Range<Int> {
        var start = range.lowerBound
        while start < range.upperBound, Self.bullets.contains(scalars[start]) { start += 1 }
        guard start > range.lowerBound, start < range.upperBound, scalars[start].properties.isWhitespace else {
            return range
        }
        while start < range.upperBound, scalars[start].properties.isWhitespace { start += 1 }
        return start..<range.upperBound
    }

    private static let bullets: Set<Unicode.Scalar> = [
        "#", "*", "-", "•", "●", "▪", "○", "◦", "‣", "–", "·", "\u{f0b7}",
    ]

    private func kind(_ range: Range<Int>, hadBullet: Bool, _ full: Range<Int>, _ isFollowed: Bool) -> PassageUnit.Kind
    {
        if scalars[full.lowerBound] == "#", hadBullet { return .heading }
        let last = scalars[range.upperBound - 1]
        if last == "?" || last == "？" { return .heading }
        if hadBullet { return .item }
        if SentenceEndings.isTerminal(scalars, range) {
            return isNumberedTitle(range) && isFollowed ? .heading : .sentence
        }
        if last == ":" || last == "：" { return .heading }
        guard range.count <= 90, !",;".unicodeScalars.contains(last), isFollowed else { return .item }
        // "Fee: 95 euros" and "Room 7, first floor" tell something; "5 Cars" and "Annex A" do not.
        let rest = scalars[range].drop { $0.properties.numericType != nil || $0 == "." || $0 == ")" }
        if rest.contains(":") || rest.contains(where: { $0.properties.numericType == .decimal }) { return .item }
        return .heading
    }

    /// "15. Disclaimer of Warranty.": a number, and words that all begin with a capital but for small ones.
    private func isNumberedTitle(_ range: Range<Int>) -> Bool {
        let label = scalars[range].prefix { $0.properties.numericType != nil || $0 == "." || $0 == ")" }
        let end = range.upperBound - 1
        guard label.count > 1, label.count < 8, label.endIndex < end, label.first?.properties.numericType != nil else {
            return false
        }
        let words = scalars[label.endIndex..<end].split(whereSeparator: \.properties.isWhitespace)
        return (2...8).contains(words.count)
            && words.allSatisfy { $0.first?.properties.isUppercase ?? false || $0.count <= 3 }
    }

    /// What stands above each piece.
    private mutating func addHeadings() {
        var title: Int?
        var nearest: Int?
        for index in units.indices {
            var above: [Int] = []
            if let nearest { above.append(nearest) }
            if let title, title != nearest { above.append(title) }
            units[index].headings = above
            if units[index].isHeading {
                if title == nil { title = index }
                nearest = index
            }
        }
    }
}
