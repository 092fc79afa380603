/// Gives back the hyphens that poppler takes away at the ends of lines: it cannot tell those that divide a word from those
/// that belong to it, as in `AB-1234-X`.
struct LineEndHyphens {
    private static let longestPart = 40

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

    /// A page with its hyphens: as many of a joined word as stand at ends of lines get theirs, in one walk over the page.
    ///
    /// - Parameter lines: The page's text as it stands on it, line by line.
    func restored(_ page: String, lines: String) -> String {
        var owed: [Substring: [String]] = [:]
        let rows = lines.split(separator: "\n")
        for (row, next) in zip(rows, rows.dropFirst()) {
            guard let mark = row.last, mark == "-" || mark == "\u{2010}",
                let left = row.dropLast().split(whereSeparator: \.isWhitespace).last,
                let right = next.split(whereSeparator: \.isWhitespace).first,
                left.count <= Self.longestPart, right.count <= Self.longestPart, belongs(left, right)
            else { continue }
            owed["\(left)\(right)"[...], default: []].append("\(left)\(mark)\(right)")
        }
        guard !owed.isEmpty else { return page }
        var result = ""
        var rest = page[...]
        while let start = rest.firstIndex(where: { !$0.isWhitespace }) {
            let end = rest[start...].firstIndex(where: \.isWhitespace) ?? rest.endIndex
            result += rest[..<start]
            let word = rest[start..<end]
            result += owed[word]?.popLast() ?? String(word)
            rest = rest[end...]
        }
        return result + rest
    }

    /// Whether the hyphen between two parts belongs to the word: in numbers and codes, before names, and where the document
    /// has it within a line more often than the joined word.
    private func belongs(_ left: Substring, _ right: Substring) -> Bool {
        guard let last = left.last, let first = right.first, last.isLetter || last.isNumber else { return false }
        if last.isNumber || first.isNumber || first.isUppercase && !left.allSatisfy(\.isUppercase) { return true }
        if left.count > 1, left.allSatisfy({ $0.isUppercase }), first.isLowercase { return true }
        let word = Self.bare(right)
        let (hyphenated, joined) = (counts["\(left)-\(word)", default: 0], counts["\(left)\(word)", default: 0])
        // The place itself is one of the joined.
        return hyphenated > 0 && hyphenated >= joined - 1
    }

    /// Without the marks around it.
    private static func bare(_ word: Substring) -> Substring {
        var word = word
        while let last = word.last, !last.isLetter, !last.isNumber { word.removeLast() }
        while let first = word.first, !first.isLetter, !first.isNumber { word.removeFirst() }
        return word
    }
}
