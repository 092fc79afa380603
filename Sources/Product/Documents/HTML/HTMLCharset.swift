import TextEncodings
import TextSearch

/// What an HTML document says of its encoding (HTML Standard, section 13.2.3.2, "prescan").
enum HTMLCharset {
    private static let prescanned = 4096

    /// The label in a `meta` element or an XML declaration; `nil` when there is none.
    static func label(_ bytes: [UInt8]) -> String? {
        // Labels are ASCII in every encoding that can have one.
        let text = String(String.UnicodeScalarView(bytes.prefix(prescanned).map { Unicode.Scalar($0) })).lowercased()
        var rest = text[...]
        if rest.hasPrefix("<?xml"), let end = rest.firstIndex(of: ">"),
            let label = value(of: "encoding", in: rest[..<end])
        {
            return label
        }
        while let start = rest.firstIndex(of: "<") {
            rest = rest[start...]
            if rest.hasPrefix("<!--") {
                guard let end = rest.firstRange(of: "-->") else { return nil }
                rest = rest[end.upperBound...]
                continue
            }
            guard let end = rest.firstIndex(of: ">") else { return nil }
            if rest.hasPrefix("<meta"), let label = value(of: "charset", in: rest[..<end]) {
                // A page whose ASCII can be read is in neither form of UTF-16.
                return label.hasPrefix("utf-16") ? "utf-8" : label
            }
            rest = rest[rest.index(after: end)...]
        }
        return nil
    }

    private static func value(of name: String, in tag: Substring) -> String? {
        guard let place = tag.firstRange(of: name) else { return nil }
        let behind = tag[place.upperBound...].drop { $0 == " " }
        guard behind.first == "=" else { return nil }
        let value = behind.dropFirst().drop { $0 == " " || $0 == "\"" || $0 == "'" }
        let label = value.prefix { $0.isASCII && ($0.isLetter || $0.isNumber || "-_:.+".contains($0)) }
        return label.isEmpty ? nil : String(label)
    }
}
