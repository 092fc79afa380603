/// A word of a text as a full-text index takes it, and where it stands. Case, accents and compatibility forms make no
/// difference. Where a script has no spaces, pairs of characters stand for words.
public struct PlacedWord: Sendable {
    /// Which languages words are brought to their stems in.
    public enum Stemming: Sendable {
        /// Those that the text seems to be in.
        case guessed
        /// All that a word may be of by its script: for texts too short to tell.
        case all
    }

    /// What it is found by: as it is written, and behind that those of its stems that differ; of the smallest words none.
    public let terms: [String]
    /// Unicode scalars of the text.
    public let range: Range<Int>
    /// Whether it is one of the smallest words of the text's languages.
    public let isSmall: Bool
    /// Whether it is of a script without spaces: a pair of characters, or one.
    public let isOfPairs: Bool
    /// Whether it is the last character of a pair before it, by itself: so a character is found at each of its places.
    public let isRest: Bool

    /// The words of a text in their order.
    public static func all(in text: String, stemming: Stemming = .guessed) -> [PlacedWord] {
        let plain = PlacedPlainForm(text)
        let languages = Language.guess(text)
        var splitter = Collector(languages: languages, stemming: stemming, plain: plain)
        WordSplitter.forEachPlaced(plain.text) { splitter.take($0, $1) }
        splitter.endRun()
        return splitter.words
    }

    private struct Collector {
        let languages: [Language]
        let stemming: Stemming
        let plain: PlacedPlainForm
        var words: [PlacedWord] = []
        private var stemmers: [Language: Stemmer] = [:]
        private var last: (text: String, place: Int)?

        init(languages: [Language], stemming: Stemming, plain: PlacedPlainForm) {
            self.languages = languages
            self.stemming = stemming
            self.plain = plain
        }

        mutating func take(_ token: WordSplitter.Token, _ range: Range<Int>) {
            if let last, last.place != range.lowerBound { endRun() }
            switch token {
            case .identifier: break
            case .pair(let text):
                add([text], range, isOfPairs: true)
                last = text.unicodeScalars.last.map { (String(Character($0)), range.upperBound - 1) }
                if range.count == 1 { last = nil }
            case .word(let word):
                let isSmall = StopWords.contains(word, in: languages)
                add(isSmall ? [Folding.of(word)] : terms(of: word), range, isSmall: isSmall)
            }
        }

        mutating func endRun() {
            guard let (text, place) = last else { return }
            last = nil
            add([text], place..<place + 1, isOfPairs: true, isRest: true)
        }

        private mutating func add(
            _ terms: [String], _ range: Range<Int>, isSmall: Bool = false, isOfPairs: Bool = false, isRest: Bool = false
        ) {
            words.append(
                PlacedWord(
                    terms: terms, range: plain.original(range), isSmall: isSmall, isOfPairs: isOfPairs, isRest: isRest))
        }

        private mutating func terms(of word: String) -> [String] {
            var terms = [Folding.of(word)]
            for language in stemming == .all ? Language.ofScript(of: word) : languages {
                let stemmer = stemmers[language] ?? Stemmer(language)
                stemmers[language] = stemmer
                let stem = Folding.of(stemmer.stem(word))
                if !terms.contains(stem) { terms.append(stem) }
            }
            return terms
        }
    }
}

/// A text in plain form that knows where each of its characters comes from.
private struct PlacedPlainForm {
    let text: String
    /// For each Unicode scalar of the plain form the ones of the original; empty where both are the same.
    private var origins: [Range<Int>] = []

    init(_ original: String) {
        guard original.utf8.contains(where: { $0 >= 0x80 }) else {
            text = original
            return
        }
        var result = String.UnicodeScalarView()
        var place = 0
        for character in original {
            let count = character.unicodeScalars.count
            if character.utf8.count == 1 {
                result.append(contentsOf: character.unicodeScalars)
                origins.append(place..<place + 1)
            } else {
                let plain = PlainForm.of(String(character)).unicodeScalars
                result.append(contentsOf: plain)
                for _ in plain { origins.append(place..<place + count) }
            }
            place += count
        }
        text = String(result)
    }

    func original(_ range: Range<Int>) -> Range<Int> {
        guard !origins.isEmpty, origins.indices.contains(range.lowerBound),
            origins.indices.contains(range.upperBound - 1)
        else { return range }
        return origins[range.lowerBound].lowerBound..<origins[range.upperBound - 1].upperBound
    }
}
