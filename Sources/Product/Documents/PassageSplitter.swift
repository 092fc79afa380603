public import DocumentReading
import SentenceUnits
import WordPieces

/// Cuts pages into passages that break between sentences and overlap a little. A passage never crosses a page, so
/// that its page is a fact.
public struct PassageSplitter: Sendable {
    /// Most word pieces of a passage; with the encoder's two special pieces it makes 256.
    public static let maximumPieces = 254

    /// Most scalars of that overlap: what has few word pieces would be repeated without end.
    private static let overlapScalars = ReaderLimits.passageScalars / 5

    /// Most scalars of the names of a table's columns that stand with a passage.
    private static let longestColumns = 160

    private let targetPieces: Int
    private let overlapPieces: Int

    /// A splitter.
    ///
    /// - Parameters:
    ///   - targetPieces: Pieces at which a passage is full.
    ///   - overlapPieces: Pieces at the end of a passage that the next one repeats.
    public init(targetPieces: Int = 200, overlapPieces: Int = 40) {
        self.targetPieces = min(targetPieces, Self.maximumPieces)
        self.overlapPieces = overlapPieces
    }

    /// The passages of a document, in order.
    public func passages(of text: ExtractedText) -> [Passage] {
        var passages: [Passage] = []
        var heading: String?
        for page in text.pages { forEachPassage(of: page, under: &heading) { passages.append($0) } }
        return passages
    }

    /// Hands over the passages of a page, in order. What the visitor throws ends it, and the rest is not looked at.
    ///
    /// - Parameter heading: The last heading above the page; afterwards the last one on it.
    public func forEachPassage<Failure: Error>(
        of page: ExtractedText.Page, under heading: inout String?, _ visit: (Passage) throws(Failure) -> Void
    ) throws(Failure) {
        let scalars = Array(page.text.unicodeScalars)
        var ranges = SentenceSplitter.units(scalars).makeIterator()
        var units: [Unit] = []
        func reaches(_ index: Int) -> Bool {
            while units.count <= index, let range = ranges.next() {
                let table = tableStart(range, after: units.last, at: units.count, scalars)
                units += fitted(range, scalars).map { Unit(range: $0.range, pieces: $0.pieces, table: table) }
            }
            return index < units.count
        }
        var first = 0
        while reaches(first) {
            var pieces = 0
            var last = first
            while reaches(last), last == first || fits(units[first...last], pieces + units[last].pieces) {
                pieces += units[last].pieces
                last += 1
            }
            let range = units[first].range.lowerBound..<units[last - 1].range.upperBound
            // What begins with a heading stands under that one.
            let isUnderOwn = HeadingRule.heading(scalars[units[first].range]) != nil
            try visit(
                Passage(
                    page: page.number, start: page.start + range.lowerBound, end: page.start + range.upperBound,
                    text: String(String.UnicodeScalarView(scalars[range])), heading: isUnderOwn ? nil : heading,
                    columns: columns(above: first, units, scalars)))
            if !reaches(last) { break }
            // Step back over whole units while they fit into the overlap, but always forward in all.
            var next = last
            var repeated = 0
            while next - 1 > first, repeated + units[next - 1].pieces <= overlapPieces,
                range.upperBound - units[next - 1].range.lowerBound <= Self.overlapScalars
            {
                next -= 1
                repeated += units[next].pieces
            }
            for unit in units[first..<next] { heading = HeadingRule.heading(scalars[unit.range]) ?? heading }
            first = next
        }
        for unit in units.dropFirst(first) { heading = HeadingRule.heading(scalars[unit.range]) ?? heading }
    }

    private func fits(_ units: ArraySlice<Unit>, _ pieces: Int) -> Bool {
        guard pieces <= targetPieces, let first = units.first, let last = units.last else { return false }
        return last.range.upperBound - first.range.lowerBound <= ReaderLimits.passageScalars
    }

    private struct Unit {
        let range: Range<Int>
        let pieces: Int
        /// Index of the unit that its table begins with; `nil` when it is no row.
        var table: Int?
    }

    // MARK: - Tables

    /// Where the table begins that a unit is a row of: rows stand on lines below each other.
    private func tableStart(_ range: Range<Int>, after last: Unit?, at index: Int, _ scalars: [Unicode.Scalar]) -> Int?
    {
        guard scalars[range].contains("\t") || scalars[range.lowerBound] == "|" else { return nil }
        guard let last, let table = last.table,
            scalars[last.range.upperBound..<range.lowerBound].count(where: { $0 == "\n" }) == 1
        else { return index }
        return table
    }

    /// The first row of the table that the unit is a later row of.
    private func columns(above index: Int, _ units: [Unit], _ scalars: [Unicode.Scalar]) -> String? {
        guard let table = units[index].table, table < index else { return nil }
        return String(String.UnicodeScalarView(scalars[units[table].range].prefix(Self.longestColumns)))
    }

    // MARK: - Size

    /// The unit with its size; one that is too long for a passage is cut at white space, or anywhere if need be.
    private func fitted(_ range: Range<Int>, _ scalars: [Unicode.Scalar]) -> [Unit] {
        let pieces = count(scalars[range])
        if pieces <= targetPieces, range.count <= ReaderLimits.passageScalars {
            return [Unit(range: range, pieces: pieces)]
        }
        guard range.count > 1 else { return [Unit(range: range, pieces: min(pieces, targetPieces))] }
        let middle = range.lowerBound + range.count / 2
        let cut = scalars[middle..<range.upperBound].firstIndex(where: \.properties.isWhitespace) ?? middle
        let place = cut > range.lowerBound && cut < range.upperBound - 1 ? cut : middle
        var right = place..<range.upperBound
        while let first = scalars[right].first, right.count > 1, first.properties.isWhitespace {
            right = right.lowerBound + 1..<right.upperBound
        }
        return fitted(range.lowerBound..<place, scalars) + fitted(right, scalars)
    }

    private func count(_ scalars: ArraySlice<Unicode.Scalar>) -> Int {
        WordPieceTokenizer.shared.count(String(String.UnicodeScalarView(scalars)))
    }
}
