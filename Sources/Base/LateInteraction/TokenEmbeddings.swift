import CLateInteraction

/// The embeddings of a text's tokens, for late interaction: a question and a passage are compared token by token, after each was
/// encoded by itself (Khattab and Zaharia 2020, ColBERT).
///
/// They are the encoder's last layer, projected to 64 dimensions, of unit length, as signed bytes of 1/127: 65 bytes a token.
public struct TokenEmbeddings: Sendable, Equatable {
    /// Numbers of a token.
    public static let dimensions = 64
    /// Tokens of one text at most.
    public static let mostTokens = 512
    /// Tokens of a question that are compared.
    private static let mostAsked = 128
    /// First byte of the stored form.
    private static let format: UInt8 = 1
    private static let stride = dimensions + 1
    /// Product of a token with itself.
    private static let unit = Float(127 * 127)

    /// The stored form: a byte that names it; for each token the number of words that it is after the one before, and its
    /// numbers.
    public let bytes: [UInt8]

    /// Tokens, the special ones at both ends included.
    public var count: Int { bytes.count / Self.stride }

    /// Reads the stored form; `nil` when it is none.
    public init?(bytes: [UInt8]) {
        guard bytes.first == Self.format, bytes.count % Self.stride == 1, bytes.count > 1,
            bytes.count <= 1 + Self.mostTokens * Self.stride
        else { return nil }
        self.bytes = bytes
    }

    /// Puts tokens together.
    ///
    /// - Parameters:
    ///   - numbers: `dimensions` for each token.
    ///   - words: For each token the number of its word among the text's, which white space separates, from 1; the special token
    ///     in front has 0, the one at the end one more than the last word.
    public init?(_ numbers: [Int8], words: [Int]) {
        guard !words.isEmpty, words.count <= Self.mostTokens, numbers.count == words.count * Self.dimensions else {
            return nil
        }
        var bytes = [Self.format]
        bytes.reserveCapacity(1 + words.count * Self.stride)
        var last = 0
        for (token, word) in words.enumerated() {
            bytes.append(UInt8(clamping: word - last))
            last = word
            let start = token * Self.dimensions
            for number in numbers[start..<start + Self.dimensions] { bytes.append(UInt8(bitPattern: number)) }
        }
        self.bytes = bytes
    }

    /// Where the tokens of words are: the first token of each word, counted from 1 as in `init`, then the number of tokens. A
    /// word without tokens begins where the next does.
    public var wordStarts: [Int] {
        var starts = [0]
        for token in 0..<count {
            starts += repeatElement(token, count: Int(bytes[1 + token * Self.stride]))
        }
        return starts + [count]
    }

    /// MaxSim: the mean over a question's tokens of the largest cosine similarity with one of these, -1 to 1. The special
    /// tokens at the question's ends do not count.
    ///
    /// - Parameter ranges: Which of these; all when `nil`.
    /// - Returns: `nil` when there is nothing to compare.
    public func similarity(to question: TokenEmbeddings, tokens ranges: [Range<Int>]? = nil) -> Float? {
        // Further tokens of a long question change little, and cost as much as the first.
        let asked = min(question.count - 2, Self.mostAsked)
        // Without a word of its own a text has its special tokens alone.
        guard asked > 0, count > 2 else { return nil }
        let query = question.plain(1..<asked + 1)
        var largest: [Int32]?
        for range in ranges ?? [0..<count] {
            let range = range.clamped(to: 0..<count)
            guard !range.isEmpty else { continue }
            let products = largestProducts(query, asked, range)
            largest = largest.map { zip($0, products).map { max($0, $1) } } ?? products
        }
        // Those of others need not be of unit length.
        return largest.map { max(-1, min(1, $0.reduce(0) { $0 + Float($1) } / (Self.unit * Float(asked)))) }
    }

    private func largestProducts(_ query: [Int8], _ asked: Int, _ range: Range<Int>) -> [Int32] {
        [Int32](unsafeUninitializedCapacity: asked) { result, count in
            query.withUnsafeBufferPointer { query in
                bytes.withUnsafeBytes { bytes in
                    let rows = bytes.dropFirst(2 + range.lowerBound * Self.stride)
                    guard let query = query.baseAddress, let result = result.baseAddress,
                        let row = UnsafeRawBufferPointer(rebasing: rows).bindMemory(to: Int8.self).baseAddress
                    else { return }
                    apus_largest_products(query, asked, row, range.count, Self.stride, Self.dimensions, result)
                }
            }
            count = asked
        }
    }

    /// The numbers of tokens, without what stands between them.
    private func plain(_ tokens: Range<Int>) -> [Int8] {
        tokens.flatMap { token in
            let start = 2 + token * Self.stride
            return bytes[start..<start + Self.dimensions].map { Int8(bitPattern: $0) }
        }
    }
}
