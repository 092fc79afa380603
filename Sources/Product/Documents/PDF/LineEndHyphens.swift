import TextSearch

/// Gives back the hyphens that poppler takes away at the ends of lines: it cannot tell those that divide a word from those
/// that belong to it, as in `AB-1234-X`, and from dashes.
struct LineEndHyphens {
    private static let longestPart = 120
    private static let softHyphen: Unicode.Scalar = "\u{AD}"
    private static let marks: Set<Character> = ["-", "\u{2010}"]
    /// Behind these a hyphen is a dash, which stands apart from what follows.
    private static let endings: Set<Character> = [",", ".", ";", ":", "!", "?", "-", "–", "—"]
    /// Before these it stands for the rest of a word that follows, as in `Haupt- und Nebensache`.
    private static let conjunctions: Set<Substring> = [
        "and", "or", "und", "oder", "sowie", "bzw.", "y", "e", "o", "u", "et", "ou", "och", "og",
    ]

    /// How often each word, with its hyphens, stands in the document.
    private let counts: [Substring: Int]

    /// - Parameter pages: The pages' texts as poppler joins them.
    init(_ pages: [String]) {
        var counts: [Substring: Int] = [:]
        for page in pages {
            for word in page.split(whereSeparator: \.isWhitespace) where word.utf8.count <= 2 * Self.longestPart {
                counts[Self.bare(word), default: 0] += 1
            }
        }
        self.counts = counts
    }

    /// A page as if all of its hyphens were plain ones, which alone poppler takes away. Soft ones that stand in a file are
    /// shown.
    static func joined(_ page: String) -> String {
        guard page.unicodeScalars.contains(where: { $0 == softHyphen || $0 == "\u{2010}" }) else { return page }
        var result = String.UnicodeScalarView()
        var rest = page.unicodeScalars[...]
        while let scalar = rest.popFirst() {
            let isMark = scalar == softHyphen || scalar == "\u{2010}"
            if isMark, rest.first == "\n", let next = rest.dropFirst().first, next != "\n" {
                rest.removeFirst()
            } else {
                result.append(scalar == softHyphen ? "-" : scalar)
            }
        }
        return String(result)
    }

    /// Text with its soft hyphens as they are shown.
    static func plain(_ text: String) -> String { text.replacing("\u{AD}", with: "-") }

    /// Whether some word looks as if it lacked one. Lines cost as much time again as the text, and most documents need none.
    var mayBeLacking: Bool {
        counts.keys.contains { word in
            let letters = Array(word)
            let isJoined = zip(letters, letters.dropFirst()).contains { one, two in
                one.isNumber != two.isNumber && one != "-" && two != "-" || one.isLowercase && two.isUppercase
                    || one.isUppercase && two.isLowercase && one != letters[0]
            }
            return isJoined || word.contains("-") && counts[word.filter { $0 != "-" }[...]] != nil
        }
    }

    /// Whether one of some stretches of text, in the order of a page, ends in a hyphen that belongs to it.
    func mayBeLacking(in stretches: some Sequence<String>) -> Bool {
        var isOpen = false
        var row: Row?
        for text in stretches {
            let next = Row(text[...])
            if let row, isOpen, let left = row.left {
                let right = next.words.first ?? ""
                if left.isEmpty
                    || !joint(
                        left, next.left != nil && next.words.count == 1 ? right.dropLast() : right,
                        "-", isHeading: row.isInCapitals && next.isInCapitals
                    ).isEmpty
                {
                    return true
                }
            }
            isOpen = next.left != nil
            row = next
        }
        return false
    }

    /// A page with its hyphens: as many of a joined word as stand at ends of lines get theirs, in one walk over the page.
    ///
    /// - Parameter lines: The page's text as it stands on it, line by line.
    func restored(_ page: String, lines: String) -> String {
        let owed = owed(lines.split(separator: "\n").map(Row.init))
        guard !owed.words.isEmpty || !owed.dashes.isEmpty else { return page }
        var (words, dashes) = owed
        var result = ""
        var rest = page[...]
        var previous: Substring = ""
        while let start = rest.firstIndex(where: { !$0.isWhitespace }) {
            let end = rest[start...].firstIndex(where: \.isWhitespace) ?? rest.endIndex
            result += rest[..<start]
            let word = rest[start..<end]
            if !dashes.isEmpty, let dash = dashes["\(previous) \(word)"]?.popLast() { result += "\(dash) " }
            result += words[word]?.popLast() ?? String(word)
            previous = word
            rest = rest[end...]
        }
        return result + rest
    }

    /// A line's words.
    private struct Row {
        let words: [Substring]
        /// The hyphen at its end.
        let mark: Character?

        init(_ line: Substring) {
            words = line.split(whereSeparator: \.isWhitespace)
            mark = words.last?.last.flatMap { LineEndHyphens.marks.contains($0) ? $0 : nil }
        }

        /// What stands directly before the hyphen at its end; nothing behind a space, `nil` when it ends without one.
        var left: Substring? { mark == nil ? nil : words.last?.dropLast() }

        var isInCapitals: Bool {
            let letters = words.lazy.joined().lazy.filter(\.isLetter)
            return letters.allSatisfy(\.isUppercase) && letters.contains { _ in true }
        }
    }

    /// Words as poppler joins them, with what they are, and pairs of words with the dashes between them.
    private func owed(_ rows: [Row]) -> (words: [Substring: [String]], dashes: [String: [Character]]) {
        var words: [Substring: [String]] = [:]
        var dashes: [String: [Character]] = [:]
        var index = 0
        while index + 1 < rows.count {
            defer { index += 1 }
            guard let mark = rows[index].mark, let left = rows[index].left else { continue }
            if left.isEmpty {
                let before = rows[index].words.dropLast().last ?? (index > 0 ? rows[index - 1].words.last : nil)
                if let before, let right = rows[index + 1].words.first {
                    dashes["\(before) \(right)", default: []].append(mark)
                }
                continue
            }
            // A word may go on over several lines.
            var (joined, whole) = (String(left), String(left))
            var (part, sign) = (left, mark)
            while index + 1 < rows.count, let right = rows[index + 1].words.first {
                let isLast = rows[index + 1].words.count > 1 || rows[index + 1].mark == nil || right.count == 1
                let next = isLast ? right : right.dropLast()
                let isHeading = rows[index].isInCapitals && rows[index + 1].isInCapitals
                whole += joint(part, next, sign, isHeading: isHeading) + next
                joined += next
                guard !isLast, let mark = rows[index + 1].mark, joined.count < Self.longestPart else { break }
                (part, sign) = (next, mark)
                index += 1
            }
            if whole != joined { words[joined[...], default: []].append(whole) }
        }
        return (words, dashes)
    }

    /// What stands between two parts: the hyphen where it belongs to the word, which is so in numbers, codes and addresses,
    /// before names, and where the document has it within a line more often than the joined word.
    private func joint(_ left: Substring, _ right: Substring, _ mark: Character, isHeading: Bool) -> String {
        guard let last = left.last, let first = right.first, left.count <= Self.longestPart,
            right.count <= Self.longestPart
        else { return "" }
        let kept = String(mark)
        guard last.isLetter || last.isNumber else { return Self.endings.contains(last) ? kept + " " : kept }
        guard first.isLetter || first.isNumber else { return kept }
        let (start, word) = (Self.bare(left), Self.bare(right))
        // The place itself is one of the joined.
        let (hyphenated, joined) = (counts["\(start)-\(word)", default: 0], counts["\(start)\(word)", default: 0] - 1)
        if Self.conjunctions.contains(right), joined <= hyphenated { return kept + " " }
        if last.isNumber || first.isNumber { return kept }
        let isInCapitals = start.allSatisfy(\.isUppercase)
        if isInCapitals, word.allSatisfy(\.isUppercase) {
            // A heading may be divided, but only where each part can be spoken.
            if start.count == 1 || !isHeading || !Self.hasVowel(start) || !Self.hasVowel(word) { return kept }
        } else if isInCapitals || first.isUppercase {
            return kept
        }
        if start.count == 1 || Self.isAddress(start) || Self.isAddress(word) { return joined <= hyphenated ? kept : "" }
        return hyphenated > 0 && hyphenated >= joined ? kept : ""
    }

    private static func hasVowel(_ part: Substring) -> Bool {
        part.contains { !$0.isASCII || "AEIOUY".contains($0) }
    }

    /// Whether it has signs of addresses, paths and words of several parts in it.
    private static func isAddress(_ part: Substring) -> Bool { part.contains { "/@.:-\u{2010}".contains($0) } }

    /// Without the marks around it.
    private static func bare(_ word: Substring) -> Substring {
        var word = word
        while let last = word.last, !last.isLetter, !last.isNumber { word.removeLast() }
        while let first = word.first, !first.isLetter, !first.isNumber { word.removeFirst() }
        return word
    }
}
