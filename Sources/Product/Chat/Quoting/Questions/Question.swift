import TextSearch
import WordPieces

/// A question taken apart: what kind of thing it asks for, and the words that an answer has to cover.
struct Question: Sendable {
    /// A word that an answer has to cover.
    struct Term: Sendable {
        enum Kind: Sendable {
            case word
            /// A proper name: it is what the answer is about, or the answer is about something else.
            case name
            /// A part number, a ticket, a clause: it stands there as it is, or the answer is about something else.
            case code
            /// A number that tells one thing from others of its kind: "lab 5", with the noun before it.
            case label(String)
            /// Any other number: a condition, which texts often put in other words.
            case number
        }

        let word: AnswerWord
        let kind: Kind
        let weight: Double
        /// Stems that say the same.
        let synonyms: Set<String>
        /// Whether it names who does or says what is asked for: "What did Ms Okoye sign?", "according to the minister".
        var isAgent = false
        /// Whether it says what is asked of the thing that the question names.
        var isAttribute = false

        /// Whether the answer must be about it.
        var isSpecific: Bool {
            switch kind {
            case .name, .code, .label: true
            case .word, .number: false
            }
        }
    }

    let text: String
    let language: QuestionLanguage
    let type: AnswerType
    /// What the amount that is asked for is counted in; `nil` where that is left open, or no amount is asked for.
    let unit: AskedUnit?
    /// What it asks for all of; `nil` when it asks for something in particular.
    let kind: NamedKind?
    let terms: [Term]
    /// Stem of what "how many" asks to be counted.
    let counted: String?
    /// Plain forms of all its words.
    let said: Set<String>
    let totalWeight: Double
    /// Whether it asks for what is not so.
    let isNegative: Bool

    init(_ text: String) {
        self.text = text
        let language = QuestionLanguage.guess(text)
        self.language = language
        let words = AnswerWord.words(text, language)
        said = Set(words.map(\.plain))
        type = AnswerType(text, words, language)
        unit = type == .amount ? AskedUnit(words) : nil
        counted = type == .amount && unit == nil ? Self.counted(words, language) : nil
        kind = NamedKind(words, language)
        terms = Self.terms(AnswerWord.words(Self.withoutAsking(text), language), language)
        isNegative = said.contains {
            ["not", "never", "nicht", "kein", "keine", "pas", "niet", "geen", "nao"].contains($0)
        }
        totalWeight = terms.reduce(0) { $0 + $1.weight }
    }

    private static func counted(_ words: [AnswerWord], _ language: QuestionLanguage) -> String? {
        guard let many = words.firstIndex(where: { $0.plain == "many" || $0.plain == "much" }), many + 1 < words.count,
            words[many + 1].kind == .word, !language.small.contains(words[many + 1].plain)
        else { return nil }
        return words[many + 1].stem
    }

    private static func terms(_ words: [AnswerWord], _ language: QuestionLanguage) -> [Term] {
        let namesAreMarked = Self.namesAreMarked(words, language)
        var terms: [Term] = []
        var seen: Set<String> = []
        var coded: Range<Int>?
        let isEnglish = language == .english
        let agents = Agents(isEnglish ? words : [])
        for (index, word) in words.enumerated() {
            // The parts of a code say less than the whole, which stands before them.
            if let coded, coded.contains(word.range.lowerBound), word.range != coded { continue }
            if word.kind == .code { coded = word.range }
            guard !language.small.contains(word.plain), seen.insert(word.stem).inserted else { continue }
            let kind: Term.Kind
            switch word.kind {
            case .code: kind = .code
            case .number: kind = Self.numberKind(words, index, language)
            case .pair: kind = .word
            case .word:
                guard word.plain.unicodeScalars.count > 1 || word.isCapitalised && index > 0 else { continue }
                kind = namesAreMarked && index > 0 && word.isCapitalised ? .name : .word
            }
            let weight: Double
            switch kind {
            case .code: weight = 2.5
            case .label: weight = 2
            case .number: weight = 0.4
            case .name: weight = max(1.2, WordRarity.weight(word.plain))
            case .word: weight = word.kind == .pair ? pairWeight(word.plain) : WordRarity.weight(word.plain)
            }
            // "The main actions", and the source of the answer, tell little of what it says.
            let isVague = agents.sources.contains(index) || isEnglish && vague.contains(word.plain)
            var term = Term(
                word: word, kind: agents.sources.contains(index) ? .word : kind,
                weight: isVague ? 0.3 * weight : weight,
                synonyms: Synonyms.of(word.stem, language), isAgent: agents.doers.contains(index))
            if case .word = term.kind { term.isAttribute = !isVague }
            terms.append(term)
        }
        return terms
    }

    /// Nouns and adjectives that ask for anything of some kind.
    private static let vague: Set = [
        "action", "actions", "aspect", "aspects", "characteristics", "circumstances", "consequence", "consequences",
        "detail",
        "details", "discussed", "described", "event", "events", "example", "examples", "information", "key", "main",
        "major",
        "happen", "happened", "happens", "measures", "nature", "occur", "occurred", "purpose", "regarding", "relation",
        "relationship", "response", "role", "roles",
        "show", "shows", "significance",
        "significant", "situation", "situations", "specific", "specifically", "view", "views",
    ]

    /// "lab 5", "Priority 1" and "year 2024" are labels, "12 years" and "£800" are not.
    private static func numberKind(_ words: [AnswerWord], _ index: Int, _ language: QuestionLanguage) -> Term.Kind {
        guard index > 0 else { return .number }
        let before = words[index - 1]
        if let number = Int(words[index].plain), (1900...2100).contains(number), words[index].plain.count == 4 {
            return .label("")
        }
        let isFollowed = index + 1 < words.count && TypeWords.timeUnits.contains(words[index + 1].plain)
        guard before.kind == .word, !language.small.contains(before.plain), !isFollowed, before.plain.count > 2,
            words[index].range.lowerBound - before.range.upperBound == 1
        else { return .number }
        return .label(before.stem)
    }

    /// Not in German, where all nouns are capitalised, and not where everything is, "What Is the Fee?" as well.
    private static func namesAreMarked(_ words: [AnswerWord], _ language: QuestionLanguage) -> Bool {
        guard language != .german else { return false }
        let plain = words.dropFirst().filter { $0.kind == .word && $0.plain.count > 1 }
        let small = plain.filter { language.small.contains($0.plain) }
        // Words that no name begins with tell best how capitals are used.
        let telling = small.count > 1 ? small : plain
        return Double(telling.count(where: \.isCapitalised)) < 0.6 * Double(max(2, telling.count))
    }

    /// Where there are no spaces, what only asks is taken out before characters are paired.
    private static func withoutAsking(_ text: String) -> String {
        guard text.unicodeScalars.contains(where: { $0.value > 0x2E80 }) else { return text }
        return QuestionPhrases.unspacedAsking.reduce(text) { $0.replacing($1, with: " ") }
    }

    /// Pairs of Hiragana alone are mostly endings and particles.
    private static func pairWeight(_ pair: String) -> Double {
        let kana = pair.unicodeScalars.count { (0x3040...0x309F).contains($0.value) }
        return kana == 2 ? 0.2 : kana == 1 ? 0.5 : 1
    }
}
