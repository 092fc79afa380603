import Markup

/// How a list, or the headings of a document, are numbered (OASIS OpenDocument 1.3, part 3, 16.31 and 16.38).
struct OpenDocumentListStyle {
    /// Levels that a list can have.
    static let mostLevels = 10
    private static let longestText = 200

    /// One level.
    struct Level {
        /// `1`, `a`, `A`, `i`, `I` or others; empty where no number is shown.
        var format = ""
        var prefix = ""
        var suffix = ""
        /// How many levels' numbers stand in it.
        var shown = 1
        var start = 1
        /// Whether letters are doubled behind the last one: `aa`, `bb`.
        var isDoubled = false
        /// Where the numbers stand, as `%1%.%2%.`, which newer programs write.
        var pattern: String?
        /// Whether all its numbers are digits, whatever the levels above have.
        var isLegal = false
        /// Whether the text follows without a space.
        var isTight = false
        /// What stands before each item; `nil` where they are numbered.
        var bullet: String?
    }

    private(set) var levels: [Int: Level] = [:]

    init() {}

    /// The style that an element defines.
    init(_ node: XMLNode) {
        for child in node.children {
            let values = child.attributes
            guard let number = values["level"].flatMap(Int.init), (1...Self.mostLevels).contains(number) else {
                continue
            }
            var level = Level()
            level.format = values["num-format"] ?? ""
            level.prefix = Self.text(values["num-prefix"]) ?? ""
            level.suffix = Self.text(values["num-suffix"]) ?? ""
            level.shown = min(max(1, values["display-levels"].flatMap(Int.init) ?? 1), number)
            level.start = values["start-value"].flatMap(Int.init) ?? 1
            level.isDoubled = values["num-letter-sync"] == "true"
            level.pattern = Self.text(values["num-list-format"])
            level.isLegal = values["is-legal"] == "true"
            let alignment = child["list-level-properties"]?["list-level-label-alignment"]?.attributes
            level.isTight = alignment?["label-followed-by"] == "nothing"
            switch child.name {
            case "list-level-style-bullet":
                let font = child["text-properties"]?.attributes
                level.bullet = Self.bullet(
                    values["bullet-char"] ?? "", font: font?["font-name"] ?? font?["font-family"])
            case "list-level-style-image": level.bullet = "•"
            default: break
            }
            levels[number] = level
        }
    }

    private static func text(_ value: String?) -> String? { value.map { String($0.prefix(longestText)) } }

    private static func bullet(_ character: String, font: String?) -> String {
        let sign = SymbolFonts.text(String(character.prefix(4)), font: font.map { $0.filter { $0 != "'" } })
        let isKnown = !sign.isEmpty && !sign.unicodeScalars.contains { (0xE000...0xF8FF).contains($0.value) }
        return isKnown ? sign : "•"
    }

    /// What stands before an item, with the space behind; empty where nothing does.
    ///
    /// - Parameters:
    ///   - number: The level, from 1.
    ///   - counts: How far each level has counted.
    func label(_ number: Int, _ counts: [Int?]) -> String {
        guard let level = levels[number] else { return "" }
        if let bullet = level.bullet { return bullet + " " }
        guard !level.format.isEmpty else { return "" }
        let text =
            level.pattern.map { filled($0, counts, level.isLegal) }
            ?? level.prefix
            + (number - level.shown + 1...number).map { self.number($0, counts, level.isLegal) }.filter { !$0.isEmpty }
            .joined(separator: ".") + level.suffix
        let line = text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        return line.isEmpty || level.isTight ? line : line + " "
    }

    private func number(_ place: Int, _ counts: [Int?], _ isLegal: Bool) -> String {
        guard let level = levels[place], !level.format.isEmpty, level.bullet == nil else { return "" }
        let count = (counts.indices.contains(place - 1) ? counts[place - 1] : nil) ?? level.start
        if level.isDoubled, !isLegal, level.format.lowercased() == "a" {
            return OfficeNumber.text(count, level.format == "a" ? "lowerLetter" : "upperLetter")
        }
        // Newer programs name some formats by an example.
        if level.format.hasPrefix("01") { return OfficeNumber.text(count, "decimalZero") }
        return ListNumber.text(count, style: isLegal ? "1" : level.format)
    }

    /// The pattern with the numbers of the levels that it names.
    private func filled(_ pattern: String, _ counts: [Int?], _ isLegal: Bool) -> String {
        let parts = pattern.split(separator: "%", omittingEmptySubsequences: false)
        var result = ""
        for (index, part) in parts.enumerated() {
            // Every second part stands between two signs.
            if index % 2 == 1, index < parts.count - 1, let place = Int(part), (1...Self.mostLevels).contains(place) {
                result += number(place, counts, isLegal)
            } else {
                result += part
            }
        }
        return result
    }
}
