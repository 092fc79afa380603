/// Finds the words of a page, as poppler places them, in the page's text as it was made from them: hyphens at ends of lines
/// may be gone, hidden words are left out, digits are raised, and lines from right to left have another order.
struct PDFWordPlaces {
    /// A stretch of text in one place: a word, or its part on one line.
    struct Place: Equatable {
        /// Offsets in the page's text, in scalars, half-open.
        var start: Int
        var end: Int
        let box: PDFBox
    }

    /// So many letters have to agree for both sides to go on from there.
    private static let anchor = 4

    private let text: Letters
    private let placed: Letters
    /// For each of the text's letters the letter of the words that it is.
    private var partners: [Int?]
    private var isTaken: [Bool]

    /// Letters, without the spaces between them.
    private struct Letters {
        /// As they are compared.
        var folded: [Unicode.Scalar] = []
        /// Offset in the text; of placed words, the number of the word.
        var origins: [Int] = []
        /// What stands without space.
        var stretches: [Range<Int>] = []

        mutating func append(_ scalars: some Sequence<Unicode.Scalar>, origin: (Int) -> Int) {
            var start = folded.count
            for (index, scalar) in scalars.enumerated() {
                if PDFPageText.isSpace(scalar) {
                    if start < folded.count { stretches.append(start..<folded.count) }
                    start = folded.count
                } else {
                    folded.append(PDFWordPlaces.folded(scalar))
                    origins.append(origin(index))
                }
            }
            if start < folded.count { stretches.append(start..<folded.count) }
        }
    }

    /// The places of the words in a page's text, in its order.
    static func find(_ words: [PDFWords.Word], in text: String) -> [Place] {
        var search = PDFWordPlaces(words, text)
        let gaps = search.matchInOrder()
        search.matchElsewhere()
        for gap in gaps { search.matchLetters(gap.text, gap.placed) }
        return search.places(words)
    }

    private init(_ words: [PDFWords.Word], _ page: String) {
        var (text, placed) = (Letters(), Letters())
        text.append(page.unicodeScalars) { $0 }
        for (number, word) in words.enumerated() { placed.append(word.text.unicodeScalars) { _ in number } }
        (self.text, self.placed) = (text, placed)
        partners = [Int?](repeating: nil, count: text.folded.count)
        isTaken = [Bool](repeating: false, count: placed.folded.count)
    }

    private mutating func match(_ letter: Int, _ partner: Int) {
        partners[letter] = partner
        isTaken[partner] = true
    }

    /// Gives words their places as long as both sides have the same.
    ///
    /// - Returns: What is left between those: letters of the text, and of the words.
    private mutating func matchInOrder() -> [(text: Range<Int>, placed: Range<Int>)] {
        var numbers: [ArraySlice<Unicode.Scalar>: Int] = [:]
        func number(_ letters: ArraySlice<Unicode.Scalar>) -> Int {
            let next = numbers.count
            return numbers[letters]
                ?? {
                    numbers[letters] = next; return next
                }()
        }
        let one = text.stretches.map { number(text.folded[$0]) }
        let two = placed.stretches.map { number(placed.folded[$0]) }
        var gaps: [(text: Range<Int>, placed: Range<Int>)] = []
        var (textEnd, placedEnd) = (0, 0)
        for (first, second) in CommonSequence.pairs(one, two) {
            let (letters, partners) = (text.stretches[first], placed.stretches[second])
            gaps.append((textEnd..<letters.lowerBound, placedEnd..<partners.lowerBound))
            (textEnd, placedEnd) = (letters.upperBound, partners.upperBound)
            for (letter, partner) in zip(letters, partners) { match(letter, partner) }
        }
        gaps.append((textEnd..<text.folded.count, placedEnd..<placed.folded.count))
        return gaps.filter { !$0.text.isEmpty && !$0.placed.isEmpty }
    }

    /// Gives whole words that have no place that of an equal word that nobody has, the nearest one in order; letters may be
    /// turned round.
    private mutating func matchElsewhere() {
        var free: [[Unicode.Scalar]: [Range<Int>]] = [:]
        for stretch in placed.stretches where !isTaken[stretch].contains(true) {
            free[placed.folded[stretch].sorted(), default: []].append(stretch)
        }
        guard !free.isEmpty else { return }
        var last = 0
        for stretch in text.stretches {
            if let partner = partners[stretch.upperBound - 1] {
                last = partner
                continue
            }
            let key = text.folded[stretch].sorted()
            guard var equal = free[key],
                let nearest = equal.indices.min(by: {
                    abs(equal[$0].lowerBound - last) < abs(equal[$1].lowerBound - last)
                })
            else { continue }
            for (letter, partner) in zip(stretch, equal.remove(at: nearest)) { match(letter, partner) }
            free[key] = equal
        }
    }

    /// Goes through what is left on both sides side by side; where they differ, to where they next agree.
    private mutating func matchLetters(_ textRange: Range<Int>, _ placedRange: Range<Int>) {
        let own = textRange.filter { partners[$0] == nil }
        let other = placedRange.filter { !isTaken[$0] }
        func key(_ letters: [Unicode.Scalar], _ numbers: [Int], _ start: Int) -> [Unicode.Scalar] {
            numbers[start..<min(start + Self.anchor, numbers.count)].map { letters[$0] }
        }
        var index: [[Unicode.Scalar]: [Int]] = [:]
        for start in other.indices { index[key(placed.folded, other, start), default: []].append(start) }
        var (one, two) = (0, 0)
        while one < own.count, two < other.count {
            if text.folded[own[one]] == placed.folded[other[two]] {
                match(own[one], other[two])
                one += 1
                two += 1
                continue
            }
            var best: (one: Int, two: Int)?
            var ahead = one
            while ahead < own.count, best.map({ ahead + two < $0.one + $0.two }) ?? true {
                if let found = index[key(text.folded, own, ahead)].flatMap({ Self.first(in: $0, from: two) }),
                    best.map({ ahead + found < $0.one + $0.two }) ?? true
                {
                    best = (ahead, found)
                }
                ahead += 1
            }
            guard let best else { return }
            (one, two) = best
        }
    }

    /// The first of some numbers in their order that is not below a limit.
    private static func first(in sorted: [Int], from limit: Int) -> Int? {
        var (low, high) = (0, sorted.count)
        while low < high {
            let middle = (low + high) / 2
            if sorted[middle] < limit { low = middle + 1 } else { high = middle }
        }
        return low < sorted.count ? sorted[low] : nil
    }

    private func places(_ words: [PDFWords.Word]) -> [Place] {
        var places: [Place] = []
        var word: Int?
        for (letter, partner) in partners.enumerated() {
            guard let partner else {
                word = nil
                continue
            }
            let offset = text.origins[letter]
            let number = placed.origins[partner]
            if number == word, let last = places.last, last.end == offset {
                places[places.count - 1].end = offset + 1
            } else {
                places.append(Place(start: offset, end: offset + 1, box: words[number].box))
            }
            word = number
        }
        return places
    }

    /// One scalar for what the text may have in place of another.
    private static func folded(_ scalar: Unicode.Scalar) -> Unicode.Scalar {
        switch scalar.value {
        case 0x2010, 0xAD: "-"
        // Signs of fonts of their own become bullets.
        case 0xE000...0xF8FF: "•"
        case 0x2070, 0x2074...0x2079: Unicode.Scalar(scalar.value - 0x2070 + 0x30) ?? scalar
        case 0x2080...0x2089: Unicode.Scalar(scalar.value - 0x2080 + 0x30) ?? scalar
        case 0xB9: "1"
        case 0xB2: "2"
        case 0xB3: "3"
        case 0x207A, 0x208A: "+"
        case 0x207B, 0x208B, 0x2212, 0x2013: "-"
        case 0x207C, 0x208C: "="
        case 0x207D, 0x208D: "("
        case 0x207E, 0x208E: ")"
        case 0x207F, 0x2099: "n"
        case 0x2071, 0x1D62: "i"
        default: scalar
        }
    }
}
