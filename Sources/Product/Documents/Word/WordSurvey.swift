import Markup

/// What has to be known of a Word document's main part before it is read from its beginning.
struct WordSurvey {
    /// Whether each section begins a new page, in order.
    private(set) var sectionsBreak: [Bool] = []
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
            if changeDepth == 0 { sectionsBreak.append(true) }
        case "sectPrChange": changeDepth += 1
        case "type" where sectionDepth > 0 && changeDepth == 0 && !sectionsBreak.isEmpty:
            let breaks = !["continuous", "nextColumn"].contains(attributes["val"])
            sectionsBreak[sectionsBreak.count - 1] = breaks
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
        if sectionsBreak.indices.contains(next) { return sectionsBreak[next] }
        return sectionsBreak.indices.contains(section) ? sectionsBreak[section] : true
    }
}
