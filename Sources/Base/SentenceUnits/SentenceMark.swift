/// A mark that may end a sentence, with those that repeat it and what closes after it (UAX #29, Sentence_Break).
struct SentenceMark {
    private static let longestWord = 24

    /// Where the mark and its closers end.
    let end: Int
    let endsSentence: Bool

    /// Marks that end sentences by Unicode (Sentence_Terminal), in every script.
    static func isMark(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar {
        case ".", "!", "?": true
        // None of the rest is in ASCII.
        case "\0"..."\u{7f}": false
        default: scalar.properties.isSentenceTerminal
        }
    }

    /// Judges the mark at a place.
    ///
    /// - Parameter unitStart: Where the unit begins in which the mark stands.
    init(_ scalars: [Unicode.Scalar], at place: Int, unitStart: Int) {
        var end = place + 1
        while end < scalars.count, Self.isMark(scalars[end]) { end += 1 }
        let marksEnd = end
        // What a space has to follow is closed by every kind of quotation mark; elsewhere some would open.
        let needsSpace = scalars[marksEnd - 1].isASCII
        while end < scalars.count, Self.isCloser(scalars[end], needsSpace) { end += 1 }
        self.end = end
        endsSentence = Self.endsSentence(scalars, place, marksEnd: marksEnd, end: end, unitStart: unitStart)
    }

    private static func isCloser(_ scalar: Unicode.Scalar, _ takesOpening: Bool) -> Bool {
        switch scalar {
        case "\"", "'": true
        default:
            switch scalar.properties.generalCategory {
            case .closePunctuation, .finalPunctuation: true
            case .initialPunctuation: takesOpening
            default: false
            }
        }
    }

    private static func endsSentence(
        _ scalars: [Unicode.Scalar], _ place: Int, marksEnd: Int, end: Int, unitStart: Int
    ) -> Bool {
        guard end < scalars.count else { return true }
        let mark = scalars[marksEnd - 1]
        // The full-width point stands in numbers too.
        if !mark.isASCII { return mark != "．" || scalars[end].properties.numericType == nil }
        guard scalars[end].properties.isWhitespace else { return false }
        var next = end
        while next < scalars.count, scalars[next].properties.isWhitespace { next += 1 }
        guard next < scalars.count else { return true }
        let isLower = scalars[next].properties.isLowercase
        // "Why?" he asked.
        guard mark == "." else { return !(isLower && end > marksEnd) }
        if isLower || ",;:".unicodeScalars.contains(scalars[next]) { return false }
        guard marksEnd == place + 1, end == marksEnd else { return true }
        return !belongsToNext(scalars, place, next, unitStart)
    }

    // MARK: - Points that end no sentence

    private static func belongsToNext(_ scalars: [Unicode.Scalar], _ point: Int, _ next: Int, _ unitStart: Int) -> Bool
    {
        var start = point
        while start > unitStart, point - start < longestWord, isOfWord(scalars[start - 1]) { start -= 1 }
        let word = lowercased(scalars[start..<point]).filter { $0 != "." }
        let following = token(scalars, from: next)
        let letters = lowercased(following.prefix { $0.properties.isAlphabetic })
        let rest = following.dropFirst(letters.unicodeScalars.count).first
        let isOpener =
            Abbreviations.openers.contains(letters) && (rest.map { "'’,".unicodeScalars.contains($0) } ?? true)
        guard !word.isEmpty else { return false }
        if word.unicodeScalars.allSatisfy({ $0.properties.numericType != nil }) {
            return isOrdinal(scalars, start, word, letters, unitStart)
        }
        if isListLabel(scalars, start, word, unitStart) { return true }
        if Abbreviations.binding.contains(joined(scalars, start, word, unitStart)) { return true }
        if word.unicodeScalars.count == 1 { return word != "i" && !isOpener }
        if Abbreviations.binding.contains(word) { return true }
        let hasNumber = following.contains { $0.properties.numericType != nil } || following.first == "§"
        if Abbreviations.numbered.contains(word), hasNumber || isRoman(following) { return true }
        // "U.S.", "e.g.", and no "example.org".
        let parts = scalars[start..<point].split(separator: ".")
        let isOfInitials =
            parts.count > 1 && parts.allSatisfy { $0.count <= 2 && $0.allSatisfy(\.properties.isAlphabetic) }
        return (isOfInitials || Abbreviations.ambiguous.contains(word)) && !isOpener
    }

    /// "17. The lease" at the beginning or after a colon counts; "am 3. Mai" names a day.
    private static func isOrdinal(
        _ scalars: [Unicode.Scalar], _ start: Int, _ word: String, _ following: String, _ unitStart: Int
    ) -> Bool {
        guard word.unicodeScalars.count <= 3 else { return false }
        if isListLabel(scalars, start, word, unitStart) { return true }
        guard word.unicodeScalars.count <= 2 else { return false }
        if Abbreviations.months.contains(following) { return true }
        return Abbreviations.beforeOrdinals.contains(previousWord(scalars, start, unitStart))
            && !Abbreviations.openers.contains(following)
    }

    /// A number or a letter that counts an item: first in its unit, or after a colon.
    private static func isListLabel(_ scalars: [Unicode.Scalar], _ start: Int, _ word: String, _ unitStart: Int) -> Bool
    {
        let isNumber = word.unicodeScalars.allSatisfy { $0.properties.numericType != nil }
        guard isNumber || word.unicodeScalars.count == 1 || isRoman(scalars[start...].prefix(word.unicodeScalars.count))
        else {
            return false
        }
        var place = start
        while place > unitStart, scalars[place - 1].properties.isWhitespace || scalars[place - 1] == "(" { place -= 1 }
        return place == unitStart || isNumber && place < start && scalars[place - 1] == ":"
    }

    /// With the single letters before it: "z. B." is `zb`.
    private static func joined(_ scalars: [Unicode.Scalar], _ start: Int, _ word: String, _ unitStart: Int) -> String {
        var place = start
        while place > unitStart, scalars[place - 1].properties.isWhitespace { place -= 1 }
        guard place < start, place - 1 > unitStart, scalars[place - 1] == ".", place >= 2 else { return word }
        let letter = scalars[place - 2]
        guard letter.properties.isAlphabetic, place - 3 < unitStart || !scalars[place - 3].properties.isAlphabetic
        else {
            return word
        }
        return letter.properties.lowercaseMapping + word
    }

    private static func isOfWord(_ scalar: Unicode.Scalar) -> Bool {
        scalar.properties.isAlphabetic || scalar.properties.numericType != nil || scalar == "."
            || scalar.properties.generalCategory == .nonspacingMark
    }

    private static func isRoman(_ letters: ArraySlice<Unicode.Scalar>) -> Bool {
        let numerals = letters.prefix { $0.properties.isAlphabetic }
        return !numerals.isEmpty && numerals.count <= 5
            && (numerals.allSatisfy { "IVXLC".unicodeScalars.contains($0) }
                || numerals.allSatisfy { "ivxlc".unicodeScalars.contains($0) })
    }

    private static func token(_ scalars: [Unicode.Scalar], from start: Int) -> ArraySlice<Unicode.Scalar> {
        scalars[start...].prefix(longestWord).prefix { !$0.properties.isWhitespace }
    }

    private static func previousWord(_ scalars: [Unicode.Scalar], _ start: Int, _ unitStart: Int) -> String {
        var end = start
        while end > unitStart, scalars[end - 1].properties.isWhitespace { end -= 1 }
        var first = end
        while first > unitStart, end - first < longestWord, scalars[first - 1].properties.isAlphabetic { first -= 1 }
        return lowercased(scalars[first..<end])
    }

    private static func lowercased(_ scalars: ArraySlice<Unicode.Scalar>) -> String {
        String(String.UnicodeScalarView(scalars)).lowercased()
    }
}
