/// A document, or a page of one.
public struct Place: Sendable, Equatable {
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
