import DocumentReading

/// Lines at the heads and feet of most pages, such as a title and the page's number. They say nothing of the page, and a
/// question that shares a word with them would find all pages alike.
struct RepeatedLines {
    /// Pages that a line stands on before it counts as repeated; besides, it has to be more than half of all.
    private static let fewest = 3
    /// Lines of a page that are looked at, from its head and from its foot.
    private static let depth = 3
    private static let longest = 200

    /// The lines, with the first page of each, where it stays.
    private let heads: [String: Int]
    private let feet: [String: Int]

    init(_ text: ExtractedText) {
        var (heads, feet): ([String: [Int]], [String: [Int]]) = ([:], [:])
        for page in text.pages {
            let scalars = Array(page.text.unicodeScalars)
            func note(_ line: Range<Int>, in lines: inout [String: [Int]]) {
                for form in Self.forms(scalars[line], page) { lines[form, default: []].append(page.number) }
            }
            for line in Self.lines(scalars, fromEnd: false) { note(line, in: &heads) }
            for line in Self.lines(scalars, fromEnd: true) { note(line, in: &feet) }
        }
        let least = max(Self.fewest, text.pages.count / 2 + 1)
        func repeated(_ lines: [String: [Int]]) -> [String: Int] {
            lines.filter { Set($0.value).count >= least }.compactMapValues(\.first)
        }
        (self.heads, self.feet) = (repeated(heads), repeated(feet))
    }

    /// A page without them; the page itself where nothing else is on it.
    func without(_ page: ExtractedText.Page) -> ExtractedText.Page {
        guard !heads.isEmpty || !feet.isEmpty else { return page }
        let scalars = Array(page.text.unicodeScalars)
        func isRepeated(_ line: Range<Int>, _ known: [String: Int]) -> Bool {
            Self.forms(scalars[line], page).contains { form in known[form].map { $0 != page.number } ?? false }
        }
        var (start, end) = (0, scalars.count)
        for line in Self.lines(scalars, fromEnd: false) {
            guard isRepeated(line, heads) else { break }
            start = line.upperBound
        }
        for line in Self.lines(scalars, fromEnd: true) {
            guard line.lowerBound >= start, isRepeated(line, feet) else { break }
            end = line.lowerBound
        }
        let rest = scalars[start..<max(start, end)]
        guard !rest.allSatisfy(\.properties.isWhitespace) else { return page }
        return ExtractedText.Page(
            number: page.number, start: page.start + start, text: String(String.UnicodeScalarView(rest)))
    }

    /// The first or last lines that are not empty, from the edge inwards.
    private static func lines(_ scalars: [Unicode.Scalar], fromEnd: Bool) -> [Range<Int>] {
        var found: [Range<Int>] = []
        var place = fromEnd ? scalars.count : 0
        while found.count < depth {
            let line: Range<Int>
            if fromEnd {
                guard place > 0 else { break }
                let start = scalars[..<(place - 1)].lastIndex(of: "\n").map { $0 + 1 } ?? 0
                line = start..<place
                place = start
            } else {
                guard place < scalars.count else { break }
                let end = scalars[place...].firstIndex(of: "\n").map { $0 + 1 } ?? scalars.count
                line = place..<end
                place = end
            }
            guard line.count <= longest else { break }
            if !scalars[line].allSatisfy(\.properties.isWhitespace) { found.append(line) }
        }
        return found
    }

    /// A line as it is, and with its first or last number left open if that counts with the pages.
    private static func forms(_ line: ArraySlice<Unicode.Scalar>, _ page: ExtractedText.Page) -> Set<String> {
        let words = String(String.UnicodeScalarView(line)).split(whereSeparator: \.isWhitespace).map(String.init)
        let numbers = words.indices.filter { words[$0].utf8.count < 12 && number(in: words[$0]) != nil }
        var forms: Set<String> = [words.joined(separator: " ")]
        for index in Set([numbers.first, numbers.last].compactMap { $0 }) {
            var open = words
            // A byte that no text has tells the two kinds apart.
            open[index] = "\(words[index].prefix { !$0.isNumber })\0\((number(in: words[index]) ?? 0) - page.number)"
            forms.insert(open.joined(separator: " "))
        }
        return forms
    }

    private static func number(in word: String) -> Int? { Int(word.filter(\.isNumber)) }
}
