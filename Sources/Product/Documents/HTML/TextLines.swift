/// Text that is being put together as browsers lay it out: spaces run together, blocks stand on lines of their own.
struct TextLines {
    private(set) var text = ""
    private var pendingSpace = false
    private var preformatted = 0

    /// Whether spaces and line ends are kept; setting it counts, since such elements may be nested.
    var isPreformatted: Bool {
        get { preformatted > 0 }
        set { preformatted = max(0, preformatted + (newValue ? 1 : -1)) }
    }

    /// Ends the line, unless it is ended already.
    ///
    /// - Parameter count: Line ends that are wanted; two leave an empty line.
    mutating func breakLine(_ count: Int) {
        pendingSpace = false
        guard !text.isEmpty else { return }
        let present = text.utf8.reversed().prefix(2).prefix { $0 == 10 }.count
        for _ in present..<max(present, count) { text += "\n" }
    }

    /// Adds text whose spaces are those that are meant.
    mutating func append(verbatim text: String) {
        self.text += text
        pendingSpace = false
    }

    /// Adds text of the page.
    mutating func append(_ text: String) {
        if preformatted > 0 {
            self.text += text
            return
        }
        for scalar in text.unicodeScalars {
            if scalar.properties.isWhitespace, scalar != "\u{a0}" {
                pendingSpace = true
                continue
            }
            // Where a word may be divided, not a part of it.
            if scalar == "\u{ad}" { continue }
            if pendingSpace, let last = self.text.utf8.last, last != 10, last != 9 { self.text += " " }
            pendingSpace = false
            self.text.unicodeScalars.append(scalar)
        }
    }
}
