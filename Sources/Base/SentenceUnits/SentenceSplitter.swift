/// Finds sentences and other small units of a text: where they are, not what they are made of.
public enum SentenceSplitter {
    /// Ranges of the units, in scalars: paragraphs end at blank lines, list items and table rows at line ends,
    /// sentences at their marks. White space between units belongs to none.
    public static func units(_ scalars: [Unicode.Scalar]) -> [Range<Int>] {
        var units: [Range<Int>] = []
        var start = 0
        func close(_ end: Int) {
            var low = start
            var high = end
            while low < high, scalars[low].properties.isWhitespace { low += 1 }
            while high > low, scalars[high - 1].properties.isWhitespace { high -= 1 }
            if low < high { units.append(low..<high) }
            start = end
        }
        var index = 0
        while index < scalars.count {
            let scalar = scalars[index]
            if scalar == "\n" || scalar == "\u{c}" {
                if endsUnit(scalars, index) { close(index) }
            } else if isMark(scalar), isSentenceEnd(scalars, index) {
                var end = index + 1
                while end < scalars.count, isCloser(scalars[end]) { end += 1 }
                close(end)
                index = end
                continue
            }
            index += 1
        }
        close(scalars.count)
        return units
    }

    private static func isMark(_ scalar: Unicode.Scalar) -> Bool { [".", "!", "?", "。", "！", "？"].contains(scalar) }
    private static func isCloser(_ scalar: Unicode.Scalar) -> Bool {
        ["\"", "'", ")", "]", "”", "’", "»"].contains(scalar)
    }

    /// A line end ends a unit when the next line is blank or begins a list item, or when this line is short, as
    /// headings and table rows are.
    private static func endsUnit(_ scalars: [Unicode.Scalar], _ newline: Int) -> Bool {
        var next = newline + 1
        while next < scalars.count, scalars[next] == " " || scalars[next] == "\t" { next += 1 }
        guard next < scalars.count else { return true }
        let first = scalars[next]
        if first == "\n" || ["•", "●", "▪", "-", "*", "#", "|", "–", "○", "\u{f0b7}"].contains(first) { return true }
        if first.properties.numericType != nil {
            let after = scalars[next...].drop { $0.properties.numericType != nil }
            if let mark = after.first, mark == "." || mark == ")" { return true }
        }
        let lineStart = scalars[..<newline].lastIndex(of: "\n").map { $0 + 1 } ?? 0
        return newline - lineStart < 48 && first.properties.isUppercase
    }

    private static func isSentenceEnd(_ scalars: [Unicode.Scalar], _ mark: Int) -> Bool {
        guard scalars[mark] == "." || scalars[mark] == "!" || scalars[mark] == "?" else { return true }
        var next = mark + 1
        while next < scalars.count, isCloser(scalars[next]) { next += 1 }
        guard next < scalars.count else { return true }
        guard scalars[next].properties.isWhitespace else { return false }
        guard scalars[mark] == "." else { return true }
        while next < scalars.count, scalars[next].properties.isWhitespace { next += 1 }
        guard next < scalars.count else { return true }
        // An abbreviation: a single letter or a known short form before the point, or a small letter after it.
        if scalars[next].properties.isLowercase { return false }
        var wordStart = mark
        while wordStart > 0, scalars[wordStart - 1].properties.isAlphabetic { wordStart -= 1 }
        let word = String(String.UnicodeScalarView(scalars[wordStart..<mark])).lowercased()
        return !(word.unicodeScalars.count == 1 && word != "i") && !abbreviations.contains(word)
    }

    private static let abbreviations: Set = [
        "mr", "mrs", "ms", "dr", "prof", "inc", "ltd", "co", "vs", "etc", "eg", "ie", "no", "fig", "st", "jr", "sr",
        "bzw",
        "ca", "nr", "vgl",
    ]
}
