/// Digits, upper-case and lower-case letters: texts that no format has to quote, and that a double click selects whole.
public enum Base62 {
    private static let alphabet = Array("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz".utf8)

    /// So many characters of the system's generator, each of 5.95 bits.
    public static func random(_ count: Int) -> String {
        var generator = SystemRandomNumberGenerator()
        return String(
            decoding: (0..<count).map { _ in alphabet[Int.random(in: 0..<62, using: &generator)] }, as: UTF8.self)
    }

    /// A number in so many digits, the highest first; what does not fit is cut off.
    public static func encode(_ number: UInt32, count: Int) -> String {
        var rest = Int(number)
        var digits: [UInt8] = []
        for _ in 0..<count {
            digits.append(alphabet[rest % 62])
            rest /= 62
        }
        return String(decoding: digits.reversed(), as: UTF8.self)
    }

    /// Whether a text has no other characters.
    public static func isValid(_ text: some StringProtocol) -> Bool {
        text.utf8.allSatisfy { (48...57).contains($0) || (65...90).contains($0) || (97...122).contains($0) }
    }
}
