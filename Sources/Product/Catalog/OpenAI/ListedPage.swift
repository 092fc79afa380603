/// A part of a list that is ordered by time, as programs for OpenAI's API ask for it.
public struct ListedPage: Sendable, Equatable {
    /// Most entries.
    public var limit: Int
    /// Whether the oldest come first.
    public var isAscending: Bool
    /// Id of the entry that it comes after, in that order.
    public var after: String?
    /// Id of the entry that it comes before.
    public var before: String?

    /// A part of a list.
    public init(limit: Int, isAscending: Bool = false, after: String? = nil, before: String? = nil) {
        self.limit = limit
        self.isAscending = isAscending
        self.after = after
        self.before = before
    }

    /// What a statement is told: the operator for what comes after an entry, the one for what comes before, and the direction.
    /// A page that ends before an entry and begins nowhere is read backwards from that.
    var order: (after: String, before: String, direction: String) {
        let isBackwards = after == nil && before != nil
        let direction = isAscending != isBackwards ? "ASC" : "DESC"
        return isAscending ? (">", "<", direction) : ("<", ">", direction)
    }

    /// Rows as they were read, in the order that was asked for.
    func ordered<Row>(_ rows: [Row]) -> [Row] { after == nil && before != nil ? rows.reversed() : rows }
}
