import SentenceUnits

/// The sentences of an answer with the passages that each of them cites.
struct AnswerSentences {
    /// A sentence, before it is compared.
    struct Sentence {
        /// With the marks of its citations.
        var range: Range<Int>
        var numbers: [Int]
    }

    /// The answer with blanks in the place of its marks.
    let scalars: [Unicode.Scalar]
    /// Those that cite something, by themselves or because they go on with one that does.
    let sentences: [Sentence]

    init(_ answer: String) {
        var scalars = Array(answer.unicodeScalars)
        let marks = Self.marks(scalars)
        for mark in marks { for place in mark.range { scalars[place] = " " } }
        self.scalars = scalars
        var sentences = SentenceSplitter.units(scalars).map { Sentence(range: $0, numbers: []) }
        var isOwn = [Bool](repeating: false, count: sentences.count)
        for mark in marks {
            guard let index = Self.owner(of: mark.range, sentences, scalars) else { continue }
            let range = sentences[index].range
            sentences[index].range =
                min(range.lowerBound, mark.range.lowerBound)..<max(range.upperBound, mark.range.upperBound)
            if !sentences[index].numbers.contains(mark.number) { sentences[index].numbers.append(mark.number) }
            isOwn[index] = true
        }
        Self.inherit(&sentences, isOwn, scalars)
        self.sentences = sentences.filter { !$0.numbers.isEmpty }
    }

    /// A mark such as `[3]`.
    private struct Mark {
        let range: Range<Int>
        let number: Int
    }

    private static func marks(_ scalars: [Unicode.Scalar]) -> [Mark] {
        var marks: [Mark] = []
        var place = 0
        while place < scalars.count {
            if scalars[place] == "[" {
                var end = place + 1
                while end < scalars.count, Characters.isDigit(scalars[end]), end - place < 6 { end += 1 }
                if end > place + 1, end < scalars.count, scalars[end] == "]",
                    let number = Int(String(String.UnicodeScalarView(scalars[place + 1..<end])))
                {
                    marks.append(Mark(range: place..<end + 1, number: number))
                    place = end
                }
            }
            place += 1
        }
        return marks
    }

    /// The sentence that a mark belongs to: the one around it, else the one before it on its line, else the one after it.
    private static func owner(of mark: Range<Int>, _ sentences: [Sentence], _ scalars: [Unicode.Scalar]) -> Int? {
        guard let after = sentences.firstIndex(where: { $0.range.upperBound > mark.lowerBound }) else {
            return sentences.isEmpty ? nil : sentences.count - 1
        }
        if sentences[after].range.lowerBound <= mark.lowerBound { return after }
        guard after > 0 else { return after }
        let isOtherLine = scalars[sentences[after - 1].range.upperBound..<mark.lowerBound].contains("\n")
        return isOtherLine ? after : after - 1
    }

    /// Words with which a sentence goes on with the one before it.
    private static let continuing: Set = [
        "it", "its", "this", "that", "these", "those", "they", "their", "he", "she", "his", "her", "such", "there",
        "then", "also", "moreover",
        "furthermore", "additionally", "however", "instead", "otherwise", "therefore", "thus", "both", "and", "but",
        "es", "er", "sie", "das", "dies", "diese", "dieser", "dieses", "dabei", "dafur", "dazu", "danach", "ausserdem",
        "zudem", "jedoch", "auch",
        "il", "elle", "ils", "elles", "cela", "ceci", "ce", "cette", "ces", "ensuite", "aussi", "toutefois",
        "cependant",
        "esto", "esta", "este", "estos", "estas", "eso", "ello", "ademas", "tambien", "luego", "pero",
    ]

    private static func goesOn(_ sentence: Range<Int>, _ scalars: [Unicode.Scalar]) -> Bool {
        let word = scalars[sentence].drop { !Characters.isWord($0) }.prefix { Characters.isWord($0) }
        return continuing.contains(Characters.folded(word))
    }

    /// A sentence without marks of its own takes those of the one before it in its paragraph, when it goes on with that; the
    /// items of a list go on with the sentence that announces them.
    private static func inherit(_ sentences: inout [Sentence], _ isOwn: [Bool], _ scalars: [Unicode.Scalar]) {
        var announced: [Int] = []
        for index in sentences.indices {
            let isItem =
                scalars[sentences[index].range.lowerBound...].first.map {
                    "-*•–".unicodeScalars.contains($0) || Characters.isDigit($0)
                } ?? false
            if !isOwn[index], index > 0 {
                let between = scalars[sentences[index - 1].range.upperBound..<sentences[index].range.lowerBound]
                if !between.contains("\n"), Self.goesOn(sentences[index].range, scalars) {
                    sentences[index].numbers = sentences[index - 1].numbers
                } else if isItem {
                    sentences[index].numbers = announced
                }
            }
            if scalars[sentences[index].range].last(where: { !$0.properties.isWhitespace }) == ":" {
                announced = sentences[index].numbers
            } else if !isItem {
                announced = []
            }
        }
    }
}
