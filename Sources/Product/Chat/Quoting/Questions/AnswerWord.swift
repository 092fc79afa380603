@_spi(_Unicode) import Swift
import TextAnalysis
import TextSearch

/// A word of a question or of a passage, in the form in which the two are compared.
struct AnswerWord: Sendable, Equatable {
    /// Longer ones are no words.
    private static let longestWord = 64

    enum Kind: Sendable {
        case word, number
        /// Letters and digits together: a part number, a ticket, a clause.
        case code
        /// Two characters of a script that is written without spaces.
        case pair
    }

    /// Folded: small letters without accents.
    let plain: String
    /// Without its ending.
    let stem: String
    let kind: Kind
    let isCapitalised: Bool
    /// Place among the scalars that it was read from.
    let range: Range<Int>

    /// Whether it can be a year of our time.
    var isYear: Bool {
        kind == .number && plain.utf8.count == 4 && range.count == 4
            && (Int(plain).map { (1900...2100).contains($0) } ?? false)
    }

    /// The words of a stretch, in order. A code is there as a whole and, after it, in its parts.
    static func words(_ scalars: [Unicode.Scalar], in range: Range<Int>, _ language: QuestionLanguage) -> [AnswerWord] {
        var words: [AnswerWord] = []
        let stemmer = language.stems.map(Stemmer.init)
        var place = range.lowerBound
        while place < range.upperBound {
            guard isOfWord(scalars[place]) else {
                place += 1
                continue
            }
            if isUnspaced(scalars[place]) {
                let end = scalars[place..<range.upperBound].firstIndex { !isUnspaced($0) } ?? range.upperBound
                appendPairs(scalars, place..<end, &words)
                place = end
                continue
            }
            let end = chunkEnd(scalars, place, range.upperBound)
            append(scalars, place..<end, stemmer, &words)
            place = end
        }
        return words
    }

    /// The words of a text.
    static func words(_ text: String, _ language: QuestionLanguage) -> [AnswerWord] {
        let scalars = Array(text.unicodeScalars)
        return words(scalars, in: 0..<scalars.count, language)
    }

    // MARK: - Reading

    /// Letters and digits with what joins them: points, hyphens and the like between two of them.
    private static func chunkEnd(_ scalars: [Unicode.Scalar], _ start: Int, _ limit: Int) -> Int {
        var end = start
        while end < limit {
            if isOfWord(scalars[end]), !isUnspaced(scalars[end]) {
                end += 1
            } else if end + 1 < limit, end > start, isOfWord(scalars[end + 1]), !isUnspaced(scalars[end + 1]),
                joins(scalars[end], scalars[end - 1], scalars[end + 1])
            {
                end += 1
            } else {
                break
            }
        }
        return end
    }

    private static func joins(_ scalar: Unicode.Scalar, _ before: Unicode.Scalar, _ after: Unicode.Scalar) -> Bool {
        switch scalar {
        case "-", "_", "/", "\u{2010}", "\u{2011}": true
        case ".", ",", ":": isDigit(before) && isDigit(after)
        default: false
        }
    }

    private static func append(
        _ scalars: [Unicode.Scalar], _ range: Range<Int>, _ stemmer: Stemmer?, _ words: inout [AnswerWord]
    ) {
        let hasDigit = scalars[range].contains(where: isDigit)
        let isNumber = hasDigit && scalars[range].allSatisfy { isDigit($0) || ".,:".unicodeScalars.contains($0) }
        let isCapitalised = scalars[range.lowerBound].properties.isUppercase
        if isNumber, range.count <= longestWord {
            let plain = number(scalars[range])
            words.append(AnswerWord(plain: plain, stem: plain, kind: .number, isCapitalised: false, range: range))
            return
        }
        let parts = scalars[range].split { !isOfWord($0) }
        if hasDigit, range.count <= longestWord {
            let plain = folded(scalars[range])
            words.append(AnswerWord(plain: plain, stem: plain, kind: .code, isCapitalised: isCapitalised, range: range))
            if let year = yearEnding(range, scalars) {
                let plain = folded(scalars[year])
                words.append(AnswerWord(plain: plain, stem: plain, kind: .number, isCapitalised: false, range: year))
            }
            guard parts.count > 1 else { return }
        }
        for part in parts where part.count <= longestWord {
            let plain = folded(part)
            let kind: Kind = part.allSatisfy(isDigit) ? .number : part.contains(where: isDigit) ? .code : .word
            words.append(
                AnswerWord(
                    plain: plain, stem: kind == .word ? stemmer?.stem(plain) ?? plain : plain, kind: kind,
                    isCapitalised: scalars[part.startIndex].properties.isUppercase,
                    range: part.startIndex..<part.endIndex))
        }
    }

    /// The year of "FY2024".
    private static func yearEnding(_ range: Range<Int>, _ scalars: [Unicode.Scalar]) -> Range<Int>? {
        let digits = range.upperBound - 4..<range.upperBound
        guard (1...3).contains(range.count - 4), scalars[digits].allSatisfy(isDigit),
            scalars[range.lowerBound..<digits.lowerBound].allSatisfy({ $0.properties.isAlphabetic }),
            let year = Int(folded(scalars[digits])), (1900...2100).contains(year)
        else { return nil }
        return digits
    }

    private static func appendPairs(_ scalars: [Unicode.Scalar], _ range: Range<Int>, _ words: inout [AnswerWord]) {
        for place in range where place + 1 < range.upperBound || range.count == 1 {
            let end = min(place + 2, range.upperBound)
            let plain = String(String.UnicodeScalarView(scalars[place..<end]))
            words.append(AnswerWord(plain: plain, stem: plain, kind: .pair, isCapitalised: false, range: place..<end))
        }
    }

    // MARK: - Forms

    /// "1,595" and "1.595" are 1595; "10,5" is 10.5.
    private static func number(_ scalars: ArraySlice<Unicode.Scalar>) -> String {
        let text = folded(scalars)
        if text.contains(":") { return text }
        let groups = text.split { $0 == "." || $0 == "," }
        if groups.count > 1, groups[0].count <= 3, groups.dropFirst().allSatisfy({ $0.count == 3 }) {
            return groups.joined()
        }
        return text.replacing(",", with: ".")
    }

    /// Small letters, without accents, full-width forms and ligatures taken apart.
    static func folded(_ scalars: ArraySlice<Unicode.Scalar>) -> String {
        var result = String.UnicodeScalarView()
        for scalar in String(String.UnicodeScalarView(scalars)).lowercased()._nfd {
            switch scalar.value {
            case 0x300...0x36F: continue
            case 0xFF01...0xFF5E: result.append(Unicode.Scalar(scalar.value - 0xFEE0) ?? scalar)
            case 0x2010, 0x2011: result.append("-")
            case 0xDF: result.append(contentsOf: "ss".unicodeScalars)
            case 0xFB00: result.append(contentsOf: "ff".unicodeScalars)
            case 0xFB01: result.append(contentsOf: "fi".unicodeScalars)
            case 0xFB02: result.append(contentsOf: "fl".unicodeScalars)
            case 0xFB03: result.append(contentsOf: "ffi".unicodeScalars)
            case 0xFB04: result.append(contentsOf: "ffl".unicodeScalars)
            default: result.append(scalar)
            }
        }
        return String(result).lowercased()
    }

    private static func isDigit(_ scalar: Unicode.Scalar) -> Bool {
        scalar.properties.generalCategory == .decimalNumber
    }

    private static func isOfWord(_ scalar: Unicode.Scalar) -> Bool {
        if scalar.isASCII { return scalar.properties.isAlphabetic || isDigit(scalar) }
        switch scalar.properties.generalCategory {
        case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter, .decimalNumber,
            .nonspacingMark, .spacingMark, .letterNumber:
            return true
        default: return false
        }
    }

    /// Han, Kana, Hangul, and the scripts of Thailand, Laos, Burma and Cambodia.
    private static func isUnspaced(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x0E00...0x0EFF, 0x1000...0x109F, 0x1780...0x17FF, 0x3040...0x30FF, 0x31F0...0x31FF, 0x3400...0x4DBF,
            0x4E00...0x9FFF, 0xAC00...0xD7AF, 0xF900...0xFAFF, 0xFF66...0xFF9F, 0x20000...0x3FFFF, 0x3005...0x3007:
            isOfWord(scalar)
        default: false
        }
    }
}
