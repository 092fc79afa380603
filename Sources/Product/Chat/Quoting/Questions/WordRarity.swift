import WordPieces

/// How much a word says, by how rare it is in general: the vocabulary of the embedding model is ordered by frequency.
enum WordRarity {
    /// From 0.5 for the commonest words to 1.2 for those that the vocabulary does not have as a whole.
    static func weight(_ plain: String) -> Double {
        let pieces = WordPieceTokenizer.shared.encode(plain, limit: 4).dropFirst().dropLast()
        guard pieces.count == 1, let rank = pieces.first else { return 1.2 }
        return switch rank {
        case ..<2500: 0.5
        case ..<3500: 0.7
        case ..<6000: 0.9
        case ..<12000: 1
        default: 1.1
        }
    }
}
