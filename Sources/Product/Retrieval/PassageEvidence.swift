import ChromaClient
import LateInteraction
import TextAnalysis
import WordPieces

/// What is known of the passages that were found beside their text: their tokens, which tell how near each sentence is to the
/// question, and how their documents begin.
public struct PassageEvidence: Sendable {
    /// Tokens that the encoder reads of a text.
    private static let window = 256

    private let question: TokenEmbeddings?
    /// By the record's id.
    private let tokens: [String: TokenEmbeddings]
    /// The first passage of each document.
    private let openings: [String: String]

    /// Evidence of nothing, where the index cannot be asked.
    public static let none = PassageEvidence(question: nil, tokens: [:], openings: [:])

    init(question: TokenEmbeddings?, tokens: [String: TokenEmbeddings], openings: [String: String]) {
        self.question = question
        self.tokens = tokens
        self.openings = openings
    }

    /// What a document begins with: its title, its parties, its author.
    public func opening(of documentId: String) -> String? { openings[documentId] }

    /// How near pieces of a passage are to the question: a sentence's tokens as the encoder saw them within the passage.
    ///
    /// - Parameter pieces: Places among the passage's scalars, in order, apart from each other.
    /// - Returns: For each piece, `nil` where there is nothing to compare.
    public func nearness(of pieces: [Range<Int>], in passage: FoundPassage) -> [TokenNearness?] {
        let nothing = [TokenNearness?](repeating: nil, count: pieces.count)
        guard let question, let id = passage.recordId, let tokens = tokens[id] else { return nothing }
        guard let places = Self.places(of: pieces, in: passage, count: tokens.count) else { return nothing }
        return places.map { tokens.nearest(of: $0, to: question).map(TokenNearness.init) }
    }

    /// Which tokens of the question are those of its words.
    ///
    /// - Parameters:
    ///   - words: Places among the question's scalars.
    ///   - text: The question.
    /// - Returns: For each word, `nil` where that cannot be told.
    public func tokens(of words: [Range<Int>], in text: String) -> [Range<Int>?] {
        let tokenizer = WordPieceTokenizer.shared
        let scalars = Array(text.unicodeScalars)
        // Another text was embedded, or one that was cut.
        guard let question, tokenizer.count(PlainForm.of(text)) + 2 == question.count else {
            return words.map { _ in nil }
        }
        func count(_ range: Range<Int>) -> Int {
            tokenizer.count(PlainForm.of(String(String.UnicodeScalarView(scalars[range]))))
        }
        return words.map { word in
            guard word.upperBound <= scalars.count else { return nil }
            let (first, own) = (count(0..<word.lowerBound), count(word))
            // A word that is cut off in the middle of a token.
            guard own > 0, first + own + count(word.upperBound..<scalars.count) + 2 == question.count else {
                return nil
            }
            return first..<first + own
        }
    }

    /// Which tokens of an embedded passage are those of its pieces; `nil` when it was embedded as another text.
    static func places(of pieces: [Range<Int>], in passage: FoundPassage, count: Int) -> [Range<Int>]? {
        let scalars = Array(passage.text.unicodeScalars)
        let tokenizer = WordPieceTokenizer.shared
        func tokens(_ range: Range<Int>) -> Int {
            tokenizer.count(PlainForm.of(String(String.UnicodeScalarView(scalars[range]))))
        }
        // Behind the special one that begins every text.
        var next = 1 + tokenizer.count(PlainForm.of(PassageEntry.context(of: passage)))
        var end = 0
        var places: [Range<Int>] = []
        for piece in pieces {
            guard piece.lowerBound >= end, piece.upperBound <= scalars.count else { return nil }
            next += tokens(end..<piece.lowerBound)
            let first = next
            next += tokens(piece)
            places.append(first..<next)
            end = piece.upperBound
        }
        next += tokens(end..<scalars.count)
        // With the special one that ends it; what is longer than the encoder's window was cut.
        guard next + 1 == count || (next + 1 > count && count == window) else { return nil }
        return places.map { $0.clamped(to: 0..<count - 1) }
    }
}

extension PassageRetriever {
    /// What the index knows of passages that it has found; nothing where it cannot be asked, since an answer can do without.
    public func evidence(for found: Result) async -> PassageEvidence {
        let own = found.passages.compactMap(\.recordId)
        let openings = Set(found.passages.filter { $0.recordId != nil }.map(\.documentId)).map { ($0, "\($0):0") }
        let wanted = Set(own).union(openings.map(\.1))
        guard let records = try? await vectors.records(ids: wanted.sorted()) else { return .none }
        let byId = Dictionary(records.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
        return PassageEvidence(
            question: found.questionTokens,
            tokens: byId.compactMapValues(\.tokens),
            openings: Dictionary(
                uniqueKeysWithValues: openings.compactMap { pair in byId[pair.1].map { (pair.0, $0.document) } }))
    }
}
