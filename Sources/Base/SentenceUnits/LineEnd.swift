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
        if beginsLetteredItem(scalars, next, after: newline, isShort: isShort) { return true }
        return isShort && first.properties.isUppercase
    }

    /// "a. Text", "(b) Text" and "iv) Text" begin items; "J. Smith" and "p. 12" in wrapped text do not.
    private static func beginsLetteredItem(
        _ scalars: [Unicode.Scalar], _ first: Int, after newline: Int, isShort: Bool
    ) -> Bool {
        let isOpened = scalars[first] == "("
        let label = scalars[(isOpened ? first + 1 : first)...].prefix(5).prefix { $0.properties.isAlphabetic }
        let isRoman = label.allSatisfy { "ivx".unicodeScalars.contains($0) }
        guard let letter = label.first, label.count == 1 || isRoman, label.endIndex + 2 < scalars.count else {
            return false
        }
        let (mark, space, text) = (
            scalars[label.endIndex], scalars[label.endIndex + 1], scalars[label.endIndex + 2]
        )
        guard space.properties.isWhitespace else { return false }
        if mark == ")" { return true }
        guard mark == ".", !isOpened, text.properties.isUppercase else { return false }
        return letter.properties.isLowercase || isShort || isEnded(scalars, newline)
    }

    /// Whether the line closes with a mark that ends a sentence, or one that lets a list follow.
    private static func isEnded(_ scalars: [Unicode.Scalar], _ newline: Int) -> Bool {
        var last = newline
        while last > 0, scalars[last - 1].properties.isWhitespace { last -= 1 }
        return last > 0 && (SentenceMark.isMark(scalars[last - 1]) || ":;".unicodeScalars.contains(scalars[last - 1]))
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
        return (isShort || isEnded(scalars, newline)) && scalars[place + 1].properties.isUppercase
    }
}
