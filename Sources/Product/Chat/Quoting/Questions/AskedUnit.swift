import TextSearch

/// What the amount that a question asks for is counted in, where the question says so: "How heavy is …?", "What does … cost?"
enum AskedUnit: Sendable, CaseIterable {
    case money, weight, length, temperature

    /// `nil` where any number can be the answer.
    init?(_ words: [AnswerWord]) {
        let plain = words.map(\.plain)
        // "How many days are paid?" asks for days.
        guard !plain.contains("many") else { return nil }
        if let unit = Self.allCases.first(where: { $0.asks(plain) }) {
            self = unit
        } else if let much = plain.firstIndex(of: "much"), much + 1 < plain.count,
            ["is", "are", "was", "were"].contains(plain[much + 1]), Self.measures.isDisjoint(with: plain)
        {
            // "How much is a ticket?"
            self = .money
        } else {
            return nil
        }
    }

    private func asks(_ words: [String]) -> Bool { !asking.isDisjoint(with: words) }

    /// What is measured in units of its own.
    private static let measures: Set = [
        "area", "volume", "capacity", "pressure", "speed", "voltage", "current", "power", "torque", "flow", "frequency",
        "size",
        "distance", "length", "depth", "mass", "notice", "time", "left", "limit", "maximum", "minimum",
    ]

    /// Words of questions; what is asked of a price is asked in money, however high or long the thing.
    private var asking: Set<String> {
        switch self {
        case .money:
            [
                "cost", "costs", "price", "prices", "priced", "fee", "fees", "expensive", "cheap", "salary", "wage",
                "wages",
                "rent", "deposit", "fine", "surcharge", "allowance", "kostet", "kosten", "preis", "teuer", "miete",
                "kaution",
                "gebuhr", "gehalt", "cout", "coute", "coutent", "prix", "cuesta", "cuestan", "precio", "costo", "costa",
                "prezzo", "preco", "kost", "prijs",
            ]
        case .weight: ["heavy", "weigh", "weighs", "weight", "schwer", "wiegt", "gewicht"]
        case .length: ["tall", "wide", "width", "height", "breit", "breite"]
        case .temperature: ["hot", "warm", "cold", "temperature", "heiss", "kalt", "temperatur"]
        }
    }

    /// Words of answers.
    private var units: Set<String> {
        switch self {
        case .money:
            [
                "euro", "euros", "eur", "dollar", "dollars", "usd", "pound", "pounds", "gbp", "pence", "penny", "cent",
                "cents",
                "chf", "franc", "francs", "franken", "yen", "jpy", "yuan", "rmb", "kr", "sek", "nok", "dkk", "krona",
                "kronor",
                "kroner", "rupee", "rupees", "inr", "zloty", "pln", "percent", "prozent", "million", "millions",
                "billion",
                "thousand", "mio", "free", "gratis", "kostenlos", "gratuit",
            ]
        case .weight:
            [
                "kg", "kilogram", "kilograms", "kilo", "kilos", "g", "gram", "grams", "mg", "t", "tonne", "tonnes",
                "ton",
                "tons", "tonnen", "lb", "lbs", "pound", "pounds", "oz", "ounce", "ounces", "stone", "pfund", "gramm",
            ]
        case .length:
            [
                "m", "metre", "metres", "meter", "meters", "cm", "centimetre", "centimetres", "centimeter",
                "centimeters", "mm",
                "millimetre", "millimetres", "millimeter", "millimeters", "km", "ft", "foot", "feet", "inch", "inches",
                "yard",
                "yards", "storeys", "stories",
            ]
        case .temperature: ["c", "f", "k", "celsius", "fahrenheit", "kelvin", "degree", "degrees", "grad"]
        }
    }

    /// How likely a piece tells an amount of it, 0 to 1.
    ///
    /// - Parameters:
    ///   - words: The piece's words.
    ///   - asked: Plain forms of the question's words.
    ///   - isRow: Whether it is a row of a table, where the unit stands in the header or is left to the reader.
    func fit(_ words: [AnswerWord], _ text: String, asked: Set<String>, isRow: Bool) -> Double {
        let units = units
        if words.contains(where: { units.contains($0.plain) }) || words.contains(where: { isWithUnit($0, units) }) {
            return 1
        }
        switch self {
        case .money:
            if text.unicodeScalars.contains(where: { $0.properties.generalCategory == .currencySymbol || $0 == "%" }) {
                return 1
            }
            // "The fee is 25", "fee: 1,180": a sum, though nobody says of what.
            let isSum = words.contains { $0.kind == .number && $0.plain.contains { ".,".contains($0) } }
            if isSum || words.contains(where: { asking.contains($0.plain) }) { return 0.8 }
        case .temperature where text.unicodeScalars.contains("°"): return 1
        case .weight, .length, .temperature: break
        }
        return isRow ? 0.8 : 0.1
    }

    /// "58kg".
    private func isWithUnit(_ word: AnswerWord, _ units: Set<String>) -> Bool {
        guard word.kind == .code else { return false }
        let unit = word.plain.drop { $0.isNumber || $0 == "." || $0 == "," }
        return unit.count < word.plain.count && units.contains(String(unit))
    }
}
