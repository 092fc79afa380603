import JSONCoding

/// The part of a text that has most of what was looked for, on one line.
struct Excerpt {
    /// Unicode scalars of the text that are shown at most.
    static let length = 240
    /// What is shown before the first of the words.
    private static let lead = 60
    private static let longestWord = 24

    let text: String
    /// Unicode scalars of `text`.
    let highlights: [Range<Int>]

    /// - Parameter places: Unicode scalars of the text, in order, none over another.
    init(of text: String, places: [Range<Int>]) {
        // Each character stays one, so that places stay what they are.
        let scalars = text.unicodeScalars.map {
            $0.properties.isWhitespace || $0.value < 32 ? " " as Unicode.Scalar : $0
        }
        let start = Self.start(scalars, places)
        let end = Self.end(scalars, min(scalars.count, start + Self.length))
        let before = start > 0 ? "…" : ""
        self.text =
            before + String(String.UnicodeScalarView(scalars[start..<end])) + (end < scalars.count ? "…" : "")
        let shift = start - before.unicodeScalars.count
        highlights = places.filter { $0.lowerBound >= start && $0.upperBound <= end }
            .map { $0.lowerBound - shift..<$0.upperBound - shift }
    }

    /// Where most places follow.
    private static func start(_ scalars: [Unicode.Scalar], _ places: [Range<Int>]) -> Int {
        guard scalars.count > length, let first = places.first else { return 0 }
        var best = (count: 0, place: first.lowerBound)
        var next = 0
        for (index, place) in places.enumerated() {
            while next < places.count, places[next].upperBound <= place.lowerBound + length - lead - longestWord {
                next += 1
            }
            if next - index > best.count { best = (next - index, place.lowerBound) }
        }
        let start = max(0, min(best.place - lead, scalars.count - length))
        // Not in the middle of a word, if one ends near.
        let border = scalars[start..<min(start + longestWord, best.place)].firstIndex(of: " ")
        return start == 0 ? 0 : border.map { $0 + 1 } ?? start
    }

    private static func end(_ scalars: [Unicode.Scalar], _ end: Int) -> Int {
        guard end < scalars.count else { return end }
        return scalars[max(0, end - longestWord)..<end].lastIndex(of: " ") ?? end
    }
}
