import ClaimChecking
import Retrieval

/// An answer's text with its citations, each sentence compared with what it cites.
struct CheckedAnswer: Sendable {
    let text: String
    let citations: [Citation]
    let counts: SupportCounts
    /// The sentences that are not borne out, as they stand in the text.
    let unsupported: [String]

    /// Compares what a model wrote.
    init(_ text: String, passages: [FoundPassage]) {
        let sentences = SupportChecker().check(
            text, passages: passages.map { CitedPassage(number: $0.n, name: $0.name, text: $0.text) })
        let scalars = Array(text.unicodeScalars)
        var citations: [Citation] = []
        var counts = SupportCounts()
        var unsupported: [String] = []
        for sentence in sentences {
            if sentence.isClaim { counts.add(sentence.support) }
            if sentence.support == .unsupported { unsupported.append(Self.text(scalars[sentence.range])) }
            for quote in sentence.quotes {
                guard let passage = passages.first(where: { $0.n == quote.number }) else { continue }
                var citation =
                    quote.range.map { Citation(passage, Array(passage.text.unicodeScalars), range: $0) }
                    ?? Citation(whole: passage)
                citation.claim = CitedClaim(sentence: sentence.range, support: sentence.support)
                citations.append(citation)
            }
        }
        self.text = text
        self.citations = citations
        self.counts = counts
        self.unsupported = unsupported
        places = sentences.filter { $0.support == .unsupported }.map(\.range)
    }

    /// An answer that is made of quotes: borne out as it is. Each quote's sentence ends with its mark.
    init(_ text: String, quotes: [Citation]) {
        let scalars = Array(text.unicodeScalars)
        var citations: [Citation] = []
        var counts = SupportCounts()
        var place = 0
        for var quote in quotes {
            let mark = Array("[\(quote.passage.n)]".unicodeScalars)
            guard let found = Self.place(of: mark, in: scalars, from: place) else { continue }
            let end = found + mark.count
            let lineStart = scalars[place..<found].lastIndex(of: "\n").map { $0 + 1 } ?? place
            let start = scalars[lineStart..<found].firstIndex { $0 == "“" } ?? lineStart
            quote.claim = CitedClaim(sentence: start..<end, support: .supported)
            counts.add(.supported)
            citations.append(quote)
            place = end
        }
        self.text = text
        self.citations = citations
        self.counts = counts
        unsupported = []
        places = []
    }

    /// Where the sentences stand that are not borne out.
    private let places: [Range<Int>]

    /// The text without the sentences that are not borne out, and without lines of a list that are left empty.
    var textWithoutUnsupported: String {
        guard !places.isEmpty else { return text }
        let scalars = Array(text.unicodeScalars)
        var kept: [Unicode.Scalar] = []
        var place = 0
        for range in places {
            kept += scalars[place..<max(place, range.lowerBound)]
            place = max(place, range.upperBound)
            // One blank goes with the sentence, and the line end with the line that it was.
            let wasLine = kept.isEmpty || kept.last == "\n"
            if place < scalars.count, scalars[place] == " " || wasLine && scalars[place] == "\n" { place += 1 }
        }
        kept += scalars[place...]
        let lines = kept.split(separator: "\n", omittingEmptySubsequences: false)
        let whole = lines.filter { line in
            line.isEmpty || line.contains { !" -*•#|.0123456789".unicodeScalars.contains($0) }
        }
        let joined = Self.text(whole.joined(separator: ["\n"]))
        return joined.split(separator: "\n", omittingEmptySubsequences: false).map { $0.trimmingEnd() }.joined(
            separator: "\n"
        )
        .trimmingEnd()
    }

    private static func text(_ scalars: some Sequence<Unicode.Scalar>) -> String {
        var view = String.UnicodeScalarView()
        view.append(contentsOf: scalars)
        return String(view)
    }

    private static func place(of mark: [Unicode.Scalar], in scalars: [Unicode.Scalar], from start: Int) -> Int? {
        guard start + mark.count <= scalars.count else { return nil }
        return (start...scalars.count - mark.count).first { scalars[$0..<$0 + mark.count].elementsEqual(mark) }
    }
}

extension StringProtocol {
    /// Without the blanks at its end.
    fileprivate func trimmingEnd() -> String {
        var end = endIndex
        while end > startIndex, self[index(before: end)].isWhitespace { end = index(before: end) }
        return String(self[..<end])
    }
}
