import JSONCoding
import TextAnalysis

/// What is looked for in chats: words that all have to be there, in any order. The last one may be only begun. Words that
/// are written together, such as a code with hyphens or a run of Chinese, have to stand together.
public struct ChatQuery: Sendable {
    /// Unicode scalars of a query.
    public static let longest = 300
    /// Words of a query; a pair of characters is one.
    public static let mostWords = 32
    /// What is begun has to have so many letters, or nearly every message would be found.
    private static let shortestBeginning = 3

    private struct Word: Sendable {
        /// As it is written, then its stems.
        let terms: [String]
        var isBegun = false

        func matches(_ word: PlacedWord) -> Bool {
            word.terms.contains(where: terms.contains)
                || isBegun && word.terms.contains { term in terms.first.map { term.hasPrefix($0) } ?? false }
        }

        var expression: String {
            let terms = terms.enumerated().map { TermVector.quoted($1) + ($0 == 0 && isBegun ? ":*" : "") }
            return terms.count == 1 ? terms[0] : "(" + terms.joined(separator: " | ") + ")"
        }
    }

    private let phrases: [[Word]]

    /// Reads a query.
    ///
    /// - Throws: `InvalidFields` on `q` when there is nothing to look for, or too much.
    public init(_ text: String?) throws {
        guard let text, !text.isEmpty else { throw Self.refusal("Required: the words to look for.") }
        let count = text.unicodeScalars.count
        guard count <= Self.longest else {
            throw Self.refusal("Must have at most \(Self.longest) characters, has \(count).")
        }
        let words = PlacedWord.all(in: text, stemming: .all).filter { word in
            !word.isRest && word.terms.allSatisfy { $0.unicodeScalars.count <= TermVector.longestWord }
        }
        guard !words.isEmpty else { throw Self.refusal("Has no word to look for.") }
        guard words.count <= Self.mostWords else {
            throw Self.refusal("Must have at most \(Self.mostWords) words, has \(words.count).")
        }
        let scalars = Array(text.unicodeScalars)
        var phrases: [[Word]] = []
        var areSmall: [Bool] = []
        var end = -1
        for word in words {
            let one = Word(terms: word.terms)
            let isTogether =
                end >= 0
                && (word.range.lowerBound < end
                    || !scalars[end..<word.range.lowerBound].contains(where: \.properties.isWhitespace))
            if isTogether, !phrases.isEmpty {
                phrases[phrases.count - 1].append(one)
                areSmall[areSmall.count - 1] = false
            } else {
                phrases.append([one])
                areSmall.append(word.isSmall)
            }
            end = word.range.upperBound
        }
        if let last = words.last, last.range.upperBound == scalars.count, var phrase = phrases.last {
            // Of a script without spaces one character begins a pair.
            let length = last.terms.first?.unicodeScalars.count ?? 0
            phrase[phrase.count - 1].isBegun = length >= Self.shortestBeginning || last.isOfPairs
            phrases[phrases.count - 1] = phrase
        }
        // The smallest words say nothing, unless nothing else is said.
        let telling = zip(phrases, areSmall).filter { !$0.1 }.map(\.0)
        self.phrases = telling.isEmpty ? phrases : telling
    }

    private static func refusal(_ detail: String) -> InvalidFields { InvalidFields(field: "q", detail: detail) }

    /// PostgreSQL's `tsquery` in its text form.
    var expression: String {
        phrases.map { phrase in
            phrase.count == 1
                ? phrase[0].expression : "(" + phrase.map(\.expression).joined(separator: " <-> ") + ")"
        }.joined(separator: " & ")
    }

    /// Where a text has what is looked for: Unicode scalars, in order, none over another.
    public func places(in text: String) -> [Range<Int>] {
        let words = PlacedWord.all(in: text)
        var found: [Range<Int>] = []
        for phrase in phrases {
            for start in words.indices where start + phrase.count <= words.count {
                let run = words[start..<start + phrase.count]
                guard zip(phrase, run).allSatisfy({ $0.matches($1) }) else { continue }
                found += run.map(\.range)
            }
        }
        var places: [Range<Int>] = []
        for place in found.sorted(by: { ($0.lowerBound, $0.upperBound) < ($1.lowerBound, $1.upperBound) }) {
            if let last = places.last, place.lowerBound < last.upperBound {
                places[places.count - 1] = last.lowerBound..<max(last.upperBound, place.upperBound)
            } else {
                places.append(place)
            }
        }
        return places
    }
}
