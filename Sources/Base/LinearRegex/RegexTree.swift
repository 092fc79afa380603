/// A parsed pattern.
indirect enum RegexTree: Sendable {
    /// Matches everywhere; never in a sequence or a repetition, so that whatever is repeated makes an instruction.
    case empty
    /// One scalar of the pattern's set with that number.
    case scalars(Int)
    case assertion(Assertion)
    case sequence([RegexTree])
    case alternatives([RegexTree])
    /// `most` is `nil` for no limit. Greediness is not kept: it does not change whether a text matches.
    case repetition(RegexTree, least: Int, most: Int?)

    var isEmpty: Bool { if case .empty = self { true } else { false } }

    /// A condition on the place between two scalars.
    enum Assertion: Sendable {
        case textStart, textEnd, lineStart, lineEnd, wordBoundary, notWordBoundary
        case wordStart, wordEnd, wordStartHalf, wordEndHalf

        func holds(before: Unicode.Scalar?, after: Unicode.Scalar?) -> Bool {
            switch self {
            case .textStart: before == nil
            case .textEnd: after == nil
            case .lineStart: before == nil || before == "\n"
            case .lineEnd: after == nil || after == "\n"
            case .wordBoundary: Self.isWord(before) != Self.isWord(after)
            case .notWordBoundary: Self.isWord(before) == Self.isWord(after)
            case .wordStart: !Self.isWord(before) && Self.isWord(after)
            case .wordEnd: Self.isWord(before) && !Self.isWord(after)
            case .wordStartHalf: !Self.isWord(before)
            case .wordEndHalf: !Self.isWord(after)
            }
        }

        private static func isWord(_ scalar: Unicode.Scalar?) -> Bool { scalar.map(ScalarSet.isWord) ?? false }
    }
}
