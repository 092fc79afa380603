/// The end of a line, which may be one of a unit or just where the text was wrapped.
enum LineEnd {
    /// Longer lines may be wrapped text; headings and rows of tables are shorter.
    private static let shortLine = 48
    private static let bullets: Set<Unicode.Scalar> = [
        "•", "●", "▪", "-", "*", "#", "|", "–", "○", "◦", "‣", "·", "・", "\u{f0b7}",
    ]

    /// A line end ends a unit when the next line is blank or begins a list item, when this line is short, and before and
    /// after rows of tables, whose cells have tabs between them.
    static func endsUnit(_ scalars: [Unicode.Scalar], _ newline: Int) -> Bool {
        var next = newline + 1
        while next < scalars.count, scalars[next] == " " || scalars[next] == "\t" { next += 1 }
        guard next < scalars.count else { return true }
        let first = scalars[next]
        if first == "\n" || bullets.contains(first) { return true }
        let lineStart = scalars[..<newline].lastIndex(of: "\n").map { $0 + 1 } ?? 0
        let line = scalars[lineStart..<newline].drop { $0 == " " || $0 == "\t" }
        if line.contains("\t") || scalars[next...].prefix(while: { $0 != "\n" }).contains("\t") { return true }
        let isShort = newline - lineStart < shortLine
        if first.properties.numericType != nil, beginsItem(scalars, next, after: newline, isShort: isShort) {
            return true
        }
        return isShort && first.properties.isUppercase
    }

    /// "12. Text", "12) Text" and "4.2 Text" begin items; "3.50 Euro" in wrapped text does not.
    private static func beginsItem(_ scalars: [Unicode.Scalar], _ first: Int, after newline: Int, isShort: Bool) -> Bool
    {
        var place = first
        var dots = 0
        while place < scalars.count, place - first < 16 {
            if scalars[place].properties.numericType != nil {
                place += 1
            } else if scalars[place] == ".", place + 1 < scalars.count, scalars[place + 1].properties.numericType != nil
            {
                dots += 1
                place += 1
            } else {
                break
            }
        }
        guard place < scalars.count else { return false }
        if scalars[place] == "." || scalars[place] == ")" || scalars[place] == "、" { return true }
        guard dots > 0, scalars[place].properties.isWhitespace, place + 1 < scalars.count else { return false }
        var last = newline
        while last > 0, scalars[last - 1].properties.isWhitespace { last -= 1 }
        let isEnded =
            last > 0 && (SentenceMark.isMark(scalars[last - 1]) || ":;".unicodeScalars.contains(scalars[last - 1]))
        return (isEnded || isShort) && scalars[place + 1].properties.isUppercase
    }
}
