/// A text with its places in it: `Two days. [handbook.pdf#page=3]`.
struct MarkedAnswer {
    private static let mark = "#page="
    /// Without its places; empty when there is nothing else.
    let text: String
    let places: [Place]
    /// The first that looks like a place in brackets, but is none. It stays in the text.
    let fault: String?

    init(_ marked: String) {
        var (text, places, fault) = ("", [Place](), String?.none)
        var rest = marked[...]
        while let open = rest.firstIndex(of: "["), let close = rest[open...].firstIndex(of: "]") {
            let inside = rest[rest.index(after: open)..<close]
            text += rest[..<open]
            if let place = Self.place(inside) {
                places.append(place)
            } else {
                text += rest[open...close]
                if fault == nil, inside.contains(Self.mark) { fault = String(inside) }
            }
            rest = rest[rest.index(after: close)...]
        }
        self.text = (text + rest).split(whereSeparator: \.isWhitespace).joined(separator: " ")
        self.places = places
        self.fault = fault
    }

    private static func place(_ inside: Substring) -> Place? {
        guard let sign = inside.lastIndex(of: "#"), inside[sign...].hasPrefix(mark),
            let page = Int64(inside[sign...].dropFirst(mark.count)), Place.Limit.page.contains(page),
            Place.Limit.name.contains(inside[..<sign].unicodeScalars.count)
        else { return nil }
        return Place(String(inside[..<sign]), page: Int(page))
    }
}
