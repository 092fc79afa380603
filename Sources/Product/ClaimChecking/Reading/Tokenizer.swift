/// Takes a text apart into words, numbers, codes and signs.
struct Tokenizer {
    private let scalars: [Unicode.Scalar]
    private var tokens: [Token] = []

    /// The tokens of a stretch of a text, in order.
    static func tokens(_ scalars: [Unicode.Scalar], in range: Range<Int>) -> [Token] {
        var tokenizer = Tokenizer(scalars: scalars)
        tokenizer.read(range)
        return tokenizer.tokens
    }

    private init(scalars: [Unicode.Scalar]) { self.scalars = scalars }

    private mutating func read(_ range: Range<Int>) {
        var place = range.lowerBound
        while place < range.upperBound {
            let scalar = scalars[place]
            if Characters.isWord(scalar) {
                if Characters.isIdeographic(scalar) {
                    tokens.append(Token(kind: .word, text: String(scalar), range: place..<place + 1))
                    place += 1
                    continue
                }
                let end = chunkEnd(place, range.upperBound)
                take(place..<end)
                place = end
            } else if scalar == "+", let end = telephoneEnd(place, range.upperBound) {
                let digits = String.UnicodeScalarView(scalars[place..<end].filter(Characters.isDigit))
                tokens.append(Token(kind: .code, text: "+" + String(digits), range: place..<end))
                place = end
            } else {
                if Characters.isSign(scalar) {
                    tokens.append(Token(kind: .sign, text: String(scalar), range: place..<place + 1))
                }
                place += 1
            }
        }
    }

    /// The end of letters and digits with what joins them.
    private func chunkEnd(_ start: Int, _ limit: Int) -> Int {
        var place = start + 1
        while place < limit {
            let scalar = scalars[place]
            if Characters.isWord(scalar), !Characters.isIdeographic(scalar) {
                place += 1
                continue
            }
            guard place + 1 < limit, Characters.isWord(scalars[place + 1]) else { break }
            let isBetweenDigits = Characters.isDigit(scalars[place - 1]) && Characters.isDigit(scalars[place + 1])
            switch scalar {
            case ",", ":", "\u{202F}", "\u{2009}": guard isBetweenDigits else { return place }
            case ".", "-", "\u{2010}", "\u{2011}", "/", "_", "@", "'", "’", "·": break
            default: return place
            }
            place += 1
        }
        return place
    }

    /// The end of a telephone number: groups of digits, one space or hyphen between them.
    private func telephoneEnd(_ start: Int, _ limit: Int) -> Int? {
        var place = start + 1
        var digits = 0
        while place < limit {
            if Characters.isDigit(scalars[place]) {
                digits += 1
            } else {
                let isGap = scalars[place] == " " || scalars[place] == "-" || scalars[place] == "\u{A0}"
                guard isGap, place + 1 < limit, Characters.isDigit(scalars[place + 1]) else { break }
            }
            place += 1
        }
        return digits >= 7 ? place : nil
    }

    // MARK: - What a chunk is

    private mutating func take(_ range: Range<Int>) {
        let written = scalars[range]
        let hasDigit = written.contains { Characters.isDigit($0) }
        guard hasDigit else { return takeLetters(range) }
        var text = Characters.folded(written)
        if text.hasSuffix("'s") { text.removeLast(2) }
        if !written.contains(where: { $0.properties.isAlphabetic }) { return takeDigits(text, range) }
        takeMixed(text, range)
    }

    private mutating func takeLetters(_ range: Range<Int>) {
        let written = scalars[range]
        let text = Characters.folded(written)
        let letters = written.filter { $0.properties.isAlphabetic }
        let isUpper = letters.allSatisfy { $0.properties.isUppercase }
        if text.contains("@") || isUpper && letters.count > 3 && text.contains("-") || UnitNames.isJoined(text) {
            let isUnit = UnitNames.isJoined(text)
            return tokens.append(Token(kind: isUnit ? .word : .code, text: text, range: range))
        }
        var start = range.lowerBound
        for place in range.lowerBound...range.upperBound {
            let isEnd = place == range.upperBound || Characters.isDivider(scalars[place])
            guard isEnd else { continue }
            if start < place { takeWord(start..<place) }
            start = place + 1
        }
    }

    private mutating func takeWord(_ range: Range<Int>) {
        let written = scalars[range]
        var text = Characters.folded(written)
        for ending in ["'s", "'"] where text.hasSuffix(ending) { text.removeLast(ending.count) }
        guard !text.isEmpty else { return }
        let isUpper = written.allSatisfy { $0.properties.isUppercase }
        tokens.append(
            Token(
                kind: .word, text: text, isCapital: written.first?.properties.isUppercase ?? false,
                isAcronym: isUpper && written.count > 1, range: range))
    }

    private mutating func takeDigits(_ text: String, _ range: Range<Int>) {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        if text.contains(":") {
            let isTime = Clock.minutes(text) != nil
            tokens.append(Token(kind: isTime ? .time : .code, text: text, range: range))
        } else if CalendarDate(figures: text) != nil {
            tokens.append(Token(kind: .date, text: text, range: range))
        } else if parts.count == 2,
            parts.allSatisfy({ (1...4).contains($0.count) && ($0.first != "0" || $0.count == 1) })
        {
            // 8-12: from one to the other.
            let middle = range.lowerBound + parts[0].unicodeScalars.count
            tokens.append(Token(kind: .number, text: String(parts[0]), range: range.lowerBound..<middle))
            tokens.append(Token(kind: .sign, text: "–", range: middle..<middle + 1))
            tokens.append(Token(kind: .number, text: String(parts[1]), range: middle + 1..<range.upperBound))
        } else {
            let isNumber = !Numerals.readings(text).isEmpty
            tokens.append(Token(kind: isNumber ? .number : .code, text: text, range: range))
        }
    }

    private mutating func takeMixed(_ text: String, _ range: Range<Int>) {
        let head = text.prefix { $0.isNumber || $0 == "." || $0 == "," }
        let rest = text.dropFirst(head.count).drop { $0 == "-" }
        let isLower = !scalars[range].contains { $0.properties.isUppercase }
        let number = String(head)
        guard !head.isEmpty, !Numerals.readings(number).isEmpty else {
            return tokens.append(Token(kind: .code, text: text, range: range))
        }
        if Numerals.ordinalEndings.contains(String(rest)) {
            tokens.append(Token(kind: .number, text: number, range: range))
        } else if Clock.minutes(text) != nil {
            tokens.append(Token(kind: .time, text: text, range: range))
        } else if UnitNames.unit(String(rest)) != nil || isLower && rest.count > 2 && rest.allSatisfy(\.isLetter) {
            // 85 l without the space, a 24-month warranty.
            let middle = range.upperBound - rest.unicodeScalars.count
            let end = range.lowerBound + number.unicodeScalars.count
            tokens.append(Token(kind: .number, text: number, range: range.lowerBound..<end))
            tokens.append(Token(kind: .word, text: String(rest), range: middle..<range.upperBound))
        } else {
            tokens.append(Token(kind: .code, text: text, range: range))
        }
    }
}
