import CLateInteraction
import Digests

/// The embeddings of a text's tokens, for late interaction: a question and a passage are compared token by token, after each was
/// encoded by itself (Khattab and Zaharia 2020, ColBERT).
///
/// They are the encoder's last layer, projected to 64 dimensions, of unit length, as signed bytes of 1/127.
public struct TokenEmbeddings: Sendable, Equatable {
    /// Numbers of a token.
    public static let dimensions = 64
    /// Tokens of one text at most.
    public static let mostTokens = 512
    /// Tokens of a question that are compared: further ones change little, and cost as much as the first.
    private static let mostAsked = 128
    /// First byte of the stored form.
    private static let format: UInt8 = 2
    /// Product of a token with itself.
    private static let unit = Float(127 * 127)

    /// The stored form: a byte that names it, then each token's numbers.
    public let bytes: [UInt8]

    /// Tokens, the special ones at both ends included.
    public var count: Int { bytes.count / Self.dimensions }

    /// Reads the stored form; `nil` when it is none.
    public init?(bytes: [UInt8]) {
        guard bytes.first == Self.format, bytes.count % Self.dimensions == 1, bytes.count > 1,
            bytes.count <= 1 + Self.mostTokens * Self.dimensions
        else { return nil }
        self.bytes = bytes
    }

    /// Puts tokens together; `nil` when there are none or too many.
    ///
    /// - Parameter numbers: `dimensions` for each token.
    public init?(_ numbers: [Int8]) {
        self.init(bytes: [Self.format] + numbers.map { UInt8(bitPattern: $0) })
    }

    /// Reads the wire form; `nil` when it is none.
    public init?(base64: String) {
        guard let bytes = Base64.decode(base64) else { return nil }
        self.init(bytes: bytes)
    }

    /// The wire form.
    public var base64: String { Base64.encode(bytes) }

    /// MaxSim: the mean over a question's tokens of the largest cosine similarity with one of these, -1 to 1. The special
    /// tokens at the question's ends do not count.
    ///
    /// - Returns: `nil` when there is nothing to compare.
    public func similarity(to question: TokenEmbeddings) -> Float? {
        // Without a word of its own a text has its special tokens alone.
        count > 2 ? similarity(of: 0..<count, to: question) : nil
    }

    /// MaxSim with some of these tokens alone: those of a sentence, which the encoder saw within its text.
    ///
    /// - Parameter tokens: Places of tokens, of which the first of the text is 0, a special one.
    /// - Returns: `nil` when there is nothing to compare.
    public func similarity(of tokens: Range<Int>, to question: TokenEmbeddings) -> Float? {
        nearest(of: tokens, to: question).map { $0.reduce(0, +) / Float($0.count) }
    }

    /// For each token of a question, the largest cosine similarity with one of some of these, -1 to 1; its special tokens, and
    /// what is beyond the most that is compared, left out.
    ///
    /// - Parameter tokens: Places of tokens, of which the first of the text is 0, a special one.
    /// - Returns: `nil` when there is nothing to compare.
    public func nearest(of tokens: Range<Int>, to question: TokenEmbeddings) -> [Float]? {
        let asked = min(question.count - 2, Self.mostAsked)
        let compared = tokens.clamped(to: 0..<count)
        guard asked > 0, !compared.isEmpty else { return nil }
        let largest = [Int32](unsafeUninitializedCapacity: asked) { result, written in
            question.withNumbers(from: 1) { query in
                withNumbers(from: compared.lowerBound) { rows in
                    guard let query = query.baseAddress, let rows = rows.baseAddress, let result = result.baseAddress
                    else { return }
                    apus_largest_products(query, asked, rows, compared.count, Self.dimensions, result)
                }
            }
            written = asked
        }
        // Those of others need not be of unit length.
        return largest.map { max(-1, min(1, Float($0) / Self.unit)) }
    }

    /// Calls the body with the numbers of the tokens from one on.
    private func withNumbers(from token: Int, _ body: (UnsafeBufferPointer<Int8>) -> Void) {
        bytes.withUnsafeBytes { bytes in
            let numbers = UnsafeRawBufferPointer(rebasing: bytes.dropFirst(1 + token * Self.dimensions))
            body(numbers.bindMemory(to: Int8.self))
        }
    }
}
