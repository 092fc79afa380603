/// Which records a read or delete is about; `nil` members do not restrict.
public struct RecordSelection: Sendable {
    public var ids: [String]?
    public var filter: WhereFilter?
    public var documentFilter: WhereFilter?

    /// A selection.
    public init(ids: [String]? = nil, filter: WhereFilter? = nil, documentFilter: WhereFilter? = nil) {
        self.ids = ids
        self.filter = filter
        self.documentFilter = documentFilter
    }

    /// Whether it leaves nothing out.
    public var isEverything: Bool { ids == nil && filter == nil && documentFilter == nil }

    /// Whether evaluating it may take long.
    public var needsDocuments: Bool { filter?.needsDocument ?? false || documentFilter?.needsDocument ?? false }
}
