import DocumentReading
import Markup

/// The numbers that Word puts in front of paragraphs, which stand nowhere in the text.
struct WordNumbering {
    private struct Level {
        var start = 1
        var format = "decimal"
        var text = ""
        var suffix = "tab"
        var restartsAfter: Int?
        var isLegal = false
        var style: String?
        var font: String?
    }

    private struct List {
        var pattern = ""
        var levels: [Int: Level] = [:]
        var starts: [Int: Int] = [:]
    }

    private static let levelCount = 9
    private static let mostLists = 50_000

    /// Patterns of lists by id: their levels, and the style that defines them elsewhere.
    private var patterns: [String: (levels: [Int: Level], link: String?)] = [:]
    private var linked: [String: String] = [:]
    private var lists: [String: List] = [:]
    private var counts: [String: [Int?]] = [:]
    private var begun: Set<String> = []

    init() {}

    /// Reads the part with the lists.
    ///
    /// - Throws: `ExtractionError`.
    init(_ package: OfficePackage, _ part: String) throws {
        var builder: XMLTreeBuilder?
        try package.events(part) { event in
            if case .start(let name, _) = event, builder == nil, name == "abstractNum" || name == "num" {
                builder = XMLTreeBuilder()
            }
            guard let node = builder?.take(event) else { return }
            builder = nil
            guard lists.count + patterns.count < Self.mostLists else {
                throw ExtractionError.tooComplex("it has more than \(Self.mostLists) kinds of lists")
            }
            if node.name == "num" { addList(node) } else { addPattern(node) }
        }
    }

    private mutating func addPattern(_ node: XMLNode) {
        guard let id = node.attributes["abstractNumId"] else { return }
        patterns[id] = (Self.levels(node.all("lvl")), node["numStyleLink"]?.attributes["val"])
        if let style = node["styleLink"]?.attributes["val"] { linked[style] = id }
    }

    private mutating func addList(_ node: XMLNode) {
        guard let id = node.attributes["numId"] else { return }
        var list = List()
        list.pattern = node["abstractNumId"]?.attributes["val"] ?? ""
        for override in node.all("lvlOverride") {
            guard let number = Self.levelNumber(override) else { continue }
            list.levels.merge(Self.levels(override.all("lvl"))) { $1 }
            if let start = override["startOverride"]?.attributes["val"].flatMap(Int.init) {
                list.starts[number] = start
            }
        }
        lists[id] = list
    }

    private static func levelNumber(_ node: XMLNode) -> Int? {
        node.attributes["ilvl"].flatMap(Int.init).flatMap { (0..<levelCount).contains($0) ? $0 : nil }
    }

    private static func levels(_ nodes: [XMLNode]) -> [Int: Level] {
        var levels: [Int: Level] = [:]
        for node in nodes {
            guard let number = levelNumber(node) else { continue }
            var level = Level()
            level.start = node["start"]?.attributes["val"].flatMap(Int.init) ?? 1
            level.format = node["numFmt"]?.attributes["val"] ?? "decimal"
            level.text = String((node["lvlText"]?.attributes["val"] ?? "").prefix(200))
            level.suffix = node["suff"]?.attributes["val"] ?? "tab"
            level.restartsAfter = node["lvlRestart"]?.attributes["val"].flatMap(Int.init)
            level.isLegal = wordSwitch(node["isLgl"]) ?? false
            level.style = node["pStyle"]?.attributes["val"]
            level.font = WordFormat(node["rPr"]).font
            levels[number] = level
        }
        return levels
    }

    private func levels(of list: List) -> (id: String, levels: [Int: Level]) {
        var id = list.pattern
        if let link = patterns[id]?.link, let other = linked[link] { id = other }
        return (id, (patterns[id]?.levels ?? [:]).merging(list.levels) { $1 })
    }

    /// Counts a paragraph of a list, and gives what stands in front of it, with the space behind.
    ///
    /// - Parameters:
    ///   - listId: The list; 0 is none.
    ///   - level: From 0; `nil` when only the style tells it.
    ///   - style: The paragraph's style.
    mutating func label(_ listId: String, level: Int?, style: String?) -> String {
        guard listId != "0", let list = lists[listId] else { return "" }
        let (id, levels) = levels(of: list)
        let number = level ?? style.flatMap { style in levels.first { $0.value.style == style }?.key } ?? 0
        guard (0..<Self.levelCount).contains(number), let level = levels[number] else { return "" }
        var count = counts[id] ?? Array(repeating: nil, count: Self.levelCount)
        if begun.insert(listId).inserted {
            // A list that goes on with another's pattern may begin anew.
            for place in list.starts.keys where count.indices.contains(place) { count[place] = nil }
        }
        let start = { (place: Int) in list.starts[place] ?? levels[place]?.start ?? 1 }
        count[number] = count[number].map { $0 &+ 1 } ?? start(number)
        for deeper in count.indices where deeper > number {
            let restart = levels[deeper]?.restartsAfter ?? deeper
            if restart > 0, number < restart { count[deeper] = nil }
        }
        counts[id] = count
        let label: String
        if level.format == "bullet" {
            label = Self.bullet(level)
        } else {
            label = Self.text(level) { place in
                guard count.indices.contains(place) else { return "" }
                let format = level.isLegal ? "decimal" : levels[place]?.format ?? "decimal"
                return WordNumber.text(count[place] ?? start(place), format)
            }
        }
        return label.isEmpty || level.suffix == "nothing" ? label : label + " "
    }

    private static func bullet(_ level: Level) -> String {
        let sign = SymbolFonts.text(level.text, font: level.font)
        let isKnown = !sign.isEmpty && !sign.unicodeScalars.contains { (0xE000...0xF8FF).contains($0.value) }
        // The letter that stands for a circle in a font for typewriters.
        return isKnown && sign != "o" ? sign : sign == "o" ? "◦" : "•"
    }

    private static func text(_ level: Level, _ number: (Int) -> String) -> String {
        var result = ""
        var isPlace = false
        for character in level.text {
            if isPlace, let place = character.wholeNumberValue, place > 0 {
                result += number(place - 1)
                isPlace = false
            } else if isPlace {
                result += "%"
                isPlace = character == "%"
                if !isPlace { result.append(character) }
            } else if character == "%" {
                isPlace = true
            } else {
                result.append(character)
            }
        }
        return isPlace ? result + "%" : result
    }
}
