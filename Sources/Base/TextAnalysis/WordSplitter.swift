/// Splits a text in plain form into what is compared: words, parts of identifiers and the whole of them, pairs of
/// characters where a script has no spaces between words.
enum WordSplitter {
    /// What a piece of text is.
    enum Token: Equatable {
        /// A word or number, in lower case.
        case word(String)
        /// An identifier as a whole, in lower case, with its marks.
        case identifier(String)
        /// Two characters of a script without spaces, or one that stands alone.
        case pair(String)
    }

    /// Identifiers are cut here, or a page without a space would be one.
    private static let longestIdentifier = 80

    /// Visits the tokens in their order.
    static func forEach(_ text: String, _ visit: (Token) -> Void) { forEachPlaced(text) { token, _ in visit(token) } }

    /// Visits the tokens in their order, each with the Unicode scalars of the text that it was made from.
    static func forEachPlaced(_ text: String, _ visit: (Token, Range<Int>) -> Void) {
        var group = Group()
        var place = 0
        for scalar in text.unicodeScalars {
            defer { place += 1 }
            if isWithoutSpaces(scalar) {
                group.end(visit)
                group.appendToRun(scalar, at: place)
                continue
            }
            group.endRun(visit)
            if isOfWord(scalar) {
                group.append(scalar, at: place)
            } else if scalar == "'" {
                continue
            } else if group.hasWord, joins(scalar), group.length < longestIdentifier {
                group.join(scalar)
            } else {
                group.end(visit)
            }
        }
        group.endRun(visit)
        group.end(visit)
    }

    /// What has come since the last space.
    private struct Group {
        private var word = String.UnicodeScalarView()
        private var place = 0..<0
        /// Characters of a script without spaces, and where they begin.
        private var run: [Unicode.Scalar] = []
        private var runStart = 0
        private var parts: [String] = []
        private var places: [Range<Int>] = []
        private var marks: [Unicode.Scalar] = []

        var hasWord: Bool { !word.isEmpty }
        var length: Int { parts.reduce(word.count) { $0 + $1.unicodeScalars.count + 1 } }

        mutating func append(_ scalar: Unicode.Scalar, at index: Int) {
            place = (word.isEmpty ? index : place.lowerBound)..<index + 1
            word.append(scalar)
        }

        mutating func appendToRun(_ scalar: Unicode.Scalar, at index: Int) {
            if run.isEmpty { runStart = index }
            run.append(scalar)
        }

        mutating func join(_ mark: Unicode.Scalar) {
            endPart()
            marks.append(mark)
        }

        private mutating func endPart() {
            parts.append(String(word).lowercased())
            places.append(place)
            word = String.UnicodeScalarView()
        }

        mutating func end(_ visit: (Token, Range<Int>) -> Void) {
            if !word.isEmpty { endPart() }
            guard let first = places.first, let last = places.last else { return }
            defer { (parts, places, marks) = ([], [], []) }
            for (part, place) in zip(parts, places) { visit(.word(part), place) }
            // A hyphen between plain words joins nothing that would not be found by its parts.
            guard parts.count > 1, marks.contains("@") || parts.contains(where: Self.hasDigit) else { return }
            var whole = parts[0]
            for (mark, part) in zip(marks, parts.dropFirst()) { whole += String(Character(mark)) + part }
            visit(.identifier(whole), first.lowerBound..<last.upperBound)
        }

        mutating func endRun(_ visit: (Token, Range<Int>) -> Void) {
            defer { run.removeAll(keepingCapacity: true) }
            guard let first = run.first else { return }
            guard run.count > 1 else { return visit(.pair(String(Character(first))), runStart..<runStart + 1) }
            var start = runStart
            for (one, two) in zip(run, run.dropFirst()) {
                visit(.pair(String(String.UnicodeScalarView([one, two]))), start..<start + 2)
                start += 1
            }
        }

        private static func hasDigit(_ part: String) -> Bool {
            part.unicodeScalars.contains { $0.properties.numericType != nil }
        }
    }

    private static func isOfWord(_ scalar: Unicode.Scalar) -> Bool {
        if scalar.isASCII {
            return (48...57).contains(scalar.value) || (65...90).contains(scalar.value)
                || (97...122).contains(scalar.value)
        }
        switch scalar.properties.generalCategory {
        case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter, .nonspacingMark,
            .spacingMark,
            .decimalNumber, .letterNumber, .otherNumber:
            return true
        default: return false
        }
    }

    /// What stands inside numbers, codes, addresses and file names.
    private static func joins(_ scalar: Unicode.Scalar) -> Bool { "-./_:@,#+&".unicodeScalars.contains(scalar) }

    /// Chinese, Japanese and Korean, Thai, Lao, Khmer, Burmese.
    private static func isWithoutSpaces(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x0E00...0x0E4E, 0x0E80...0x0ECE, 0x1000...0x103F, 0x1780...0x17D3, 0x3005...0x3007, 0x3041...0x3096,
            0x3099...0x309F,
            0x30A1...0x30FA, 0x30FC...0x30FF, 0x31F0...0x31FF, 0x3400...0x4DBF, 0x4E00...0x9FFF, 0xAC00...0xD7A3,
            0xF900...0xFAFF,
            0x20000...0x323AF:
            true
        default: false
        }
    }
}
