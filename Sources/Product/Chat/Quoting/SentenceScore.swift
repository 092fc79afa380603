import Retrieval

/// Scores the pieces of passages as answers to a question.
///
/// A sentence need not say all of it itself: what it is about stands in the heading, the sentence before or the title as
/// often, and counts there a little less. What is asked for has to stand in the sentence, or name its row or column.
struct SentenceScore {
    let question: Question
    let readings: [PassageUnits]
    private let passages: [FoundPassage]
    private let names: [[AnswerWord]]
    /// Words of the heading above each passage.
    private let above: [[AnswerWord]]
    /// Words that each passage's document begins with.
    private let openings: [[AnswerWord]]
    /// How near each passage's pieces are to the question; `nil` where there is nothing to compare.
    private let nearness: [[TokenNearness?]]
    /// For each passage and piece, how well it says each term.
    private let credits: [[[Double]]]
    private let weights: [Double]
    /// Tokens of each term among the question's; `nil` where that cannot be told.
    private let tokens: [Range<Int>?]
    /// For each passage, how well its document's name and title say each term: that is what all of the document is about.
    private let titles: [[Double]]
    /// Characters of a first line that is a title.
    private static let longestTitle = 120
    /// Weight of what is asked of the thing below which nothing can be told by its absence.
    private static let leastAttribute = 0.5

    init(_ question: Question, _ passages: [FoundPassage], _ evidence: PassageEvidence) {
        self.question = question
        self.passages = passages
        let language = question.language
        let readings = passages.map { PassageUnits($0.text, language, columns: $0.columns) }
        self.readings = readings
        let names = passages.map { AnswerWord.words(String($0.name.prefix { $0 != "." }), language) }
        self.names = names
        above = passages.map { AnswerWord.words($0.heading ?? "", language) }
        // Most passages are of few documents.
        var read: [String: [AnswerWord]] = [:]
        openings = passages.map { passage in
            if let words = read[passage.documentId] { return words }
            let words = AnswerWord.words(evidence.opening(of: passage.documentId) ?? "", language)
            read[passage.documentId] = words
            return words
        }
        let nearness = zip(readings, passages).map { reading, passage in
            // The encoder was trained on English alone.
            language == .english
                ? evidence.nearness(of: reading.units.map(\.range), in: passage) : reading.units.map { _ in nil }
        }
        self.nearness = nearness
        let terms = question.terms
        func credits(allowingTypos: [Bool]) -> [[[Double]]] {
            readings.map { reading in
                reading.units.map { unit in
                    terms.indices.map {
                        TermMatch.credit(
                            terms[$0], unit.words, allowsTypos: allowingTypos[$0], isRow: unit.isRow)
                    }
                }
            }
        }
        var found = credits(allowingTypos: terms.map { _ in false })
        let isFound = terms.indices.map { term in found.contains { $0.contains { $0[term] > 0 } } }
        if isFound.contains(false) { found = credits(allowingTypos: isFound.map { !$0 }) }
        let tokens = evidence.tokens(of: terms.map(\.word.range), in: question.text)
        for (passage, pieces) in nearness.enumerated() {
            for (unit, piece) in pieces.enumerated() {
                for (term, tokens) in tokens.enumerated()
                where !terms[term].isSpecific && terms[term].word.kind == .word {
                    guard let tokens, let near = piece?.nearness(to: tokens) else { continue }
                    found[passage][unit][term] = max(found[passage][unit][term], TermMatch.credit(nearness: near))
                }
            }
        }
        self.credits = found
        self.tokens = tokens
        titles = passages.indices.map { passage in
            let opening = (evidence.opening(of: passages[passage].documentId) ?? "").prefix { !$0.isNewline }
            let title =
                names[passage] + (opening.count <= Self.longestTitle ? AnswerWord.words(String(opening), language) : [])
            return terms.map { TermMatch.credit($0, title) }
        }
        // What nearly every piece says does not tell which of them answers.
        let count = Double(found.reduce(0) { $0 + $1.count })
        weights = terms.indices.map { term in
            let holders = Double(found.reduce(0) { $0 + $1.count { $0[term] > 0.5 } })
            let share = count > 0 ? holders / count : 0
            return terms[term].weight * (share > 0.5 ? 0.5 : share > 0.25 ? 0.75 : 1)
        }
    }

    /// Whether a question of one word has that word somewhere: one that is like it may be another thing.
    var saysSingleWord: Bool {
        question.terms.count != 1 || credits.joined().contains { ($0.first ?? 0) > 0.8 }
    }

    /// All pieces that can be answers, best first.
    func ranked() -> [ScoredUnit] {
        var scored: [ScoredUnit] = []
        for (index, reading) in readings.enumerated() {
            for unit in reading.units.indices where !reading.units[unit].isHeading {
                if let result = score(index, unit) { scored.append(result) }
            }
        }
        return scored.sorted { $0.score > $1.score }
    }

    private func score(_ passage: Int, _ index: Int) -> ScoredUnit? {
        let reading = readings[passage]
        let unit = reading.units[index]
        let saysMore = unit.words.contains {
            !question.said.contains($0.plain) && !question.language.small.contains($0.plain)
        }
        guard saysMore else { return nil }
        if let kind = question.kind {
            guard kind.isNamed(unit.words, unit.text) else { return nil }
            return ScoredUnit(
                passage: passage, unit: index, coverage: 1, own: 1, fit: 1, missing: 0, isRival: false, lead: [],
                passageScore: passages[passage].score)
        }
        guard !question.terms.isEmpty else { return nil }
        let header =
            unit.header.isEmpty
            ? [] : unit.header.flatMap { AnswerWord.words($0, question.language) }
        let evidence = TypeEvidence(unit.words, unit.text)
        let fit = evidence.fit(
            question.type, asked: question.said, unit: question.unit, counted: question.counted, isRow: unit.isRow)
        // A title says what all of the document is about, and may answer as well.
        let topics = passages[passage].start == 0 && unit.range.lowerBound == 0 ? nil : titles[passage]
        var own = 0.0
        var nearest = 0.0
        var about = 0.0
        var around = 0.0
        var total = 0.0
        var missing = 0
        var isRival = false
        // Whoever asks for a part number, a ticket or a clause wants what is said of it.
        var saysCode = false
        var lead: Set<Int> = []
        var attribute = (said: 0.0, total: 0.0)
        for (number, term) in question.terms.enumerated() {
            let weight = weights[number]
            total += weight
            var said = credits[passage][index][number]
            if said < 0.9, case .number = term.kind, let inRange = inRange(term, unit, reading) {
                said = inRange ? 0.9 : said
                if !inRange { isRival = true }
            }
            // "phone number" is not said where one stands.
            if question.type == .identifier, said == 0, evidence.holds(term.word.plain) { said = 0.8 }
            if said < 0.8, !header.isEmpty { said = max(said, 0.95 * TermMatch.credit(term, header)) }
            own += weight * said
            if said == 1, term.isSpecific, term.weight >= 2 { saysCode = true }
            let isAttribute = term.isAttribute && topics?[number] ?? 0 < 0.5
            if isAttribute { attribute.total += weight }
            guard said < 0.9 else {
                if isAttribute { attribute.said += weight }
                continue
            }
            if said < 0.5, TermMatch.hasRival(term, unit.words) {
                isRival = true
                if term.isSpecific { missing += 1 }
                continue
            }
            if unit.isRow, isOfOtherRow(number, passage, index) {
                if term.isSpecific { missing += 1; isRival = true }
                continue
            }
            var (credit, heading, isReferred) = context(number, passage, index)
            // "What did Ms Okoye sign?" Whoever speaks is seldom named where she speaks: "I signed …".
            if term.isAgent, credit < 0.5, unit.isInFirstPerson { credit = 0.5 }
            if isReferred || heading != nil && heading == unit.headings.first {
                nearest += weight * max(0, credit - said)
            } else if term.isSpecific || heading != nil {
                about += weight * max(0, credit - said)
            } else {
                around += weight * max(0, credit - said)
            }
            if let heading, credit > said + 0.2 { lead.insert(heading) }
            if isAttribute { attribute.said += weight * max(credit, said) }
            if term.isSpecific, max(credit, said) < 0.3 { missing += 1 }
        }
        guard own > 0 || nearest > 0, total > 0 else { return nil }
        if isOfAnotherName(unit, reading) { isRival = true }
        let heading = unit.headings.first.map { reading.units[$0] }
        if question.isNegative, !evidence.isNegative,
            !(heading.map { TypeEvidence($0.words, $0.text).isNegative } ?? false)
        {
            isRival = true
        }
        // Under a heading that asks, or names all of it, a sentence need not repeat any of it.
        let isStep = question.type == .procedure && fit == 1 && nearest >= 0.6 * total
        let isUnder = isStep || heading?.text.hasSuffix("?") ?? false
        let base = own + (isUnder ? nearest : 0.5 * nearest)
        return ScoredUnit(
            passage: passage, unit: index,
            coverage: (own + min(nearest, isUnder ? nearest : 2.5 * base) + min(about, 2.5 * base)
                + min(around, 0.7 * own)) / total,
            own: (isUnder ? base : own) / total, fit: fit,
            missing: missing, isRival: isRival, lead: lead.sorted(), passageScore: passages[passage].score,
            attribute: attribute.total >= Self.leastAttribute && !saysCode ? attribute.said / attribute.total : 1,
            beginsWithIt: unit.words.prefix(3).contains { word in
                question.terms.contains { $0.weight >= 1 && $0.word.stem == word.stem }
            },
            // A row's meaning is in the names of its columns as much as in itself.
            likeness: unit.isRow ? nil : nearness[passage][index]?.likeness,
            wordLikeness: wordLikeness(passage, index))
    }

    private func wordLikeness(_ passage: Int, _ index: Int) -> Double? {
        guard let piece = nearness[passage][index] else { return nil }
        var (sum, total) = (0.0, 0.0)
        for (tokens, weight) in zip(tokens, weights) {
            guard let near = tokens.flatMap(piece.nearness) else { continue }
            sum += weight * near
            total += weight
        }
        return total > 0 ? sum / total : nil
    }

    /// What stands around a piece and says a term: its headings, the sentences before it, the document's name.
    private func context(_ term: Int, _ passage: Int, _ index: Int) -> (credit: Double, heading: Int?, isReferred: Bool)
    {
        let reading = readings[passage]
        let unit = reading.units[index]
        let isSpecific = question.terms[term].isSpecific
        var best = (credit: 0.0, heading: Int?.none, isReferred: false)
        func take(_ credit: Double, _ heading: Int? = nil, isReferred: Bool = false) {
            if credit > best.credit { best = (credit, heading, isReferred) }
        }
        for heading in unit.headings {
            let isNear = heading == unit.headings.first
            take(credits[passage][heading][term] * (isSpecific ? 0.95 : isNear ? 0.8 : 0.6), heading)
        }
        for back in 1...3 where index - back >= 0 {
            let other = reading.units[index - back]
            guard !other.isHeading else { continue }
            let isSame = other.paragraph == unit.paragraph
            let before = credits[passage][index - back][term]
            // "It costs 285 euros": what it is, the sentence before says.
            if isSame, unit.refersBack { take(before * [0.85, 0.6, 0.4][back - 1], isReferred: true) }
            let plain = isSame ? [0.5, 0.35, 0.25][back - 1] : 0.2
            take(before * (isSpecific ? (isSame ? 0.9 : 0.75) : plain))
        }
        if !above[passage].isEmpty {
            // "Required:" is below the heading that stands above the passage.
            let isNear = unit.headings.allSatisfy { reading.units[$0].text.hasSuffix(":") }
            take(TermMatch.credit(question.terms[term], above[passage]) * (isSpecific ? 0.95 : isNear ? 0.75 : 0.5))
        }
        take(TermMatch.credit(question.terms[term], names[passage]) * (isSpecific ? 0.9 : 0.55))
        take(TermMatch.credit(question.terms[term], openings[passage]) * (isSpecific ? 0.7 : 0.3))
        if best.credit < 0.5 {
            // What was named before is still spoken of more often than what comes later.
            let before = credits[passage][..<index].reduce(0) { max($0, $1[term]) }
            let later = credits[passage][index...].reduce(0) { max($0, $1[term]) }
            take(max(before * (isSpecific ? 0.6 : 0.2), later * (isSpecific ? 0.35 : 0.2)))
        }
        if best.credit < 0.35, isSpecific {
            for (other, found) in passages.enumerated() where found.documentId == passages[passage].documentId {
                take(credits[other].reduce(0) { max($0, $1[term]) } * 0.4)
            }
        }
        return best
    }

    /// Whether a row's first cell names something like what is asked for and not it: the pine shelf instead of one of a wood
    /// that no passage names.
    private func isOfAnotherName(_ unit: PassageUnit, _ reading: PassageUnits) -> Bool {
        guard case .row(let cells) = unit.kind, let first = cells.first else { return false }
        let label = AnswerWord.words(reading.scalars, in: first, question.language)
            .filter { $0.kind == .word && !question.language.small.contains($0.plain) }
        let asked = question.terms.indices.filter { term in
            label.contains { TermMatch.credit(question.terms[term], [$0]) > 0.5 }
        }
        return !asked.isEmpty && asked.count < label.count
            && asked.contains { isUnknown($0 - 1) || isUnknown($0 + 1) }
    }

    /// Whether a word of the question stands in no passage.
    private func isUnknown(_ term: Int) -> Bool {
        guard question.terms.indices.contains(term), question.terms[term].weight >= 0.7 else { return false }
        if case .number = question.terms[term].kind { return false }
        return !credits.contains { $0.contains { $0[term] > 0 } }
            && !readings.contains { $0.units.contains { isNamed(term, $0.header) } }
    }

    private func isNamed(_ term: Int, _ columns: [String]) -> Bool {
        columns.contains { TermMatch.credit(question.terms[term], AnswerWord.words($0, question.language)) > 0 }
    }

    /// Whether a term tells the rows of a table apart, and this is not the one.
    private func isOfOtherRow(_ term: Int, _ passage: Int, _ index: Int) -> Bool {
        let units = readings[passage].units
        return units.indices.contains { other in
            other != index && units[other].table == units[index].table && credits[passage][other][term] > 0.5
        }
    }

    /// Whether a number of the question lies in a span that the piece names; `nil` when it names none of that unit.
    private func inRange(_ term: Question.Term, _ unit: PassageUnit, _ reading: PassageUnits) -> Bool? {
        guard let value = Double(term.word.plain), unit.isRow else { return nil }
        let words = AnswerWord.words(question.text, question.language)
        let wanted = words.firstIndex { $0.range == term.word.range }.flatMap {
            $0 + 1 < words.count ? words[$0 + 1].stem : nil
        }
        let ranges = NumberRange.all(unit.words, reading.scalars).filter { $0.unit == nil || $0.unit == wanted }
        guard !ranges.isEmpty else { return nil }
        return ranges.contains { $0.values.contains(value) }
    }
}
