/// A word, a number, a code or a sign of a text, and where it stands.
struct Token: Sendable, Equatable {
    enum Kind: Sendable {
        case word, number, sign
        /// Letters and digits that name a thing: an order code, an address, a telephone number.
        case code
        /// A date or a time in figures.
        case date, time
    }

    let kind: Kind
    /// In lower case, without a possessive ending.
    let text: String
    var isCapital = false
    /// Capitals throughout, and more than one.
    var isAcronym = false
    /// Place in the text, in scalars.
    let range: Range<Int>
}
