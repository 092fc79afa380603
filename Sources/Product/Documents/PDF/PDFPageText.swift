import TextSearch

/// The text of a page, from which stretches are taken out and in which characters are changed by their place on the page.
struct PDFPageText {
    private var scalars: [Unicode.Scalar]
    /// Where the characters that are no spaces stand.
    private let letters: [Int]
    private var isRemoved: [Bool]
    private var insertions: [Int: String] = [:]
    /// For each of the words with places, which of the letters it has.
    private(set) var ranges: [Range<Int>] = []
    private var words: [PDFWords.Word] = []
    /// Letters that may still be looked at.
    private var budget = 50_000_000

    /// - Parameter text: As pdftotext joins it.
    init(_ text: String) {
        scalars = Array(text.unicodeScalars)
        letters = scalars.indices.filter { [scalars] in !Self.isSpace(scalars[$0]) }
        isRemoved = [Bool](repeating: false, count: scalars.count)
    }

    static func isSpace(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x202A...0x202E, 0x200E, 0x200F, 0x2066...0x2069: true
        default: scalar.properties.isWhitespace
        }
    }

    /// Finds the words' places in the text, which has them in the same order, without hyphens at ends of lines.
    ///
    /// - Returns: Whether all are there; if not, the text has no places.
    mutating func place(_ words: [PDFWords.Word]) -> Bool {
        var ranges: [Range<Int>] = []
        var next = 0
        for word in words {
            let start = next
            let own = word.text.unicodeScalars.filter { !Self.isSpace($0) }
            for (index, scalar) in own.enumerated() {
                if next < letters.count, scalars[letters[next]] == scalar {
                    next += 1
                } else if index == own.count - 1, ["-", "\u{2010}"].contains(scalar) {
                    continue
                } else {
                    return false
                }
            }
            ranges.append(start..<next)
        }
        guard next == letters.count else { return false }
        self.ranges = ranges
        self.words = words
        return true
    }

    /// Takes a stretch of text out, where it stands nearest to a point if it stands on the page more than once. What stands
    /// in pieces is taken out by its words.
    ///
    /// - Returns: Whether it was there.
    mutating func remove(_ text: String, at box: PDFBox) -> Bool {
        if removeWhole(text, at: box) { return true }
        let text = RightToLeft.ordered(visual: text)
        if removeWhole(text, at: box) { return true }
        let words = text.split(whereSeparator: \.isWhitespace)
        guard words.count > 1 else { return false }
        var isWhole = true
        for word in words where !removeWhole(String(word), at: box) { isWhole = false }
        return isWhole
    }

    private mutating func removeWhole(_ text: String, at box: PDFBox) -> Bool {
        var own = text.unicodeScalars.filter { !Self.isSpace($0) }.map { $0 }
        var found = nearest(own, box)
        if found == nil, let last = own.last, ["-", "\u{2010}"].contains(last) {
            own.removeLast()
            found = nearest(own, box)
        }
        guard let found else { return false }
        for letter in letters[found..<found + own.count] { isRemoved[letter] = true }
        return true
    }

    /// Where the letters begin; `nil` when they are not there.
    private mutating func nearest(_ own: [Unicode.Scalar], _ box: PDFBox) -> Int? {
        guard let first = own.first, own.count <= letters.count else { return nil }
        var best: (place: Int, distance: Double)?
        var word = 0
        for start in 0...(letters.count - own.count) {
            budget -= 1
            guard budget > 0 else { return nil }
            guard scalars[letters[start]] == first, !isRemoved[letters[start]] else { continue }
            var length = 1
            while length < own.count, scalars[letters[start + length]] == own[length],
                !isRemoved[letters[start + length]]
            { length += 1 }
            budget -= length
            guard length == own.count else { continue }
            while word < ranges.count, ranges[word].upperBound <= start { word += 1 }
            // Without places the last is as good as any.
            var distance = -Double(start)
            if word < ranges.count {
                let place = words[word].box
                distance = abs(place.top - box.top) + abs(place.left - box.left)
            }
            if best.map({ distance < $0.distance }) ?? true { best = (start, distance) }
        }
        return best?.place
    }

    /// Puts other characters in the place of a word's, as many as it has.
    mutating func replace(word: Int, with characters: [Unicode.Scalar]) {
        guard ranges.indices.contains(word), ranges[word].count == characters.count else { return }
        for (letter, character) in zip(ranges[word], characters) { scalars[letters[letter]] = character }
    }

    /// Takes out the spaces before a word.
    mutating func join(word: Int) {
        guard ranges.indices.contains(word), let first = ranges[word].first, first > 0 else { return }
        for index in letters[first - 1] + 1..<letters[first] { isRemoved[index] = true }
    }

    /// Takes words from their place to before another one, where there is space; there they stand between two others.
    mutating func move(_ words: Range<Int>, before word: Int, between around: (String, String)) {
        // Nothing may be taken that finds no place.
        guard spaces(before: word) != nil else { return }
        var text = around.0
        var isFirst = true
        for word in words where ranges.indices.contains(word) {
            let places = ranges[word].map { letters[$0] }
            guard !places.contains(where: { isRemoved[$0] }) else { continue }
            if !isFirst { text += " " }
            isFirst = false
            for place in places {
                text.unicodeScalars.append(scalars[place])
                isRemoved[place] = true
                // A raised digit that was moved behind it.
                text += insertions.removeValue(forKey: place) ?? ""
            }
        }
        setGap(before: word, to: text + around.1)
    }

    /// Puts other space before a word.
    mutating func setGap(before word: Int, to gap: String) {
        guard let spaces = spaces(before: word) else { return }
        for index in spaces { isRemoved[index] = true }
        insertions[spaces.lowerBound - 1, default: ""] += gap
    }

    /// Has a word begin a line.
    mutating func beginLine(before word: Int) {
        if let spaces = spaces(before: word), !scalars[spaces].contains("\n") { setGap(before: word, to: "\n") }
    }

    /// Has a word stand on the line of the one before.
    mutating func joinLines(before word: Int) {
        if let spaces = spaces(before: word), scalars[spaces].contains("\n") { setGap(before: word, to: " ") }
    }

    /// The spaces before a word; `nil` where none can stand.
    private func spaces(before word: Int) -> Range<Int>? {
        guard ranges.indices.contains(word), let first = ranges[word].first, first > 0 else { return nil }
        return letters[first - 1] + 1..<letters[first]
    }

    /// Takes a word from its place and puts characters behind another one.
    mutating func move(word: Int, as characters: [Unicode.Scalar], behind other: Int) {
        guard ranges.indices.contains(word), ranges.indices.contains(other), let last = ranges[other].last else {
            return
        }
        for letter in ranges[word] { isRemoved[letters[letter]] = true }
        insertions[letters[last], default: ""].unicodeScalars.append(contentsOf: characters)
    }

    /// The text as it is now. Where something was taken out, the wider of the gaps around it stays.
    var text: String {
        var result = String.UnicodeScalarView()
        var gap: [Unicode.Scalar] = []
        var best: [Unicode.Scalar] = []
        func width(_ gap: [Unicode.Scalar]) -> Int { gap.count { $0 == "\n" } * 1000 + gap.count }
        for (index, scalar) in scalars.enumerated() {
            if isRemoved[index] {
                if Self.isSpace(scalar) { continue }
                if width(gap) > width(best) { best = gap }
                gap = []
            } else if Self.isSpace(scalar) {
                gap.append(scalar)
            } else {
                // What stood before the first words is no gap.
                if !result.isEmpty || best.isEmpty && !isRemoved[..<index].contains(true) {
                    result.append(contentsOf: width(gap) > width(best) ? gap : best)
                }
                result.append(scalar)
                gap = []
                best = []
            }
            if let insertion = insertions[index] { result.append(contentsOf: insertion.unicodeScalars) }
        }
        return String(result)
    }
}
