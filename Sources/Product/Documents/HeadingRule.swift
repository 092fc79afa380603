/// Tells headings from other short lines, in texts that have lost their layout.
enum HeadingRule {
    private static let longest = 90
    private static let mostWords = 12

    /// The heading's words; `nil` when the unit is none: a heading is one short line that ends without a mark, begins with a
    /// capital, a number or a sign of Markdown, and is no item of a list and no row of a table.
    static func heading(_ unit: ArraySlice<Unicode.Scalar>) -> String? {
        guard unit.count <= longest, let first = unit.first, let last = unit.last else { return nil }
        guard !unit.contains(where: { $0 == "\n" || $0 == "|" || $0 == "\t" }), !endsSentence(last) else { return nil }
        let isMarked = first == "#" || first == "="
        guard isMarked || first.properties.isUppercase || first.properties.numericType != nil || isWithoutCase(first)
        else {
            return nil
        }
        let text = String(String.UnicodeScalarView(trimmed(unit)))
        let words = text.split(separator: " ", omittingEmptySubsequences: false)
        // Columns are set apart by runs of spaces.
        guard words.count <= mostWords, !words.contains(""),
            text.unicodeScalars.contains(where: \.properties.isAlphabetic)
        else { return nil }
        return text
    }

    private static func trimmed(_ unit: ArraySlice<Unicode.Scalar>) -> ArraySlice<Unicode.Scalar> {
        func isSign(_ scalar: Unicode.Scalar) -> Bool { scalar == "#" || scalar == "=" || scalar == " " }
        let rest = unit.drop(while: isSign)
        return rest.lastIndex { !isSign($0) }.map { rest[...$0] } ?? rest
    }

    private static func endsSentence(_ scalar: Unicode.Scalar) -> Bool {
        ".!?:;,。！？：；、؟।…".unicodeScalars.contains(scalar)
    }

    /// Letters of scripts without capitals.
    private static func isWithoutCase(_ scalar: Unicode.Scalar) -> Bool {
        scalar.properties.generalCategory == .otherLetter
    }
}
