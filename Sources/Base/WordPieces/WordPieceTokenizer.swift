import CVocabulary
@_spi(_Unicode) import Swift

/// Splits text into the word pieces of all-MiniLM-L6-v2, as BERT's uncased tokenizer does
/// (Devlin et al. 2018; WordPiece: Wu et al. 2016, section 4.1).
public struct WordPieceTokenizer: Sendable {
    /// Ids of the special pieces.
    public static let classification: Int32 = 101
    public static let separator: Int32 = 102
    static let unknown: Int32 = 100

    /// The tokenizer over the embedded vocabulary; made on first use, shared by all.
    public static let shared = WordPieceTokenizer()

    private let ids: [String: Int32]

    init() {
        let bytes = UnsafeRawBufferPointer(start: apus_vocabulary, count: apus_vocabulary_size)
        var ids: [String: Int32] = [:]
        ids.reserveCapacity(31_000)
        var next: Int32 = 0
        for line in bytes.split(separator: 10, omittingEmptySubsequences: false) {
            let piece = String(decoding: UnsafeRawBufferPointer(rebasing: line), as: UTF8.self)
            if !piece.isEmpty { ids[piece] = next }
            next += 1
        }
        self.ids = ids
    }

    /// The ids of a text between the special pieces, cut to `limit` ids in all.
    public func encode(_ text: String, limit: Int = 256) -> [Int32] {
        var result = [Self.classification]
        forEachPart(text) { part, special in
            if let special { result.append(special) }
            forEachWord(part) { word in
                append(word, to: &result)
                return result.count < limit
            }
            return result.count < limit
        }
        if result.count > limit - 1 { result.removeLast(result.count - (limit - 1)) }
        result.append(Self.separator)
        return result
    }

    /// The number of pieces in the text, without the special ones.
    public func count(_ text: some StringProtocol) -> Int {
        var result: [Int32] = []
        forEachPart(String(text)) { part, special in
            if let special { result.append(special) }
            forEachWord(part) { word in
                append(word, to: &result)
                return true
            }
            return true
        }
        return result.count
    }

    private static let specials: [(text: String, id: Int32)] = [
        ("[PAD]", 0), ("[UNK]", unknown), ("[CLS]", classification), ("[SEP]", separator), ("[MASK]", 103),
    ]

    /// Visits the stretches between literal special pieces, each with the special piece before it. The model's
    /// own tokenizer takes such literals for the pieces themselves, so we do too.
    private func forEachPart(_ text: String, _ visit: (Substring, Int32?) -> Bool) {
        var rest = text[...]
        var before: Int32?
        var searchStart = rest.startIndex
        while let bracket = rest.utf8[searchStart...].firstIndex(of: UInt8(ascii: "[")) {
            guard let special = Self.specials.first(where: { rest.utf8[bracket...].starts(with: $0.text.utf8) }) else {
                searchStart = rest.utf8.index(after: bracket)
                continue
            }
            guard visit(rest[..<bracket], before) else { return }
            before = special.id
            rest = rest[rest.utf8.index(bracket, offsetBy: special.text.utf8.count)...]
            searchStart = rest.startIndex
        }
        _ = visit(rest, before)
    }

    private func append(_ word: [Unicode.Scalar], to result: inout [Int32]) {
        // BERT's bound: longer words are unknown as a whole.
        guard word.count <= 100 else { return result.append(Self.unknown) }
        let first = result.count
        var start = 0
        while start < word.count {
            var end = word.count
            var found: Int32?
            while end > start {
                var piece = start > 0 ? "##" : ""
                piece.unicodeScalars.append(contentsOf: word[start..<end])
                if let id = ids[piece] {
                    found = id
                    break
                }
                end -= 1
            }
            guard let found else {
                result.removeLast(result.count - first)
                return result.append(Self.unknown)
            }
            result.append(found)
            start = end
        }
    }

    /// Visits the words: cleaned, lower-cased, without accents, split at spaces and around punctuation and CJK.
    private func forEachWord(_ text: Substring, _ visit: ([Unicode.Scalar]) -> Bool) {
        var word: [Unicode.Scalar] = []
        func flush() -> Bool {
            guard !word.isEmpty else { return true }
            defer { word.removeAll(keepingCapacity: true) }
            return visit(word)
        }
        for scalar in text.unicodeScalars {
            if scalar.isASCII {
                switch scalar.value {
                case 9, 10, 13, 32: guard flush() else { return }
                case 0..<32, 127: continue
                case 48...57, 97...122: word.append(scalar)
                case 65...90: word.append(Unicode.Scalar(UInt8(scalar.value) | 0x20))
                default: guard flush(), visit([scalar]) else { return }
                }
                continue
            }
            if scalar.properties.isWhitespace {
                guard flush() else { return }
                continue
            }
            for part in Self.normalised(scalar) {
                if Self.standsAlone(part) {
                    guard flush(), visit([part]) else { return }
                } else {
                    word.append(part)
                }
            }
        }
        _ = flush()
    }

    private static func normalised(_ scalar: Unicode.Scalar) -> [Unicode.Scalar] {
        if scalar.value == 0xFFFD { return [] }
        switch scalar.properties.generalCategory {
        case .control, .format, .privateUse, .surrogate, .unassigned: return []
        default: break
        }
        var result: [Unicode.Scalar] = []
        for part in String(Character(scalar))._nfd where part.properties.generalCategory != .nonspacingMark {
            result += part.properties.lowercaseMapping.unicodeScalars
        }
        return result
    }

    private static func standsAlone(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .connectorPunctuation, .dashPunctuation, .openPunctuation, .closePunctuation, .initialPunctuation,
            .finalPunctuation, .otherPunctuation:
            return true
        default: break
        }
        switch scalar.value {
        case 0x4E00...0x9FFF, 0x3400...0x4DBF, 0x20000...0x2A6DF, 0x2A700...0x2B73F, 0x2B740...0x2B81F,
            0x2B820...0x2CEAF, 0xF900...0xFAFF, 0x2F800...0x2FA1F:
            return true
        default: return false
        }
    }
}
