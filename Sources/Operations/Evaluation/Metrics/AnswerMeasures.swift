/// How well an answer's words agree with those that are known to be right; of several right answers the nearest counts.
///
/// Exact match and F1 are those of SQuAD (Rajpurkar et al. 2016, the official `evaluate-v1.1.py`): lower case, without
/// punctuation and English articles. Letters of Chinese, Japanese and Korean words without spaces count as words, as in
/// MLQA (Lewis et al. 2020).
enum AnswerMeasures {
    /// 1 when the words are the same; otherwise 0.
    static func exactMatch(_ given: String, _ right: [String]) -> Double {
        let words = words(given)
        return right.contains { Self.words($0) == words } ? 1 : 0
    }

    /// The harmonic mean of the share of the answer's words that are right and the share of the right words that it has.
    static func f1(_ given: String, _ right: [String]) -> Double {
        let words = words(given)
        return right.map { f1(words, Self.words($0)) }.max() ?? 0
    }

    private static func f1(_ given: [String], _ right: [String]) -> Double {
        var left = right.reduce(into: [String: Int]()) { $0[$1, default: 0] += 1 }
        let common = given.count { word in
            guard let count = left[word], count > 0 else { return false }
            left[word] = count - 1
            return true
        }
        guard common > 0 else { return given.isEmpty && right.isEmpty ? 1 : 0 }
        let (precision, recall) = (Double(common) / Double(given.count), Double(common) / Double(right.count))
        return 2 * precision * recall / (precision + recall)
    }

    /// 1 when all numbers of one of the right answers are in the text, 0 when not; `nil` when no right answer has any.
    static func numberRight(_ given: String, _ right: [String]) -> Double? {
        let expected = right.map(numbers).filter { !$0.isEmpty }
        guard !expected.isEmpty else { return nil }
        let said = numbers(given)
        return expected.contains { $0.isSubset(of: said) } ? 1 : 0
    }

    /// 1 when the text has all pieces of evidence, whatever the spaces between their words; otherwise 0.
    static func evidenceHeld(_ given: String, _ evidence: [String]) -> Double {
        let said = squeezed(given)
        return evidence.allSatisfy { said.contains(squeezed($0)) } ? 1 : 0
    }

    private static func squeezed(_ text: String) -> String {
        text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    }

    // MARK: - Words and numbers

    private static let articles: Set<String> = ["a", "an", "the"]

    /// The words that are compared.
    static func words(_ text: String) -> [String] {
        var words: [String] = []
        var word = ""
        func end() {
            if !word.isEmpty, !articles.contains(word) { words.append(word) }
            word = ""
        }
        for character in withoutMarks(text).lowercased() {
            if character.isWhitespace {
                end()
            } else if isWordByItself(character) {
                end()
                words.append(String(character))
            } else if !isLeftOut(character) {
                word.append(character)
            }
        }
        end()
        return words
    }

    private static func isLeftOut(_ character: Character) -> Bool {
        character.isPunctuation || character.isASCII && character.isSymbol
    }

    /// Chinese characters and the syllables of Japanese.
    private static func isWordByItself(_ character: Character) -> Bool {
        guard let scalar = character.unicodeScalars.first, character.isLetter else { return false }
        return scalar.properties.isIdeographic || (0x3040...0x30FF).contains(scalar.value)
    }

    /// The numbers of a text, written in one way: `1,000` and `1000`, `06:40` and `6:40`, `4.50` and `4.5` are the same.
    static func numbers(_ text: String) -> Set<String> {
        var numbers: Set<String> = []
        let characters = Array(withoutMarks(text))
        var index = 0
        while index < characters.count {
            guard digit(characters[index]) != nil else {
                index += 1
                continue
            }
            var parts = [""]
            var separators: [Character] = []
            while index < characters.count {
                if let value = digit(characters[index]) {
                    parts[parts.count - 1] += String(value)
                } else if ".,:’'".contains(characters[index]), index + 1 < characters.count,
                    digit(characters[index + 1]) != nil
                {
                    separators.append(characters[index])
                    parts.append("")
                } else {
                    break
                }
                index += 1
            }
            numbers.insert(plain(parts, separators))
        }
        return numbers
    }

    private static func digit(_ character: Character) -> Int? {
        guard character.isNumber, let value = character.wholeNumberValue, (0...9).contains(value),
            character.unicodeScalars.count == 1, character.unicodeScalars.first?.properties.numericType == .decimal
        else { return nil }
        return value
    }

    /// Without marks of thousands, zeros in front and, behind a point, at the end.
    private static func plain(_ parts: [String], _ separators: [Character]) -> String {
        var result = parts[0]
        for (part, separator) in zip(parts.dropFirst(), separators) {
            let marksThousands = ",’'".contains(separator) && part.count == 3
            result += marksThousands ? part : "\(separator)\(part)"
        }
        if separators.last == ".", separators.count(where: { $0 == "." }) == 1 {
            while result.hasSuffix("0") { result.removeLast() }
            if result.hasSuffix(".") { result.removeLast() }
        }
        let trimmed = result.drop { $0 == "0" }
        return trimmed.first?.isNumber ?? false ? String(trimmed) : "0" + trimmed
    }

    /// The text without marks of citations such as `[2]`.
    static func withoutMarks(_ text: String) -> String {
        var result = ""
        var rest = text[...]
        while let open = rest.firstIndex(of: "[") {
            let inside = rest[rest.index(after: open)...].prefix { $0.isASCII && $0.isNumber }
            let isMark = (1...3).contains(inside.count) && rest[inside.endIndex...].first == "]"
            result += isMark ? rest[..<open] : rest[...open]
            rest = rest[(isMark ? rest.index(after: inside.endIndex) : rest.index(after: open))...]
        }
        return result + rest
    }
}
