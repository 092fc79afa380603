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
                if LineEnd.endsUnit(scalars, index) { close(index) }
            } else if SentenceMark.isMark(scalar) {
                let mark = SentenceMark(scalars, at: index, unitStart: start)
                if mark.endsSentence { close(mark.end) }
                index = mark.end
                continue
            }
            index += 1
        }
        close(scalars.count)
        return units
    }
}
