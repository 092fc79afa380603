/// How much of the evidence stands in the passages that were found, by characters without the spaces between words: span
/// recall as in Smith, Troynikov 2024, *Evaluating Chunking Strategies for Retrieval*. A passage may end within a piece of
/// evidence; what several of them have of it is added up.
struct EvidenceCoverage {
    /// Fewer characters at a passage's edge may agree by chance.
    private static let shortestEdge = 8

    /// The share of the evidence that stands in one of the texts.
    static func share(of evidence: [String], in texts: some Sequence<String>) -> Double {
        let texts = texts.map(Self.scalars)
        var (held, all) = (0, 0)
        for piece in evidence.map(Self.scalars) {
            all += piece.count
            held += covered(piece, by: texts)
        }
        return all == 0 ? 0 : Double(held) / Double(all)
    }

    private static func scalars(_ text: String) -> [Unicode.Scalar] {
        text.unicodeScalars.filter { !$0.properties.isWhitespace }
    }

    /// How many characters of a piece of evidence the texts have.
    private static func covered(_ piece: [Unicode.Scalar], by texts: [[Unicode.Scalar]]) -> Int {
        var isCovered = [Bool](repeating: false, count: piece.count)
        for text in texts {
            if text.firstRange(of: piece) != nil { return piece.count }
            let longest = min(piece.count, text.count)
            if text.count >= shortestEdge, let range = piece.firstRange(of: text) {
                for index in range { isCovered[index] = true }
            }
            guard longest >= shortestEdge else { continue }
            let edges = (shortestEdge...longest).reversed()
            if let count = edges.first(where: { text.suffix($0) == piece.prefix($0) }) {
                for index in 0..<count { isCovered[index] = true }
            }
            if let count = edges.first(where: { text.prefix($0) == piece.suffix($0) }) {
                for index in piece.count - count..<piece.count { isCovered[index] = true }
            }
        }
        return isCovered.count { $0 }
    }
}
