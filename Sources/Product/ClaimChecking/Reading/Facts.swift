/// What of a text has to agree to the letter: numbers with their units, times of day, dates, codes.
struct Facts: Sendable {
    private(set) var quantities: [Quantity] = []
    private(set) var dates: [CalendarDate] = []
    private(set) var codes: [String] = []
    /// Places among the tokens of what is a part of these.
    private(set) var taken: Set<Int> = []

    var isEmpty: Bool { quantities.isEmpty && dates.isEmpty && codes.isEmpty }

    /// Nothing.
    init() {}

    /// Reads them off a text's tokens.
    init(_ tokens: [Token]) {
        var place = 0
        while place < tokens.count { place += max(1, read(tokens, place)) }
        shareUnits(tokens)
    }

    /// The facts of both.
    mutating func add(_ other: Facts) {
        quantities += other.quantities
        dates += other.dates
        codes += other.codes
        implied += other.implied
    }

    /// Leaves out numbers that say where something stands: chapter 3, page 7.
    mutating func dropReferences(_ tokens: [Token]) {
        quantities.removeAll { quantity in
            guard let place = tokens.firstIndex(where: { $0.range.lowerBound == quantity.range.lowerBound }), place > 0
            else {
                return false
            }
            return Self.references.contains(tokens[place - 1].text)
        }
    }

    private static let references: Set = [
        "chapter", "section", "page", "clause", "annex", "appendix", "schedule", "figure", "table", "paragraph",
        "kapitel", "abschnitt", "seite",
        "chapitre", "article", "capitulo", "seccion", "pagina",
    ]

    /// Reads what begins at a place; returns how many tokens it takes, 0 when nothing does.
    private mutating func read(_ tokens: [Token], _ place: Int) -> Int {
        let token = tokens[place]
        switch token.kind {
        case .code:
            codes.append(token.text)
            return take(place, 1)
        case .time:
            let next = place + 1 < tokens.count ? tokens[place + 1].text : ""
            let isMarked = ["am", "pm"].contains(next)
            if let minutes = Clock.minutes(isMarked ? token.text + next : token.text) { note(minutes, token.range) }
            return take(place, isMarked ? 2 : 1)
        case .date:
            if let date = CalendarDate(figures: token.text) { note(date, token.range) }
            return take(place, 1)
        case .number, .word:
            if let count = readDate(tokens, place) { return take(place, count) }
            if let count = readTime(tokens, place) { return take(place, count) }
            return readQuantity(tokens, place)
        case .sign: return 0
        }
    }

    private mutating func take(_ place: Int, _ count: Int) -> Int {
        taken.formUnion(place..<place + count)
        return count
    }

    // MARK: - Dates and times

    private mutating func note(_ minutes: Int, _ range: Range<Int>) {
        quantities.append(Quantity(readings: [Double(minutes)], unit: Clock.unit, range: range))
    }

    private mutating func note(_ date: CalendarDate, _ range: Range<Int>) {
        dates.append(date)
        if let year = date.year { quantities.append(Quantity(readings: [Double(year)], range: range)) }
    }

    private mutating func readDate(_ tokens: [Token], _ place: Int) -> Int? {
        func whole(_ index: Int, _ range: ClosedRange<Int>) -> Int? {
            guard index < tokens.count, tokens[index].kind == .number, let value = Int(tokens[index].text),
                range.contains(value)
            else { return nil }
            return value
        }
        /// Past "of", "de" and the point of an ordinal.
        func skip(_ index: Int, _ words: Set<String>) -> Int {
            index < tokens.count && words.contains(tokens[index].text) ? index + 1 : index
        }
        func year(_ index: Int) -> (Int, Int)? {
            let next = skip(skip(index, [","]), ["de", "del"])
            return whole(next, 1000...2999).map { ($0, next + 1) }
        }
        let isAmount = place > 0 && UnitNames.unit(tokens[place - 1].text) != nil && tokens[place - 1].kind == .sign
        if !isAmount, let day = whole(place, 1...31) {
            let next = skip(skip(place + 1, ["."]), ["of", "de"])
            guard next < tokens.count, tokens[next].kind == .word,
                tokens[next].isCapital || !Self.verbs.contains(tokens[next].text),
                let month = CalendarDate.month(tokens[next].text) ?? CalendarDate.shortMonth(tokens[next].text)
            else { return nil }
            let found = year(next + 1)
            let date = CalendarDate(day: day, month: month, year: found?.0)
            note(date, tokens[place].range.lowerBound..<tokens[next].range.upperBound)
            noteEarlierDays(tokens, before: place, date)
            return (found?.1 ?? next + 1) - place
        }
        guard tokens[place].kind == .word else { return nil }
        let name = tokens[place].text
        let isFollowed = whole(place + 1, 1...2999) != nil
        guard let month = CalendarDate.month(name) ?? (isFollowed ? CalendarDate.shortMonth(name) : nil) else {
            return nil
        }
        if let day = whole(place + 1, 1...31) {
            let found = year(place + 2)
            note(CalendarDate(day: day, month: month, year: found?.0), tokens[place].range)
            return (found?.1 ?? place + 2) - place
        }
        if let (value, next) = year(place + 1) {
            note(CalendarDate(month: month, year: value), tokens[place].range)
            return next - place
        }
        guard tokens[place].isCapital, place > 0 || !Self.verbs.contains(name) else { return nil }
        dates.append(CalendarDate(month: month))
        return 1
    }

    /// The days before "30 and 31 December" and "29 to 31 December" are of that month too.
    private mutating func noteEarlierDays(_ tokens: [Token], before place: Int, _ date: CalendarDate) {
        var place = place
        while place >= 2, Self.joiners.contains(tokens[place - 1].text), tokens[place - 2].kind == .number,
            let day = Int(tokens[place - 2].text), (1...31).contains(day)
        {
            dates.append(CalendarDate(day: day, month: date.month, year: date.year))
            quantities.removeAll { $0.range == tokens[place - 2].range }
            place -= 2
        }
    }

    /// Months that are also words of another kind.
    private static let verbs: Set = ["may", "march"]

    private mutating func readTime(_ tokens: [Token], _ place: Int) -> Int? {
        if tokens[place].text == "half", place + 2 < tokens.count, tokens[place + 1].text == "past",
            let (hour, count) = Self.number(tokens, place + 2)
        {
            note(Int(hour) * 60 + 30, tokens[place].range)
            return 2 + count
        }
        guard let (hour, count) = Self.number(tokens, place), hour <= 24, place + count < tokens.count else {
            return nil
        }
        let next = tokens[place + count].text
        // 9.30 Uhr is half past nine.
        let minute = ((hour - hour.rounded(.down)) * 100).rounded()
        let whole = Int(hour.rounded(.down))
        let range = tokens[place].range
        guard minute < 60 else { return nil }
        switch next {
        case "am", "pm": note(Clock.minutes(whole, Int(minute), next == "pm"), range)
        case "uhr", "o'clock": note(Clock.minutes(whole, Int(minute), nil), range)
        case "a" where place + count + 1 < tokens.count && tokens[place + count + 1].text == "m",
            "p" where place + count + 1 < tokens.count && tokens[place + count + 1].text == "m":
            note(Clock.minutes(whole, Int(minute), next == "p"), range)
            return count + 2
        default: return nil
        }
        return count + 1
    }

    // MARK: - Quantities

    private static let joiners: Set = [
        "to", "and", "or", "-", "–", "−", ",", "bis", "und", "oder", "a", "et", "ou", "y", "o", "until",
    ]
    private static let fractions: [String: Double] = [
        "half": 0.5, "third": 1.0 / 3, "quarter": 0.25, "fifth": 0.2, "sixth": 1.0 / 6, "eighth": 0.125, "tenth": 0.1,
        "twelfth": 1.0 / 12,
    ]
    /// How often: weekly is once a week.
    private static let periods = [
        "hourly": "hour", "daily": "day", "weekly": "week", "monthly": "month", "quarterly": "quarter",
        "yearly": "year", "annually": "year",
    ]
    private static let articles: Set = ["a", "an", "each", "every", "per", "one"]
    /// Between a number and its unit.
    private static let between: Set = [
        "working", "calendar", "full", "more", "further", "paid", "unpaid", "complete", "whole", "consecutive", "other",
        "additional", "extra", "square",
    ]

    /// A number in figures or words.
    private static func number(_ tokens: [Token], _ place: Int) -> (Double, Int)? {
        guard place < tokens.count else { return nil }
        if tokens[place].kind == .number { return Numerals.readings(tokens[place].text).first.map { ($0, 1) } }
        return Numerals.spelled(tokens[place...]).map { ($0.value, $0.count) }
    }

    private mutating func readQuantity(_ tokens: [Token], _ place: Int) -> Int {
        var readings: [Double]
        var count = 1
        func text(_ index: Int) -> String { index < tokens.count ? tokens[index].text : "" }
        if tokens[place].kind == .number {
            readings = Numerals.readings(tokens[place].text)
            if let factor = Numerals.factor(text(place + 1)) {
                readings = readings.map { $0 * factor }
                count = 2
            }
        } else if text(place) == "half", ["a", "an"].contains(text(place + 1)), UnitNames.unit(text(place + 2)) != nil {
            (readings, count) = ([0.5], 2)
        } else if text(place) == "quarter", text(place + 1) == "of", ["a", "an"].contains(text(place + 2)),
            UnitNames.unit(text(place + 3)) != nil
        {
            (readings, count) = ([0.25], 3)
        } else if ["one", "a"].contains(text(place)), let part = Self.fractions[text(place + 1)] {
            (readings, count) = ([part], 2)
        } else if let period = Self.periods[text(place)], let unit = UnitNames.unit(period) {
            quantities.append(Quantity(readings: [1], unit: unit, range: tokens[place].range))
            return take(place, 1)
        } else if Self.articles.contains(text(place)), place + 1 < tokens.count, tokens[place + 1].kind == .word,
            let unit = UnitNames.unit(text(place + 1)), text(place + 1).count > 2
        {
            // "A week" is one week, wherever it bears out "one week"; only "one" has to be borne out itself.
            readings = [1]
            if text(place) != "one" {
                implied.append(Quantity(readings: [1], unit: unit, range: tokens[place].range))
                return 0
            }
        } else if let spelled = Numerals.spelled(tokens[place...]),
            text(place) != "one" || spelled.count > 1 || text(place + 1) == "and" && text(place + 3) == "half"
        {
            (readings, count) = ([spelled.value], spelled.count)
        } else {
            return 0
        }
        guard !readings.isEmpty else { return 0 }
        if text(place + count) == "and", ["a", "an"].contains(text(place + count + 1)),
            text(place + count + 2) == "half"
        {
            readings = readings.map { $0 + 0.5 }
            count += 3
        }
        if place > 0, ["-", "−"].contains(text(place - 1)),
            place == 1 || tokens[place - 2].range.upperBound < tokens[place - 1].range.lowerBound,
            tokens[place - 1].range.upperBound == tokens[place].range.lowerBound
        {
            readings = readings.map { -$0 }
        }
        var quantity = Quantity(
            readings: readings, range: tokens[place].range.lowerBound..<tokens[place + count - 1].range.upperBound)
        if place > 0, let unit = UnitNames.unit(text(place - 1)), Self.currencies.contains(unit.kind) {
            quantity.unit = unit
        } else {
            let (unit, length) = Self.unit(tokens, place + count)
            quantity.unit = unit
            count += length
        }
        quantity.bound = Bounds.before(tokens, place)
        quantity.isLabel = Stems.numbered(tokens, place) != nil || place == 0 && quantity.unit == nil
        quantities.append(quantity)
        return take(place, count)
    }

    /// What is borne out without being said in so many words.
    private(set) var implied: [Quantity] = []

    private static let currencies: Set = ["GBP", "EUR", "USD", "CHF", "JPY"]

    /// The unit that follows a number, and how many tokens it takes.
    private static func unit(_ tokens: [Token], _ place: Int) -> (UnitOfMeasure?, Int) {
        func text(_ index: Int) -> String { index < tokens.count ? tokens[index].text : "" }
        if ["per", "pour", "por"].contains(text(place)), ["cent", "ciento"].contains(text(place + 1)) {
            return (UnitNames.unit("%"), 2)
        }
        if text(place) == "°", let unit = UnitNames.unit("°c") { return (unit, text(place + 1) == "c" ? 2 : 1) }
        let first = between.contains(text(place)) ? place + 1 : place
        guard first < tokens.count, let unit = UnitNames.unit(text(first)) else { return (nil, 0) }
        // An article is no ampere.
        if text(first) == "a", !tokens[first].isCapital { return (nil, 0) }
        if unit.kind == "volume", ["per", "an"].contains(text(first + 1)), text(first + 2) == "hour" {
            return (UnitOfMeasure(kind: "flow", size: unit.size), first - place + 3)
        }
        return (unit, first - place + 1)
    }

    /// In "8 to 12 weeks" both are weeks.
    private mutating func shareUnits(_ tokens: [Token]) {
        for index in quantities.indices.reversed().dropFirst() where quantities[index].unit == nil {
            let next = quantities[index + 1]
            guard next.unit != nil, next.range.lowerBound >= quantities[index].range.upperBound else { continue }
            let between = tokens.filter {
                $0.range.lowerBound >= quantities[index].range.upperBound
                    && $0.range.upperBound <= next.range.lowerBound
                    && UnitNames.unit($0.text) == nil
            }
            if between.count == 1, Self.joiners.contains(between[0].text) { quantities[index].unit = next.unit }
        }
    }
}
