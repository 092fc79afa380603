/// What a text is found by: the terms of a passage with their weights, and those of a question.
///
/// A word counts as its stem, and as it is written beside it; an identifier as a whole and in its parts. Case, accents and
/// compatibility forms make no difference. Terms are 32-bit hashes, as sparse vectors index them.
public struct SearchTerms: Sendable {
    /// Terms, ascending, each once, and the weight of each.
    public private(set) var indices: [UInt32] = []
    public private(set) var values: [Float] = []

    /// BM25 (Robertson and Zaragoza, 2009, section 3.4) with the length of an average passage, so that a passage's weights do not
    /// depend on others.
    private static let (k1, b, averageLength): (Float, Float, Float) = (1.2, 0.75, 85)
    /// What the written form counts in a question, beside the stem's 1.
    private static let formWeight: Float = 0.3
    /// A passage has fewer; a body of a request never more.
    private static let maximumTerms = 4096

    /// The terms of a passage, weighted by how often they occur in how long a text.
    ///
    /// - Parameter languages: Languages that the text may be in.
    public init(passage text: String, languages: [Language]) {
        var counts: [UInt32: Float] = [:]
        var length: Float = 0
        Self.forEach(text, languages) { term, isForm in
            counts[term, default: 0] += 1
            if !isForm { length += 1 }
        }
        let share = Self.k1 * (1 - Self.b + Self.b * length / Self.averageLength)
        set(counts.mapValues { $0 * (Self.k1 + 1) / ($0 + share) })
    }

    /// The terms of a question.
    public init(question text: String, languages: [Language]? = nil) {
        var weights: [UInt32: Float] = [:]
        Self.forEach(text, languages ?? Language.guess(text)) { term, isForm in
            weights[term] = max(weights[term] ?? 0, isForm ? Self.formWeight : 1)
        }
        set(weights)
    }

    private mutating func set(_ weights: [UInt32: Float]) {
        let sorted = weights.sorted { $0.key < $1.key }.prefix(Self.maximumTerms)
        indices = sorted.map(\.key)
        values = sorted.map(\.value)
    }

    /// Visits the terms of a text, stems as well as written forms that differ from them.
    private static func forEach(_ text: String, _ languages: [Language], _ visit: (UInt32, _ isForm: Bool) -> Void) {
        let stemmers = languages.map(Stemmer.init)
        WordSplitter.forEach(PlainForm.of(text)) { token in
            switch token {
            case .identifier(let text), .pair(let text): visit(hash(Folding.of(text)), false)
            case .word(let word):
                guard !StopWords.contains(word, in: languages) else { return }
                let form = hash(Folding.of(word))
                var stems: Set<UInt32> = []
                for stemmer in stemmers { stems.insert(hash(Folding.of(stemmer.stem(word)))) }
                if stems.isEmpty { stems.insert(form) }
                for stem in stems { visit(stem, false) }
                if !stems.contains(form) { visit(form, true) }
            }
        }
    }

    /// FNV-1a (Fowler, Noll and Vo), folded to 32 bits.
    private static func hash(_ term: String) -> UInt32 {
        var value: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in term.utf8 { value = (value ^ UInt64(byte)) &* 0x100_0000_01b3 }
        return UInt32(truncatingIfNeeded: value ^ (value >> 32))
    }
}
