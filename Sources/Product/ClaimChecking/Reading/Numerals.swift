/// Numbers in figures and in words.
enum Numerals {
    static let ordinalEndings: Set = ["st", "nd", "rd", "th", "er", "e"]

    /// What figures may mean: 1.200 is twelve hundred or one and a fifth. Empty when they are no number.
    static func readings(_ figures: String) -> [Double] {
        let text = figures.filter { $0 != "'" && $0 != "\u{202F}" && $0 != "\u{2009}" }
        let marks = text.filter { $0 == "." || $0 == "," }
        guard let last = marks.last else { return Double(text).map { [$0] } ?? [] }
        let groups = text.split(omittingEmptySubsequences: false) { $0 == "." || $0 == "," }
        guard groups.allSatisfy({ !$0.isEmpty && $0.allSatisfy(\.isNumber) }) else { return [] }
        let whole = groups.joined()
        let isGrouped = (1...3).contains(groups[0].count) && groups.dropFirst().allSatisfy { $0.count == 3 }
        let fraction = groups.dropLast().joined() + "." + (groups.last ?? "")
        let kinds = Set(marks)
        if kinds.count == 2 {
            // The last mark is the decimal one, and there is one of it.
            guard marks.count(where: { $0 == last }) == 1 else { return [] }
            return Double(fraction).map { [$0] } ?? []
        }
        if marks.count > 1 { return isGrouped ? Double(whole).map { [$0] } ?? [] : [] }
        var readings = Double(fraction).map { [$0] } ?? []
        if isGrouped, groups[0] != "0", let value = Double(whole) { readings.append(value) }
        return readings
    }

    /// A number in words, from a place on.
    ///
    /// - Returns: The value, and how many words it takes.
    static func spelled(_ words: ArraySlice<Token>) -> (value: Double, count: Int)? {
        var total = 0.0
        var current: Double?
        var count = 0
        for (index, token) in words.enumerated() {
            guard token.kind == .word else { break }
            if let value = small[token.text] {
                // Twenty and five are one number, five and seven are two.
                if let before = current {
                    let joins = before.truncatingRemainder(dividingBy: 100) >= 20 && value < 10 || before >= 100
                    guard joins else { break }
                }
                current = (current ?? 0) + value
            } else if let factor = factors[token.text], current != nil || token.text != "dozen" || index == 0 {
                guard current != nil || factor != 1000 || total == 0 else { break }
                let scaled = (current ?? 1) * factor
                if factor >= 1000 {
                    total += scaled
                    current = 0
                } else {
                    current = scaled
                }
            } else if token.text == "and", let before = current, before >= 100,
                let next = words.dropFirst(index + 1).first, small[next.text] != nil
            {
                continue
            } else {
                break
            }
            count = index + 1
        }
        guard count > 0 else { return nil }
        return (total + (current ?? 0), count)
    }

    /// What multiplies a number in figures, as in 2.3 million.
    static func factor(_ word: String) -> Double? {
        switch word {
        case "hundred", "hundert": 100
        case "thousand", "tausend", "mille", "mil": 1000
        case "million", "millions", "millionen", "millones", "mio": 1_000_000
        case "billion", "billions", "milliarden", "milliard", "milliards", "mrd": 1_000_000_000
        default: nil
        }
    }

    private static let factors: [String: Double] = [
        "hundred": 100, "thousand": 1000, "million": 1_000_000, "dozen": 12, "hundert": 100, "tausend": 1000,
        "dutzend": 12,
        "mille": 1000, "mil": 1000, "douzaine": 12, "docena": 12,
    ]

    /// Articles that also mean one are left out: only "one" before a unit is a number, which the caller sees to.
    private static let small: [String: Double] = {
        let lists = [
            "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
                + "eighteen nineteen",
            "null - zwei drei vier funf sechs sieben acht neun zehn elf zwolf dreizehn vierzehn funfzehn sechzehn siebzehn "
                + "achtzehn neunzehn",
            "- - deux trois quatre cinq six sept huit neuf dix onze douze treize quatorze quinze seize",
            "cero - dos tres cuatro cinco seis siete ocho nueve diez - doce trece catorce quince",
        ]
        let tens = [
            "twenty thirty forty fifty sixty seventy eighty ninety",
            "zwanzig dreissig vierzig funfzig sechzig siebzig achtzig neunzig",
            "vingt trente quarante cinquante soixante - - -",
            "veinte treinta cuarenta cincuenta sesenta setenta ochenta noventa",
        ]
        var table: [String: Double] = [:]
        for list in lists {
            for (value, word) in list.split(separator: " ").enumerated() where word != "-" {
                table[String(word)] = Double(value)
            }
        }
        for list in tens {
            for (place, word) in list.split(separator: " ").enumerated() where word != "-" {
                table[String(word)] = Double(10 * (place + 2))
            }
        }
        return table
    }()
}
