/// Which words belong to which number, where a text has several.
enum Segments {
    /// For each quantity, the stems of the stretch around it: between two quantities the text is cut at the strongest sign
    /// or word that parts them; where there is none, both have the same stretch.
    static func stems(_ tokens: [Token], _ quantities: [Quantity]) -> [Set<String>] {
        quantities.map { quantity in
            // The numbers of its kind before and after it; others have no part in it.
            let rivals = quantities.filter { $0.isOfOneKind(as: quantity) }
            let before = rivals.last { $0.range.upperBound <= quantity.range.lowerBound }
            let after = rivals.first { $0.range.lowerBound >= quantity.range.upperBound }
            let low = before.flatMap { cut(tokens, $0, quantity) } ?? .min
            let high = after.flatMap { cut(tokens, quantity, $0) } ?? .max
            return Stems.stems(tokens.filter { $0.range.lowerBound >= low && $0.range.lowerBound < high })
        }
    }

    /// Where to part two quantities; `nil` for those of one list, such as "10, 20 and 30 years".
    private static func cut(_ tokens: [Token], _ before: Quantity, _ after: Quantity) -> Int? {
        let between = tokens.filter {
            $0.range.lowerBound >= before.range.upperBound && $0.range.upperBound <= after.range.lowerBound
        }
        guard !between.allSatisfy({ listing.contains($0.text) }) else { return nil }
        let strongest = between.map(strength).max() ?? 0
        return strongest > 0 ? between.first { strength($0) == strongest }?.range.lowerBound : nil
    }

    private static let listing: Set = [
        ",", "and", "or", "to", "-", "–", "£", "€", "$", "und", "oder", "bis", "et", "ou", "y", "o",
    ]

    private static func strength(_ token: Token) -> Int {
        switch token.text {
        case ";", ".", "；", "。": 3
        case ",", ":", "(", ")", "，": 2
        case "and", "or", "but", "while", "whereas", "und", "oder", "et", "ou", "y", "o": 1
        default: 0
        }
    }
}
