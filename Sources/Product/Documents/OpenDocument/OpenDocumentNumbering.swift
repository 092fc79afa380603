import DocumentReading

/// Counts the items of lists, whose numbers stand nowhere in the text (OASIS OpenDocument 1.3, part 3, 5.3).
struct OpenDocumentNumbering {
    private static let mostLists = 200_000

    private var counts: [[Int?]] = [Self.none]
    private var byId: [String: Int] = [:]
    private var lastOfStyle: [String: Int] = [:]

    private static let none = [Int?](repeating: nil, count: OpenDocumentListStyle.mostLevels)

    /// The count of headings that stand in no list.
    static let outline = 0

    /// Begins a list that lies in no other. Returns the number under which it counts.
    ///
    /// - Parameters:
    ///   - style: The list's style.
    ///   - id: The list's own name.
    ///   - continues: Whether it goes on with the last list of its style.
    ///   - other: The list with which it goes on.
    /// - Throws: `ExtractionError`.
    mutating func begin(style: String?, id: String?, continues: Bool, other: String?) throws -> Int {
        var key: Int?
        if let other { key = byId[other] }
        if key == nil, continues { key = lastOfStyle[style ?? ""] }
        if key == nil {
            guard counts.count < Self.mostLists else {
                throw ExtractionError.tooComplex("it has more than \(Self.mostLists) lists")
            }
            counts.append(Self.none)
        }
        let found = key ?? counts.count - 1
        if let id { byId[id] = found }
        lastOfStyle[style ?? ""] = found
        return found
    }

    /// Counts an item, and gives what stands in front of it.
    ///
    /// - Parameters:
    ///   - list: The number under which its list counts.
    ///   - level: From 1.
    ///   - start: The number that it is given; `nil` for the next one.
    mutating func label(list: Int, level: Int, style: OpenDocumentListStyle, start: Int?) -> String {
        guard counts.indices.contains(list), level > 0, level <= counts[list].count else { return "" }
        let place = level - 1
        let next = counts[list][place].map { $0.addingReportingOverflow(1).partialValue }
        counts[list][place] = start ?? next ?? style.levels[level]?.start ?? 1
        for deeper in counts[list].indices where deeper > place { counts[list][deeper] = nil }
        return style.label(level, counts[list])
    }
}
