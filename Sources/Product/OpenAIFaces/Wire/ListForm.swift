public import JSONCoding

/// A list as OpenAI's API has it.
public enum ListForm {
    /// The document: `object`, `data`, `first_id`, `last_id`, `has_more`.
    ///
    /// - Parameters:
    ///   - entries: The page and, when there are more, one entry of the next.
    ///   - limit: Entries of a page.
    ///   - isBackwards: Whether the one more is at the beginning.
    public static func json(_ entries: [JSONValue], limit: Int, isBackwards: Bool = false) -> JSONValue {
        let hasMore = entries.count > limit
        let data = Array(isBackwards ? entries.suffix(limit) : entries.prefix(limit))
        return [
            "object": "list", "data": .array(data), "first_id": .optional(data.first?["id"]?.string),
            "last_id": .optional(data.last?["id"]?.string), "has_more": .bool(hasMore),
        ]
    }
}
