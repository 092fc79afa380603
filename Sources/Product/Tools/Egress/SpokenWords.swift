import TextSearch

/// The words of the user's messages, as the only ones that may go to a search engine beside documents.
struct SpokenWords: Sendable {
    /// In lower case, in the order in which they were said first.
    private let words: [String]
    private let places: [String: Int]
    /// Places of words by their first letters, for those that differ in their ending only.
    private let families: [String: [Int]]

    private static let stemLength = 4
    private static let longestEnding = 3
    /// A longer row is several words: strings are compared in a form that takes long for very many marks on one letter.
    private static let longestWord = 64

    init(_ texts: [String]) {
        var words: [String] = []
        var places: [String: Int] = [:]
        var families: [String: [Int]] = [:]
        for word in texts.lazy.flatMap({ Self.words(of: $0) }) where places[word] == nil {
            places[word] = words.count
            families[Self.stem(word), default: []].append(words.count)
            words.append(word)
        }
        self.words = words
        self.places = places
        self.families = families
    }

    /// Whether the user has said the word, in just this form.
    func contains(_ word: String) -> Bool { places[word] != nil }

    /// What of a query the user has said: the user's own words, each once, in the user's order. Neither spelling nor
    /// order nor repetition carries anything of the query's author.
    func said(of query: String) -> [String] {
        let found = Set(Self.words(of: query).compactMap { place(of: $0) })
        return found.sorted().map { words[$0] }
    }

    private func place(of word: String) -> Int? {
        if let place = places[word] { return place }
        if word.unicodeScalars.contains(where: Self.isUnspaced) { return words.firstIndex { $0.contains(word) } }
        let letters = Array(word.unicodeScalars)
        return families[Self.stem(word)]?.first { place in
            let other = words[place].unicodeScalars
            let common = zip(letters, other).prefix { $0 == $1 }.count
            return common >= Self.stemLength && common + Self.longestEnding >= max(letters.count, other.count)
        }
    }

    private static func stem(_ word: String) -> String { String(word.unicodeScalars.prefix(stemLength)) }

    /// Scripts that set no blanks between words: Thai and its neighbours, kana, ideographs.
    private static func isUnspaced(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x0E00...0x0EFF, 0x1000...0x109F, 0x1780...0x17FF, 0x3040...0x30FF, 0x3400...0x9FFF, 0x20000...0x3FFFF:
            true
        default: false
        }
    }

    /// Letters, digits and marks in a row, in lower case.
    static func words(of text: String) -> [String] {
        var words: [String] = []
        var word = String.UnicodeScalarView()
        var length = 0
        for scalar in text.unicodeScalars {
            let isPart = isOfWord(scalar)
            if isPart {
                word.append(contentsOf: scalar.properties.lowercaseMapping.unicodeScalars)
                length += 1
            }
            if length == longestWord || !isPart && length > 0 {
                words.append(String(word))
                word = String.UnicodeScalarView()
                length = 0
            }
        }
        if length > 0 { words.append(String(word)) }
        return words
    }

    private static func isOfWord(_ scalar: Unicode.Scalar) -> Bool {
        if scalar.isASCII {
            return ("a"..."z").contains(scalar) || ("A"..."Z").contains(scalar) || ("0"..."9").contains(scalar)
        }
        switch scalar.properties.generalCategory {
        case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter, .nonspacingMark,
            .spacingMark, .decimalNumber, .letterNumber, .otherNumber:
            return true
        default: return false
        }
    }
}
