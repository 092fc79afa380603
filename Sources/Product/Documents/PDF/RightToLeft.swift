/// Lines with words from right to left in the order in which they are read. Poppler writes each word as it is read, with
/// marks where the direction changes, but takes one direction for all of a page, and the spaces and signs between words
/// from where they stand.
enum RightToLeft {
    private struct Segment {
        let isRight: Bool
        var text: [Unicode.Scalar] = []
    }

    private static let (left, right, end): (Unicode.Scalar, Unicode.Scalar, Unicode.Scalar) =
        ("\u{202A}", "\u{202B}", "\u{202C}")
    private static let signs: Set<Unicode.Scalar> = [
        ",", ".", ";", ":", "!", "?", "(", ")", "[", "]", "{", "}", "\"", "'", "،", "؛", "؟", "«", "»",
    ]

    /// A page with its lines in order, without the marks.
    static func ordered(_ page: String) -> String {
        guard page.unicodeScalars.contains(right) else { return page }
        return page.split(separator: "\n", omittingEmptySubsequences: false)
            .map { String(String.UnicodeScalarView(line(Array($0.unicodeScalars)))) }.joined(separator: "\n")
    }

    private static func line(_ scalars: [Unicode.Scalar]) -> [Unicode.Scalar] {
        guard scalars.contains(right) else { return scalars }
        var segments: [Segment] = [Segment(isRight: false)]
        var open: [Bool] = []
        var isWhole = scalars.first == right
        for (index, scalar) in scalars.enumerated() {
            switch scalar {
            case left, right:
                open.append(scalar == right)
                segments.append(Segment(isRight: scalar == right))
            case end:
                open.removeLast(min(1, open.count))
                // On a page from right to left one pair of marks is around all of the line.
                if open.isEmpty, index < scalars.count - 1 { isWhole = false }
                segments.append(Segment(isRight: open.last ?? false))
            default: segments[segments.count - 1].text.append(scalar)
            }
        }
        segments.removeAll(where: \.text.isEmpty)
        let letters = segments.flatMap(\.text).filter(\.properties.isAlphabetic)
        let count = letters.count(where: isRight)
        let isRightToLeft = 2 * count == letters.count ? isWhole : 2 * count > letters.count
        if isRightToLeft != isWhole { segments.reverse() }
        return segments.flatMap { $0.isRight == isRightToLeft ? $0.text : turned($0.text) }
    }

    /// Has what stands at one end of a segment follow at the other, since it was written from the other side.
    private static func turned(_ text: [Unicode.Scalar]) -> [Unicode.Scalar] {
        func isBetween(_ scalar: Unicode.Scalar) -> Bool { scalar.properties.isWhitespace || signs.contains(scalar) }
        let before = text.prefix(while: isBetween)
        guard before.count < text.count else { return text.reversed() }
        let after = text.reversed().prefix(while: isBetween)
        return after + text[before.endIndex..<text.count - after.count] + before.reversed()
    }

    /// A line as it stands on the page, from its left end, in the order of reading.
    static func ordered(visual line: String) -> String {
        let scalars = Array(line.unicodeScalars)
        guard scalars.contains(where: isRight) else { return line }
        var result: [Unicode.Scalar] = []
        var run: [Unicode.Scalar] = []
        for scalar in scalars.reversed() {
            // Words and numbers of the other direction are read as they stand.
            if isRight(scalar) || scalar.properties.isWhitespace || signs.contains(scalar) {
                result += run.reversed() + [scalar]
                run = []
            } else {
                run.append(scalar)
            }
        }
        return String(String.UnicodeScalarView(result + run.reversed()))
    }

    /// Hebrew, Arabic, Syriac, Thaana, N'Ko and their like, and the forms that Arabic has for presentation.
    private static func isRight(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x590...0x8FF, 0xFB1D...0xFDFF, 0xFE70...0xFEFE, 0x10800...0x10FFF, 0x1E800...0x1EFFF:
            scalar.properties.isAlphabetic || scalar.properties.generalCategory == .nonspacingMark
        default: false
        }
    }
}
