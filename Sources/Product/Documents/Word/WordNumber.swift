/// Numbers as lists, pages and notes count.
enum WordNumber {
    private static let roman = [
        (1000, "m"), (900, "cm"), (500, "d"), (400, "cd"), (100, "c"), (90, "xc"), (50, "l"), (40, "xl"), (10, "x"),
        (9, "ix"), (5, "v"), (4, "iv"), (1, "i"),
    ]
    private static let words = [
        "Zero", "One", "Two", "Three", "Four", "Five", "Six", "Seven", "Eight", "Nine", "Ten", "Eleven", "Twelve",
        "Thirteen", "Fourteen", "Fifteen", "Sixteen", "Seventeen", "Eighteen", "Nineteen", "Twenty",
    ]
    private static let ordinals = [
        "Zeroth", "First", "Second", "Third", "Fourth", "Fifth", "Sixth", "Seventh", "Eighth", "Ninth", "Tenth",
        "Eleventh", "Twelfth", "Thirteenth", "Fourteenth", "Fifteenth", "Sixteenth", "Seventeenth", "Eighteenth",
        "Nineteenth", "Twentieth",
    ]

    /// A number in a format by its name in Word, such as `lowerRoman`; in digits where there is no such format.
    static func text(_ number: Int, _ format: String) -> String {
        switch format {
        case "none": return ""
        case "decimalZero": return (0..<10).contains(number) ? "0\(number)" : String(number)
        case "lowerLetter": return letters(number, "a") ?? String(number)
        case "upperLetter": return letters(number, "A") ?? String(number)
        case "russianLower": return letters(number, "а", 32) ?? String(number)
        case "russianUpper": return letters(number, "А", 32) ?? String(number)
        case "lowerRoman": return romanNumber(number) ?? String(number)
        case "upperRoman": return romanNumber(number)?.uppercased() ?? String(number)
        case "ordinal": return String(number) + ordinalEnding(number)
        case "cardinalText": return words.indices.contains(number) ? words[number] : String(number)
        case "ordinalText": return ordinals.indices.contains(number) ? ordinals[number] : String(number)
        case "numberInDash": return "- \(number) -"
        case "decimalEnclosedCircle", "decimalEnclosedCircleChinese":
            return (1...20).contains(number)
                ? Unicode.Scalar(UInt32(0x245F + number)).map(String.init) ?? String(number) : String(number)
        default: return String(number)
        }
    }

    /// After the last letter they are doubled: y, z, aa, bb.
    private static func letters(_ number: Int, _ first: Unicode.Scalar, _ count: Int = 26) -> String? {
        guard (1...count * 30).contains(number),
            let letter = Unicode.Scalar(first.value + UInt32((number - 1) % count))
        else { return nil }
        return String(repeating: String(letter), count: (number - 1) / count + 1)
    }

    private static func romanNumber(_ number: Int) -> String? {
        guard (1...3999).contains(number) else { return nil }
        var rest = number
        var result = ""
        for (value, sign) in roman {
            while rest >= value {
                result += sign
                rest -= value
            }
        }
        return result
    }

    private static func ordinalEnding(_ number: Int) -> String {
        if (11...13).contains(number % 100) { return "th" }
        switch number % 10 {
        case 1: return "st"
        case 2: return "nd"
        case 3: return "rd"
        default: return "th"
        }
    }
}
