import TextSearch

/// Whether what has to agree to the letter does, between a claim and a stretch of a passage.
struct Agreement {
    /// Facts and names that agree, and those that do not.
    private(set) var matched = 0
    private(set) var missing = 0
    /// Numbers and dates among those that agree.
    private(set) var numbers = 0
    private(set) var isContrary = false
    /// Numbers that do not agree where there is another of their kind.
    private var rivalled = 0

    var isWhole: Bool { missing == 0 && !isContrary }
    /// Whether the stretch speaks of the same and says the contrary.
    var contradicts: Bool { missing == rivalled && (isContrary || rivalled > 0) }

    private let claim: Claim
    private let window: Window
    private let passage: PassageUnits
    private let coverage: WordCoverage
    private let name: Set<String>
    /// The sentence of the stretch that the claim is most like.
    private let nearest: PassageUnit?

    init(_ claim: Claim, _ window: Window, _ passage: PassageUnits, _ coverage: WordCoverage, name: Set<String>) {
        self.claim = claim
        self.window = window
        self.passage = passage
        self.coverage = coverage
        self.name = name
        nearest =
            window.units.count < 2
            ? window.units.first
            : window.units.max { a, b in
                claim.stems.count { coverage.holds(a.stems, $0) } < claim.stems.count { coverage.holds(b.stems, $0) }
            }
        compareQuantities()
        compareDates()
        numbers = matched
        compareCodes()
        compareNames()
        isContrary = isDeniedOtherwise || hasOpposite
    }

    private mutating func note(_ agrees: Bool) {
        if agrees { matched += 1 } else { missing += 1 }
    }

    // MARK: - Numbers and dates

    private mutating func compareQuantities() {
        let columns = allowedColumns()
        for (index, quantity) in claim.facts.quantities.enumerated() {
            let isDay =
                quantity.unit == nil
                && window.facts.dates.contains { date in
                    date.day.map { quantity.readings.contains(Double($0)) } ?? false
                }
            let isThere: Bool
            if let columns, let row = window.units.first {
                isThere = columns.contains { column in
                    let facts = row.cells[column].facts
                    return (facts.quantities + facts.implied).contains { quantity.isBorneOut(by: $0) }
                }
            } else {
                isThere =
                    window.facts.implied.contains { quantity.isBorneOut(by: $0) }
                    || isSaid(quantity, claim.segments[index])
            }
            let agrees = isThere || isDay || quantity.isYear && isYearKnown(quantity)
            note(agrees)
            let hasRival = window.facts.quantities.contains {
                $0.isOfOneKind(as: quantity) && ($0.unit == nil) == (quantity.unit == nil)
            }
            if !agrees, hasRival { rivalled += 1 }
        }
    }

    /// Whether a sentence says the number, of what the claim says it.
    private func isSaid(_ quantity: Quantity, _ words: Set<String>) -> Bool {
        let known = window.units.enumerated().flatMap { index, unit in
            zip(unit.facts.quantities, unit.segments).map { (quantity: $0, words: $1, unit: index) }
        }
        let isRow = window.units.contains(where: \.isRow)
        return known.enumerated().contains { place, found in
            guard quantity.isBorneOut(by: found.quantity) else { return false }
            return isRow
                || !known.enumerated().contains { other, rival in
                    guard rival.quantity.isOfOneKind(as: found.quantity),
                        rival.quantity.unit != nil || found.quantity.unit == nil || rival.unit == found.unit,
                        !claim.siblings.contains(where: {
                            $0.unit?.kind == rival.quantity.unit?.kind && $0.isBorneOut(by: rival.quantity)
                        })
                    else { return false }
                    let mine = coverage.weight(words, in: found.words, not: rival.words)
                    let theirs = coverage.weight(words, in: rival.words, not: found.words)
                    // Another sentence's number is nearer when it alone is of what the claim begins with.
                    guard theirs >= 0.6 else { return false }
                    guard found.unit == rival.unit || mine == 0 || isOfSubject(rival.words, not: found.words) else {
                        return false
                    }
                    // What is said once holds for the numbers after it, not for those before it.
                    return other > place || found.unit != rival.unit || mine < 0.3
                }
        }
    }

    private func isOfSubject(_ words: Set<String>, not others: Set<String>) -> Bool {
        let subject = claim.stems.prefix(2)
        return subject.contains { coverage.holds(words, $0) } && !subject.contains { coverage.holds(others, $0) }
    }

    private func isYearKnown(_ year: Quantity) -> Bool {
        passage.units.contains { unit in unit.facts.quantities.contains { year.isBorneOut(by: $0) } }
            || year.readings.contains { name.contains(String(Int($0))) }
    }

    private mutating func compareDates() {
        for date in claim.facts.dates {
            let isThere = window.facts.dates.contains { date.isBorneOut(by: $0) }
            // "In December pay day is the 19th."
            let isApart =
                date.day.map { day in
                    window.facts.dates.contains { $0.month == date.month && $0.day == nil }
                        && window.facts.quantities.contains { $0.unit == nil && $0.readings.contains(Double(day)) }
                } ?? passage.units.contains { unit in unit.facts.dates.contains { date.isBorneOut(by: $0) } }
            note(isThere || isApart)
        }
    }

    /// The cells of a row in which the claim's numbers have to stand: those below the heads that it names, and the first.
    private func allowedColumns() -> [Int]? {
        guard let row = window.units.first, row.isRow, window.units.count == 1, row.cells.count > 2 else { return nil }
        let shared = row.cells.dropFirst().reduce(row.cells.last?.header ?? []) { $0.intersection($1.header) }
        let named = row.cells.enumerated().map { column, cell in
            column == 0 ? [] : cell.header.subtracting(shared).intersection(claim.words)
        }
        guard named.contains(where: { !$0.isEmpty }) else { return nil }
        return row.cells.indices.filter { column in
            column == 0 || !named[column].isEmpty && !named.contains { $0.isStrictSuperset(of: named[column]) }
        }
    }

    // MARK: - Codes and names

    private mutating func compareCodes() {
        for code in claim.facts.codes {
            func isThat(_ other: String) -> Bool { other == code || other.hasPrefix(code + "-") }
            let isThere = window.facts.codes.contains(where: isThat)
            let kind = code.prefix { !$0.isNumber }
            let hasRival = window.facts.codes.contains { $0.prefix { !$0.isNumber } == kind }
            let isNear =
                !hasRival && passage.units.contains { $0.cells.count < 3 && $0.facts.codes.contains(where: isThat) }
            note(isThere || isNear)
        }
    }

    private mutating func compareNames() {
        let mine = Set(claim.names.map(\.text))
        for token in claim.names {
            let stem = Stems.stem(token.text)
            // The other one of two sentences is about somebody else.
            let isOthers =
                nearest.map {
                    !$0.words.contains(token.text) && !coverage.holds($0.stems, stem)
                        && !$0.names.subtracting(mine).isEmpty
                } ?? false
            if isOthers, window.units.count > 1, !Vocabulary.isWeekday(token.text), !token.isAcronym {
                missing += 1
            } else if window.words.contains(token.text) || coverage.holds(window.stems, stem) {
                matched += 1
            } else if token.isAcronym, window.units.contains(where: { $0.initials.contains(token.text) }) {
                matched += 1
            } else if name.contains(token.text) || passage.headings.contains(token.text) {
                continue
            } else {
                // Spoken of nearby, and the sentence speaks of nobody else.
                // A table of names and values is of one thing, which one of its rows names.
                let isProperty = window.units.allSatisfy { $0.cells.count == 2 }
                let hasRival =
                    !isProperty && (!window.names.subtracting(mine).isEmpty || window.units.contains(where: \.isRow))
                if !passage.words.contains(token.text) || hasRival { missing += 1 }
            }
        }
        guard let row = window.units.first, row.cells.count > 2 else { return }
        // A word of another row is a value of another row.
        let context = row.stems.union(window.context)
        missing += claim.stems.count { stem in
            !coverage.holds(context, stem) && passage.units.contains { $0.isRow && coverage.holds($0.stems, stem) }
        }
    }

    // MARK: - Denial and contraries

    /// Whether one denies what the other says.
    private var isDeniedOtherwise: Bool {
        guard let theirs = nearest?.clauses, oppositeCount % 2 == 0 else { return false }
        func weight(_ clause: Clause) -> Int { claim.stems.count { coverage.holds(clause.stems, $0) } }
        // What is said of an exception is the contrary of the rule.
        let named = Set(claim.facts.codes + claim.names.map { Stems.stem($0.text) })
        if theirs.contains(where: {
            $0.isException && (!$0.stems.isDisjoint(with: named) || 2 * weight($0) > claim.stems.count)
        }) {
            return false
        }
        if claim.isDenied {
            return !window.units.flatMap(\.clauses).contains { ($0.isDenied || $0.isException) && weight($0) > 0 }
        }
        let denied = theirs.filter { $0.isDenied && !$0.isException }
        let open = theirs.filter { !$0.isDenied && !$0.isException }
        let isHit = denied.contains { clause in
            claim.stems.contains { stem in
                coverage.holds(clause.denied, stem)
                    && !(clause.isPrivative && open.contains { coverage.holds($0.stems, stem) })
            }
        }
        if isHit { return true }
        // A part of few words, such as "in December", is no statement.
        return !(claim.isPart && claim.stems.count < 3) && denied.map(weight).max() ?? 0 > open.map(weight).max() ?? 0
    }

    private var oppositeCount: Int {
        claim.stems.count { stem in
            let contrary = Vocabulary.opposites(of: stem)
            guard !contrary.isEmpty, !coverage.holds(window.stems, stem) else { return false }
            return window.units.contains { !$0.isHeading && !contrary.isDisjoint(with: $0.stems) }
        }
    }

    /// A word whose contrary stands there in its place, where nothing is denied on either side.
    private var hasOpposite: Bool {
        oppositeCount % 2 == 1 && !claim.isDenied && !window.units.contains { $0.clauses.contains(where: \.isDenied) }
    }
}
