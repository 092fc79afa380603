/// A document, or a page of one.
public struct Place: Sendable, Hashable {
    /// What a set, and so a run's file, may name.
    enum Limit {
        /// Characters of a document's name.
        static let name = 1...1000
        static let page: ClosedRange<Int64> = 1...1_000_000
    }

    /// Its file's name.
    public let document: String
    /// From 1; `nil` for any page.
    public let page: Int?

    /// Names a place.
    public init(_ document: String, page: Int? = nil) {
        self.document = document
        self.page = page
    }

    /// Whether what was found lies at this place, or so many pages before or behind it.
    func holds(_ found: Place, within pages: Int = 0) -> Bool {
        guard document == found.document else { return false }
        guard let page, let other = found.page else { return true }
        return abs(page - other) <= pages
    }
}
