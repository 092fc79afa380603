import TextSearch

/// What kinds of things a sentence names, as far as its wording shows.
struct TypeEvidence: Sendable {
    let hasNumber: Bool
    private let words: [AnswerWord]
    private let plain: Set<String>
    private let text: String

    /// - Parameters:
    ///   - words: The sentence's words.
    ///   - text: The sentence.
    init(_ words: [AnswerWord], _ text: String) {
        self.words = words
        self.text = text
        plain = Set(words.map(\.plain))
        hasNumber =
            words.contains { $0.kind == .number || $0.kind == .code && $0.plain.first?.isNumber ?? false }
            || !plain.isDisjoint(with: TypeWords.numbers)
            || text.unicodeScalars.contains { TypeWords.hanNumbers.contains($0) || $0 == "½" }
    }

    /// How well it can hold an answer of a type: 1 for yes, 0 for no, between them where the wording does not tell.
    ///
    /// - Parameters:
    ///   - asked: Plain forms of the question's words: what it says itself is no answer.
    ///   - unit: What an amount is counted in.
    ///   - counted: Stem of what is to be counted.
    ///   - isRow: Whether the sentence is a row of a table.
    func fit(
        _ type: AnswerType, asked: Set<String>, unit: AskedUnit? = nil, counted: String? = nil, isRow: Bool = false
    ) -> Double {
        switch type {
        case .amount:
            if newNumber(asked) {
                if let unit { return unit.fit(words, text, asked: asked, isRow: isRow) }
                return isRow || counted.map { counts($0, asked) } ?? true ? 1 : 0.8
            }
            return newNumber([]) || !plain.isDisjoint(with: TypeWords.amounts) ? 0.6 : 0
        case .duration:
            let hasUnit = !plain.isDisjoint(with: TypeWords.timeUnits) || hasHan(TypeWords.hanTime)
            if newNumber(asked), hasUnit { return 1 }
            if !plain.isDisjoint(with: TypeWords.frequencies) { return 0.9 }
            return newNumber(asked) ? 0.5 : hasUnit && hasNumber ? 0.4 : 0
        case .date:
            if !plain.subtracting(asked).isDisjoint(with: TypeWords.dates) || hasTime || hasHan(TypeWords.hanDate) {
                return 1
            }
            if words.indices.contains(where: { isOfDate($0) && !asked.contains(words[$0].plain) }) { return 1 }
            if words.contains(where: { $0.isYear && !asked.contains($0.plain) }) { return 0.9 }
            let hasUnit = !plain.isDisjoint(with: TypeWords.timeUnits) || hasHan(TypeWords.hanTime)
            if newNumber(asked), hasUnit { return 0.8 }
            let lowered = text.lowercased()
            if TypeWords.timePhrases.contains(where: { lowered.contains($0) }) { return 0.7 }
            return newNumber(asked) ? 0.5 : plain.isDisjoint(with: TypeWords.timeRelations) ? 0.1 : 0.6
        case .person:
            let isRole = !plain.isDisjoint(with: TypeWords.roles.subtracting(asked))
            return hasFullName(asked) ? 1 : hasName(asked) ? (isRole ? 0.9 : 0.7) : isRole ? 0.7 : 0.2
        case .place:
            if !plain.isDisjoint(with: TypeWords.places) || hasHan(TypeWords.hanPlaces) { return 1 }
            if hasName(asked) { return 0.7 }
            // "On 18 May" tells no place.
            let isTime = hasTime || words.indices.contains { isOfDate($0) }
            return isTime || plain.isDisjoint(with: TypeWords.placePrepositions) ? 0.2 : 0.5
        case .reason:
            let lowered = text.lowercased()
            return TypeWords.reasons.contains { lowered.contains($0) } ? 1 : 0.4
        case .procedure:
            return !plain.isDisjoint(with: TypeWords.instructions) || isInstruction ? 1 : 0.3
        case .identifier:
            let isNew = words.contains { ($0.kind == .code || $0.kind == .number) && !asked.contains($0.plain) }
            return isNew || text.contains("@") || text.contains("://") || text.contains("www.") ? 1 : 0.3
        case .definition: return defines(asked) ? 1 : 0.4
        case .list:
            return text.unicodeScalars.count(where: { $0 == "," || $0 == ";" || $0 == "\n" || $0 == "、" }) >= 1
                ? 1 : 0.6
        case .yesNo, .other: return 0.6
        }
    }

    /// A number that the question does not say and that counts or measures: no year, no "step 7".
    private func newNumber(_ asked: Set<String>) -> Bool {
        words.indices.contains { isNewNumber($0, asked) }
            || text.unicodeScalars.contains { TypeWords.hanNumbers.contains($0) || $0 == "½" }
    }

    private func isNewNumber(_ index: Int, _ asked: Set<String>) -> Bool {
        let word = words[index]
        guard !asked.contains(word.plain), !word.isYear, !isLabel(index), !isOfDate(index) else { return false }
        return word.kind == .number || TypeWords.numbers.contains(word.plain)
            || word.kind == .code && word.plain.first?.isNumber ?? false
    }

    /// Whether a number stands close before what is counted: "six hens", "1 kg of onions".
    private func counts(_ stem: String, _ asked: Set<String>) -> Bool {
        words.indices.contains { index in
            words[index].stem == stem && (max(0, index - 4)..<index).contains { isNewNumber($0, asked) }
        }
    }

    /// Whether a number tells one thing from others of its kind: "step 7", "section 4", and "4." in front of an item.
    private func isLabel(_ index: Int) -> Bool {
        if index == 0, words[0].kind == .number {
            let rest = text.unicodeScalars.dropFirst(words[0].range.count)
            return rest.first.map { $0 == "." || $0 == ")" } ?? false
        }
        return index > 0 && TypeWords.labelled.contains(words[index - 1].plain)
            && words[index].range.lowerBound - words[index - 1].range.upperBound == 1
    }

    /// Whether a number is the day of a date: "7 May", "March 3", both of "3 to 7 May".
    private func isOfDate(_ index: Int) -> Bool {
        func isMonth(_ other: Int) -> Bool {
            guard words.indices.contains(other) else { return false }
            return TypeWords.months.contains(words[other].plain)
                || words[other].plain == "may" && words[other].isCapitalised
        }
        guard words[index].kind == .number else { return false }
        if isMonth(index - 1) || isMonth(index + 1) { return true }
        return index + 3 < words.count && words[index + 2].kind == .number && words[index + 1].kind == .word
            && isMonth(index + 3)
    }

    /// "08:37", "9 am", "17 Uhr", "14h".
    private var hasTime: Bool {
        words.contains { $0.kind == .number && $0.plain.contains(":") }
            || hasNumber && !plain.isDisjoint(with: TypeWords.clock)
    }

    private func hasHan(_ marks: [String]) -> Bool { marks.contains { text.contains($0) } }

    /// Capitalised words within the sentence that the question does not say, two of them or one after a title.
    private func hasName(_ asked: Set<String>) -> Bool {
        let capitalised = words.dropFirst().filter {
            $0.isCapitalised && $0.kind == .word && !asked.contains($0.plain) && !TypeWords.noNames.contains($0.plain)
                && !TypeWords.labelled.contains($0.plain)
        }
        if !capitalised.isEmpty { return true }
        guard words.count > 1, words[0].isCapitalised, words[1].isCapitalised,
            !TypeWords.noNames.contains(words[1].plain)
        else { return false }
        return !asked.contains(words[0].plain)
    }

    /// A title and a name, or two capitalised words side by side that are not known to name a country, a place or an office.
    private func hasFullName(_ asked: Set<String>) -> Bool {
        words.indices.dropFirst().contains { index in
            let (before, word) = (words[index - 1], words[index])
            guard word.isCapitalised, word.kind == .word, !asked.contains(word.plain),
                !TypeWords.noNames.contains(word.plain)
            else { return false }
            if TypeWords.titles.contains(before.plain) { return true }
            let isSide = word.range.lowerBound - before.range.upperBound == 1
            return isSide && before.isCapitalised && before.kind == .word && !TypeWords.noNames.contains(before.plain)
                && !asked.contains(before.plain)
        }
    }

    /// "A copay is …": what is asked for first, and then what it is.
    private func defines(_ asked: Set<String>) -> Bool {
        let lowered = text.lowercased()
        guard let place = TypeWords.definitions.compactMap({ lowered.firstRange(of: $0)?.lowerBound }).min() else {
            return false
        }
        let before = words.prefix {
            $0.range.lowerBound - words[0].range.lowerBound < lowered.distance(from: lowered.startIndex, to: place)
        }
        return before.count <= 8 && before.contains { asked.contains($0.plain) }
    }

    private var isInstruction: Bool {
        words.first { $0.kind != .number }.map { TypeWords.imperatives.contains($0.plain) } ?? false
    }

    /// Whether it holds what a word only names: a telephone number, an address of e-mail or of the web.
    func holds(_ word: String) -> Bool {
        switch word {
        case "phone", "telephone", "tel", "mobile", "fax", "telefon", "telefonnummer", "hotline", "number":
            words.count { $0.kind == .number } > 0
                && text.unicodeScalars.count { $0.properties.numericType == .decimal } >= 7
        case "email", "mail", "address", "adresse": text.unicodeScalars.contains("@")
        case "website", "url", "link", "site": text.contains("://") || text.contains("www.")
        default: false
        }
    }

    /// Whether it denies something.
    var isNegative: Bool { !plain.isDisjoint(with: TypeWords.negations) }
}
