/// A decimal number as digits, so that rounding it makes no digits up.
struct DecimalText {
    var isNegative = false
    /// From the first one that counts; empty for zero.
    private(set) var digits: [UInt8] = []
    /// How many of them stand before the point; may be negative.
    private(set) var point = 0

    private static let mostDigits = 400

    /// The number that a text such as `-1.5E-3` gives; `nil` when it is none.
    init?(_ text: String) {
        var exponent = 0
        var mantissa = Substring(text)
        if let place = text.firstIndex(where: { $0 == "e" || $0 == "E" }) {
            guard let value = Int(text[text.index(after: place)...]), abs(value) < Self.mostDigits else { return nil }
            exponent = value
            mantissa = text[..<place]
        }
        if mantissa.first == "-" || mantissa.first == "+" { isNegative = mantissa.removeFirst() == "-" }
        var hasPoint = false
        var before = 0
        for byte in mantissa.utf8 {
            if byte == UInt8(ascii: "."), !hasPoint {
                hasPoint = true
            } else if (48...57).contains(byte) {
                digits.append(byte - 48)
                if !hasPoint { before += 1 }
            } else {
                return nil
            }
        }
        guard !digits.isEmpty, digits.count <= Self.mostDigits else { return nil }
        point = before + exponent
        trim()
        // What a spreadsheet counts with has so many digits.
        roundSignificant(15)
    }

    var isZero: Bool { digits.isEmpty }

    private mutating func trim() {
        let zeros = digits.prefix { $0 == 0 }.count
        digits.removeFirst(zeros)
        point -= zeros
        while digits.last == 0 { digits.removeLast() }
        if digits.isEmpty { point = 0 }
    }

    private mutating func roundSignificant(_ count: Int) { cut(count) }

    /// Rounds to places behind the point, halves away from zero.
    mutating func round(_ places: Int) { cut(point + places) }

    private mutating func cut(_ count: Int) {
        guard count < digits.count else { return }
        guard count >= 0 else {
            digits = []
            return trim()
        }
        let isUp = digits[count] >= 5
        digits.removeSubrange(count...)
        if isUp {
            var place = count - 1
            while place >= 0, digits[place] == 9 {
                digits[place] = 0
                place -= 1
            }
            if place >= 0 {
                digits[place] += 1
            } else {
                digits.insert(1, at: 0)
                point += 1
            }
        }
        trim()
    }

    /// Multiplies with a power of ten.
    mutating func shift(_ places: Int) { if !isZero { point += places } }

    /// The digits before the point, none for less than one.
    var whole: String { (0..<max(0, point)).map { digits.indices.contains($0) ? String(digits[$0]) : "0" }.joined() }

    /// The digits behind the point, none for a whole number.
    var fraction: String {
        guard digits.count > point else { return "" }
        return (min(point, 0)..<digits.count).filter { $0 >= point }.map { $0 < 0 ? "0" : String(digits[$0]) }.joined()
    }

    /// All digits, without groups.
    var plain: String {
        let fraction = fraction
        let whole = whole
        return (isNegative && !isZero ? "-" : "") + (whole.isEmpty ? "0" : whole)
            + (fraction.isEmpty ? "" : "." + fraction)
    }
}
