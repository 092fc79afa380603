import TextSearch

/// Finds the text of a page that its reader does not see.
struct PDFHiddenText {
    /// Text without its places on the page.
    struct Stretch {
        let text: String
        let box: PDFBox
        let how: String
    }

    /// Below this a colour can be seen on white paper: the luminance of the WCAG's contrast.
    private static let leastLuminance = 0.4
    /// Points. What is smaller cannot be read.
    private static let leastSize = 1.0
    /// Hidden text for shown text, from which on a page with a picture is a scan whose words lie behind it.
    private static let scanShare = 4

    /// What hides text that stands there.
    static let outside = "outside of the page"

    /// What a page shows as its programs draw it, and all that it holds.
    let shown: PDFRuns.Page

    /// Whether a picture is needed to tell.
    var hasLightText: Bool { shown.runs.contains { Self.isLight($0.color) && !Self.isBlank($0.text) } }

    /// Text in the colour of what is behind it, too small, or outside of what is shown of the page.
    ///
    /// - Parameter doubts: Told when text may be hidden that is kept.
    func stretches(_ picture: PDFPicture?, _ sheet: PDFInfo.Sheet?, doubts: inout Bool) -> [Stretch] {
        let window = sheet?.shown ?? PDFBox(left: 0, top: 0, right: shown.width, bottom: shown.height)
        var found: [Stretch] = []
        for run in shown.runs where !Self.isBlank(run.text) {
            func hide(_ how: String) { found.append(Stretch(text: run.text, box: run.box, how: how)) }
            if run.size <= Self.leastSize {
                hide("smaller than one point")
            } else if isOutside(run, window) {
                hide(Self.outside)
            } else if Self.isLight(run.color) {
                switch picture?.shows(run.color, in: run.box, of: shown) {
                case false: hide("in the colour of what is behind it")
                case nil: doubts = true
                case true: break
                }
            }
        }
        return found
    }

    /// Text that is not drawn, by what the same page holds with it.
    ///
    /// - Parameters:
    ///   - all: The page's runs with those that are not drawn.
    ///   - hasPicture: Whether a picture covers much of the page, as a scan does.
    func invisible(_ all: PDFRuns.Page, hasPicture: Bool) -> [Stretch] {
        var known: [Place: Int] = [:]
        for run in shown.runs { known[Place(run.text, run.box), default: 0] += 1 }
        var more: [PDFRuns.Run] = []
        for run in all.runs {
            let key = Place(run.text, run.box)
            if let count = known[key], count > 0 { known[key] = count - 1 } else { more.append(run) }
        }
        // Runs that are longer with what is not drawn have shown text in them.
        let parts = shown.runs.filter {
            known[Place($0.text, $0.box), default: 0] > 0 && !Self.isBlank($0.text)
        }
        var found: [Stretch] = []
        for run in more where !Self.isBlank(run.text) {
            var pieces = [run.text]
            for part in parts.prefix(200) where abs(part.box.top - run.box.top) < run.box.height {
                let text = Self.trimmed(part.text)
                if let index = pieces.firstIndex(where: { $0.contains(text) }),
                    let place = pieces[index].firstRange(of: text)
                {
                    let piece = pieces[index]
                    pieces.replaceSubrange(
                        index...index, with: [String(piece[..<place.lowerBound]), String(piece[place.upperBound...])])
                }
            }
            for piece in pieces where !Self.isBlank(piece) {
                found.append(Stretch(text: piece, box: run.box, how: "not drawn (rendering mode 3)"))
            }
        }
        let (hidden, visible) = (Self.count(found.map(\.text)), Self.count(shown.runs.map(\.text)))
        return hasPicture && hidden >= Self.scanShare * visible ? [] : found
    }

    /// What is shown beside some stretches, line by line as it stands on the page.
    func rest(_ stretches: [Stretch]) -> String {
        let left = Set(stretches.map { Place($0.text, $0.box) })
        var lines = ""
        var last: PDFBox?
        for run in shown.runs where !left.contains(Place(run.text, run.box)) {
            if let last { lines += last.isBeside(run.box) ? " " : "\n" }
            lines += RightToLeft.ordered(visual: run.text)
            last = run.box
        }
        return lines
    }

    private struct Place: Hashable {
        let left: Double
        let top: Double
        let text: String

        init(_ text: String, _ box: PDFBox) {
            (self.text, left, top) = (text, box.left, box.top)
        }
    }

    /// Whether a page's text has characters that its shown runs have not.
    func lacks(_ text: String) -> Bool {
        var counts: [Unicode.Scalar: Int] = [:]
        for run in shown.runs { for scalar in run.text.unicodeScalars { counts[scalar, default: 0] += 1 } }
        for scalar in text.unicodeScalars where !Self.isLeftOut(scalar) {
            guard let count = counts[scalar], count > 0 else { return true }
            counts[scalar] = count - 1
        }
        return false
    }

    private func isOutside(_ run: PDFRuns.Run, _ window: PDFBox) -> Bool {
        // The runs of turned lines have no width; where they begin says enough only with room to spare.
        let slack = run.box.right > run.box.left ? 1 : run.size + 1
        return run.box.right < window.left - slack || run.box.left > window.right + slack
            || run.box.bottom < window.top - slack || run.box.top > window.bottom + slack
    }

    /// What one of poppler's programs writes and another does not.
    private static func isLeftOut(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .format: true
        default: scalar.properties.isWhitespace
        }
    }

    private static func isBlank(_ text: String) -> Bool { text.unicodeScalars.allSatisfy(\.properties.isWhitespace) }

    private static func trimmed(_ text: String) -> String {
        var text = text[...]
        while text.first?.isWhitespace ?? false { text.removeFirst() }
        while text.last?.isWhitespace ?? false { text.removeLast() }
        return String(text)
    }

    private static func count(_ texts: [String]) -> Int {
        texts.reduce(0) { $0 + $1.unicodeScalars.count { !$0.properties.isWhitespace } }
    }

    private static func isLight(_ color: UInt32) -> Bool {
        func part(_ shift: UInt32) -> Double {
            let share = Double(color >> shift & 255) / 255
            return share * share
        }
        return 0.2126 * part(16) + 0.7152 * part(8) + 0.0722 * part(0) > leastLuminance
    }
}
