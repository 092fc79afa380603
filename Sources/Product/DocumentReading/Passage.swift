public import JSONCoding

/// A stretch of one page that is indexed, found and cited as one.
public struct Passage: Sendable, Equatable {
    /// Page that holds it, from 1.
    public let page: Int
    /// Offsets in the document, in scalars, half-open.
    public let start: Int
    public let end: Int
    /// Exactly the document's text between the offsets.
    public let text: String
    /// The heading that it stands under; `nil` when there is none above it.
    public let heading: String?
    /// The first row of the table that it begins within, which mostly names the columns; `nil` when it begins within none.
    public let columns: String?

    /// A passage with its place.
    public init(page: Int, start: Int, end: Int, text: String, heading: String? = nil, columns: String? = nil) {
        self.page = page
        self.start = start
        self.end = end
        self.text = text
        self.heading = heading
        self.columns = columns
    }

    /// The form in which the reader hands it over, a line for each.
    public var json: JSONValue {
        var json: JSONObject = [
            "page": .int(Int64(page)), "start": .int(Int64(start)), "end": .int(Int64(end)), "text": .string(text),
        ]
        if let heading { json["heading"] = .string(heading) }
        if let columns { json["columns"] = .string(columns) }
        return .object(json)
    }

    /// Reads that form; `nil` when it is none.
    public init?(json: JSONValue) {
        guard let page = json["page"]?.int, let start = json["start"]?.int, let end = json["end"]?.int,
            let text = json["text"]?.string, page > 0, start >= 0, end > start
        else { return nil }
        self.init(
            page: Int(clamping: page), start: Int(clamping: start), end: Int(clamping: end), text: text,
            heading: json["heading"]?.string, columns: json["columns"]?.string)
    }
}
