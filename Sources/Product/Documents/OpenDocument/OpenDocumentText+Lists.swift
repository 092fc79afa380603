import Markup

/// A list that is open.
struct OpenDocumentList {
    /// The number under which it counts.
    let key: Int
    let style: String?
    let level: Int
    /// Whether the item that is open has no label yet.
    var awaitsLabel = false
    var start: Int?
}

/// Lists, and the numbers in front of their items and of headings.
extension OpenDocumentText {
    /// More than lists have levels with a style of their own.
    private static let deepestList = 1000

    mutating func startList(_ name: String, _ attributes: [String: String]) throws {
        switch name {
        case "list", "numbered-paragraph":
            let outer = flow.lists.last
            let style = attributes["style-name"] ?? outer?.style
            let other = attributes["continue-list"] ?? (name == "list" ? nil : attributes["list-id"])
            let key =
                if let outer, name == "list" { outer.key } else {
                    try context.numbering.begin(
                        style: style, id: attributes["id"] ?? attributes["list-id"],
                        continues: attributes["continue-numbering"] == "true", other: other)
                }
            let said = attributes["level"].flatMap(Int.init) ?? 1
            // Deeper ones than there are have no numbers, and add none.
            let level =
                name == "list" ? min((outer?.level ?? 0) + 1, Self.deepestList) : max(1, min(said, Self.deepestList))
            flow.lists.append(OpenDocumentList(key: key, style: style, level: level))
            if name != "list" { awaitLabel(attributes) }
        case "list-item": awaitLabel(attributes)
        default: if let last = flow.lists.indices.last { flow.lists[last].awaitsLabel = false }
        }
    }

    private mutating func awaitLabel(_ attributes: [String: String]) {
        guard let last = flow.lists.indices.last else { return }
        flow.lists[last].awaitsLabel = true
        flow.lists[last].start = attributes["start-value"].flatMap(Int.init)
    }

    mutating func endList(_ name: String) {
        switch name {
        case "list", "numbered-paragraph": _ = flow.lists.popLast()
        default: if let last = flow.lists.indices.last { flow.lists[last].awaitsLabel = false }
        }
    }

    /// What stands in front of a paragraph that begins: an item's first one, or a heading.
    mutating func label(_ name: String, _ attributes: [String: String]) -> String {
        if let last = flow.lists.indices.last {
            let list = flow.lists[last]
            guard list.awaitsLabel else { return "" }
            // An item without text of its own, which only holds a list, has no number, and is not counted.
            for index in flow.lists.indices { flow.lists[index].awaitsLabel = false }
            guard attributes["is-list-header"] != "true" else { return "" }
            let style =
                context.styles.list(list.style) ?? context.styles.list(flow.style.listStyle)
                ?? (name == "h" ? context.styles.outline : OpenDocumentListStyle())
            return context.numbering.label(list: list.key, level: list.level, style: style, start: list.start)
        }
        guard name == "h", attributes["is-list-header"] != "true" else { return "" }
        let level = attributes["outline-level"].flatMap(Int.init) ?? 1
        let restarts = attributes["restart-numbering"] == "true"
        let start = restarts ? attributes["start-value"].flatMap(Int.init) ?? 1 : nil
        return context.numbering.label(
            list: OpenDocumentNumbering.outline, level: level, style: context.styles.outline, start: start)
    }

    mutating func begin(_ aside: Aside) {
        self.aside = aside
        asideText = ""
    }

    /// The number as a program has written it, which counts where the styles give none.
    mutating func endNumber() {
        guard aside == .number else { return }
        aside = nil
        let number = asideText.trimmed
        guard !number.isEmpty, flow.paragraph != nil, flow.label.isEmpty else { return }
        flow.label = number + " "
    }
}
