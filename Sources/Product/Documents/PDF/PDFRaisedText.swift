/// Small digits and signs above or below the line: without their place `10⁶` reads as 106, and `4,200` with a mark of a
/// footnote as another number.
enum PDFRaisedText {
    private static let signs = Set("0123456789+-−‐–=()n,".unicodeScalars)
    /// What stays as it is, but may have to be brought to what it belongs to.
    private static let marks: Set<String> = [
        "st", "nd", "rd", "th", "er", "re", "TM", "™", "®", "*", "**", "†", "‡", "º", "ª", "°",
    ]
    private static let longest = 12
    /// Of the size of what it belongs to.
    private static let mostSize = 0.86
    /// Of that size: how far it may be from it, and from what it is joined with.
    private static let mostGap = 0.3
    private static let mostJoint = 0.2

    /// Whether a page shows something of the kind, by its runs.
    static func stands(on page: PDFRuns.Page) -> Bool {
        let small = page.runs.filter { isCandidate($0.text) }.prefix(500)
        guard !small.isEmpty, page.runs.count < 20_000 else { return false }
        return small.contains { run in
            page.runs.contains { other in
                other.size * mostSize >= run.size && other.box.isBeside(run.box)
                    && (abs(run.box.left - other.box.right) < mostGap * other.size
                        || abs(other.box.left - run.box.right) < mostGap * other.size)
            }
        }
    }

    /// Gives the raised and lowered words of a page their characters, and has them stand behind what they belong to.
    static func restore(_ page: inout PDFPageText, _ words: [PDFWords.Word]) {
        guard words.count == page.ranges.count else { return }
        for (index, word) in words.enumerated() where isCandidate(word.text) {
            let scalars = Array(word.text.unicodeScalars)
            if marks.contains(word.text) {
                if let base = base(of: index, in: words), place(word, beside: words[base]) != nil {
                    page.move(word: index, as: scalars, behind: base)
                }
            } else if index > 0, let place = place(word, beside: words[index - 1]), words[index - 1].line == word.line {
                let gap = word.box.left - words[index - 1].box.right
                let height = words[index - 1].box.height
                guard gap > -height, gap < height, let characters = characters(scalars, place) else { continue }
                page.replace(word: index, with: characters)
                if gap < mostJoint * height { page.join(word: index) }
            } else if index + 1 < words.count, words[index + 1].line == word.line,
                let place = place(word, beside: words[index + 1]),
                words[index + 1].box.left - word.box.right < words[index + 1].box.height,
                let characters = characters(scalars, place)
            {
                page.replace(word: index, with: characters)
            } else if let base = base(of: index, in: words), let place = place(word, beside: words[base]),
                let characters = characters(scalars, place)
            {
                page.move(word: index, as: characters, behind: base)
            }
        }
    }

    private enum Place {
        case above
        case below
    }

    private static func isCandidate(_ text: String) -> Bool {
        guard text.utf8.count <= 3 * longest else { return false }
        let scalars = text.unicodeScalars.filter { !$0.properties.isWhitespace }
        if scalars.count == 1, scalars.first == "i" { return true }
        if marks.contains(String(String.UnicodeScalarView(scalars))) { return true }
        return !scalars.isEmpty && scalars.allSatisfy(signs.contains) && scalars.contains { $0 != "," }
    }

    /// Where a small word stands beside a larger one; `nil` on the same line.
    private static func place(_ word: PDFWords.Word, beside base: PDFWords.Word) -> Place? {
        guard base.box.height > 0, word.box.height <= mostSize * base.box.height, word.box.isBeside(base.box),
            base.text.unicodeScalars.contains(where: {
                $0.properties.isAlphabetic || $0.properties.numericType != nil || "%)]’\"".unicodeScalars.contains($0)
            })
        else { return nil }
        // A fifth of a line's height is below its letters, in most fonts.
        let rise = (base.box.bottom - 0.2 * base.box.height) - (word.box.bottom - 0.2 * word.box.height)
        if rise > 0.15 * base.box.height { return .above }
        if rise < -0.06 * base.box.height { return .below }
        return nil
    }

    /// The word on another line that a small one stands behind.
    private static func base(of index: Int, in words: [PDFWords.Word]) -> Int? {
        let word = words[index]
        let near = max(0, index - 200)..<min(words.count, index + 200)
        return near.first { other in
            let base = words[other]
            return other != index && base.line != word.line && base.box.isBeside(word.box)
                && word.box.height <= mostSize * base.box.height
                && abs(word.box.left - base.box.right) < mostGap * base.box.height
        }
    }

    /// As many characters above or below the line; `nil` where there are none for all of them.
    private static func characters(_ scalars: [Unicode.Scalar], _ place: Place) -> [Unicode.Scalar]? {
        var result: [Unicode.Scalar] = []
        for scalar in scalars {
            let plain: Unicode.Scalar = scalar == "‐" || scalar == "–" ? "-" : scalar
            let written = ShiftedText.text(String(Character(plain)), place == .above ? .raised : .lowered, after: nil)
            // Commas between the marks of several footnotes stay what they are.
            guard let only = written.unicodeScalars.first, written.unicodeScalars.count == 1 else { return nil }
            result.append(only)
        }
        return result
    }
}
