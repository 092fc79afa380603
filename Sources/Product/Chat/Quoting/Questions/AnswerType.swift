import TextSearch

/// What kind of thing a question asks for.
enum AnswerType: String, Sendable, CaseIterable {
    case amount, duration, date, person, place, yesNo, list, definition, procedure, reason, identifier
    /// Anything else.
    case other

    /// Whether a number is asked for.
    var isQuantity: Bool { self == .amount || self == .duration }

    /// - Parameter words: The question's, in order.
    init(_ question: String, _ words: [AnswerWord], _ language: QuestionLanguage) {
        let text = " " + words.filter { $0.kind != .pair }.map(\.plain).joined(separator: " ") + " "
        let folded = AnswerWord.folded(Array(question.unicodeScalars)[...])
        self = Self.byPhrase(text, folded, language) ?? .other
        guard language == .english else { return }
        let plain = words.map(\.plain)
        switch self {
        case .amount where Self.asksForTime(plain): self = .duration
        case .other, .list, .definition:
            let content = plain.filter { !language.small.contains($0) }
            if content.count == 1, text.hasPrefix(" what is a ") || text.hasPrefix(" what is an ") {
                self = .definition
            } else if text.hasPrefix(" list ") || text.hasPrefix(" name ") {
                self = .list
            } else if let type = Self.byNoun(plain, language) {
                self = type
            } else if self == .other, content.count <= 4, text.hasPrefix(" what is ") || text.hasSuffix(" mean ") {
                self = .definition
            }
        case .yesNo:
            // "Can you tell me where …" asks for what follows.
            let rest = plain.drop { !["what", "where", "when", "who", "how", "why", "which"].contains($0) }
            if rest.count > 2, plain.count - rest.count <= 6, Self.isPolite(plain.prefix(plain.count - rest.count)) {
                let inner = AnswerType(rest.joined(separator: " "), Array(words.suffix(rest.count)), language)
                if inner != .other { self = inner }
            }
        default: break
        }
    }

    private static func isPolite(_ words: ArraySlice<String>) -> Bool {
        words.contains { ["tell", "know", "say", "explain", "show", "remind"].contains($0) }
    }

    private static func byPhrase(_ text: String, _ folded: String, _ language: QuestionLanguage) -> AnswerType? {
        if language == .other || folded.unicodeScalars.contains(where: { $0.value > 0x2E80 }) {
            for (phrase, type) in QuestionPhrases.unspaced where folded.contains(phrase) { return type }
        }
        // The phrase that comes first asks; later ones tell more: "What is the fee when it rains?"
        var best: (place: Int, length: Int, type: AnswerType)?
        for (phrase, type) in QuestionPhrases.phrases[language] ?? [] {
            let wanted = " " + phrase.drop { $0 == "^" } + " "
            guard
                let place = phrase.hasPrefix("^")
                    ? (text.hasPrefix(wanted) ? 0 : nil) : Self.place(of: wanted, in: text)
            else { continue }
            if let best, (best.place, -best.length) < (place, -wanted.utf8.count) { continue }
            best = (place, wanted.utf8.count, type)
        }
        return best?.type
    }

    private static func place(of wanted: String, in text: String) -> Int? {
        text.firstRange(of: wanted).map { text.utf8.distance(from: text.startIndex, to: $0.lowerBound) }
    }

    /// "How many days".
    private static func asksForTime(_ words: [String]) -> Bool {
        guard let place = words.firstIndex(where: { $0 == "many" || $0 == "much" }) else { return false }
        return words.dropFirst(place + 1).prefix(2).contains {
            QuestionPhrases.timeUnits.contains($0) || $0 == "notice"
        }
    }

    /// "Which price", "the serial number of": the noun says what is wanted, even in a few words without a verb. Of nouns side
    /// by side it is the last: "bank account number".
    private static func byNoun(_ words: [String], _ language: QuestionLanguage) -> AnswerType? {
        var type: AnswerType?
        var isAfterNoun = false
        for word in words {
            if isAfterNoun, QuestionPhrases.afterNoun.contains(word) { break }
            let singular = word.hasSuffix("s") ? String(word.dropLast()) : word
            type = QuestionPhrases.nouns[word] ?? QuestionPhrases.nouns[singular] ?? type
            isAfterNoun = isAfterNoun || !language.small.contains(word)
        }
        return type
    }
}
