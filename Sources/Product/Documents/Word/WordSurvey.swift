import Markup

/// What has to be known of a Word document's main part before it is read from its beginning.
struct WordSurvey {
    private struct Section {
        var type = "nextPage"
        var columns = 1

        /// Whether it begins a new page.
        var breaks: Bool { type == "nextColumn" ? columns < 2 : type != "continuous" }
    }

    /// In order.
    private var sections: [Section] = []
    /// Moved text that only marks at its ends tell, by their ids.
    private(set) var movedRanges: Set<String> = []
    /// Whether a picture may lie behind the text.
    private(set) var hasPicturesBehind = false

    private var openRanges: Set<String> = []
    private var sectionDepth = 0
    private var changeDepth = 0

    /// - Throws: `ExtractionError`.
    init(_ package: OfficePackage, _ part: String) throws {
        try package.events(part) { take($0) }
    }

    private mutating func take(_ event: MarkupEvent) {
        switch event {
        case .start(let name, let attributes): start(name, attributes)
        case .end("sectPr"): sectionDepth = max(0, sectionDepth - 1)
        case .end("sectPrChange"): changeDepth = max(0, changeDepth - 1)
        case .end, .text: break
        }
    }

    private mutating func start(_ name: String, _ attributes: [String: String]) {
        switch name {
        case "sectPr":
            sectionDepth += 1
            if changeDepth == 0 { sections.append(Section()) }
        case "sectPrChange": changeDepth += 1
        case "type" where sectionDepth > 0 && changeDepth == 0 && !sections.isEmpty:
            sections[sections.count - 1].type = attributes["val"] ?? "nextPage"
        case "cols" where sectionDepth > 0 && changeDepth == 0 && !sections.isEmpty:
            sections[sections.count - 1].columns = attributes["num"].flatMap(Int.init) ?? 1
        case "anchor":
            if attributes["behindDoc"] == "1" || attributes["behindDoc"] == "true" { hasPicturesBehind = true }
        case "moveFromRangeStart": if let id = attributes["id"] { openRanges.insert(id) }
        case "moveFromRangeEnd":
            // Only a range that ends is one; otherwise all that follows would be taken for moved.
            if let id = attributes["id"], openRanges.remove(id) != nil { movedRanges.insert(id) }
        case "moveFrom":
            // The text itself says that it has moved, and what stands between has not.
            openRanges.removeAll()
        default: break
        }
    }

    /// Whether the section after this one begins a new page. The last section's kind counts for itself.
    func breaks(after section: Int) -> Bool {
        let next = section + 1
        if sections.indices.contains(next) { return sections[next].breaks }
        return sections.indices.contains(section) ? sections[section].breaks : true
    }

    /// Whether the section has more than one column.
    func hasColumns(_ section: Int) -> Bool { sections.indices.contains(section) && sections[section].columns > 1 }
}
