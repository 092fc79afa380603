import Digests
public import HTTPMessages

/// Shared Key authorization of Blob and Queue Storage ("Authorize with Shared Key").
public struct SharedKey: Sendable {
    /// Account name.
    public let account: String
    private let key: [UInt8]

    /// A key as the portal shows it, base64; `nil` when it is not base64.
    public init?(account: String, base64Key: String) {
        guard let key = Base64.decode(base64Key), !key.isEmpty else { return nil }
        self.account = account
        self.key = key
    }

    /// The value of the `Authorization` field for a request.
    ///
    /// - Parameter contentLength: Bytes of the body.
    public func authorization(method: HTTPMethod, target: HTTPTarget, fields: HTTPFields, contentLength: Int) -> String
    {
        let text = Self.stringToSign(
            method: method, target: target, fields: fields, contentLength: contentLength, account: account)
        return "SharedKey \(account):\(signature(text))"
    }

    /// base64(HMAC-SHA256) of a text.
    public func signature(_ text: String) -> String { Base64.encode(Digest.hmacSHA256(key: key, message: text.bytes)) }

    /// The text that is signed: verb, eleven standard fields, the `x-ms-` fields, the resource.
    ///
    /// - Parameter ordinalSort: Sorts field names by code instead of the service's collation, as hand-written
    ///   clients do.
    public static func stringToSign(
        method: HTTPMethod, target: HTTPTarget, fields: HTTPFields, contentLength: Int, account: String,
        ordinalSort: Bool = false
    ) -> String {
        var lines = [method.rawValue]
        for name in [
            "content-encoding", "content-language", "content-length", "content-md5", "content-type", "date",
            "if-modified-since", "if-match", "if-none-match", "if-unmodified-since", "range",
        ] {
            switch name {
            case "content-length": lines.append(contentLength == 0 ? "" : String(contentLength))
            case "date" where fields["x-ms-date"] != nil: lines.append("")
            default: lines.append(fields[name] ?? "")
            }
        }
        var headers = fields.all.map { ($0.name.lowercased(), $0.value) }.filter { $0.0.hasPrefix("x-ms-") }
        headers.sort { ordinalSort ? Array($0.0.utf8).lexicographicallyPrecedes($1.0.utf8) : collates($0.0, $1.0) }
        lines += headers.map { "\($0.0):\(trimmed($0.1))" }
        var resource = "/" + account + target.rawPath
        let parameters = Dictionary(grouping: target.query) { $0.name.lowercased() }
        for name in parameters.keys.sorted(by: { Array($0.utf8).lexicographicallyPrecedes($1.utf8) }) {
            let values = (parameters[name] ?? []).map(\.value).sorted()
            resource += "\n\(name):\(values.joined(separator: ","))"
        }
        return (lines + [resource]).joined(separator: "\n")
    }

    /// The service's order of names: a linguistic collation in which `-` counts only on a tie and `_` precedes digits.
    static func collates(_ left: String, _ right: String) -> Bool {
        let a = left.utf8.filter { $0 != 45 && $0 != 39 }.map(weight)
        let b = right.utf8.filter { $0 != 45 && $0 != 39 }.map(weight)
        if a != b { return a.lexicographicallyPrecedes(b) }
        // On a tie the name whose ignored character comes later is first.
        for (x, y) in zip(left.utf8, right.utf8) where x != y { return y == 45 || y == 39 }
        return left.utf8.count < right.utf8.count
    }

    private static func weight(_ byte: UInt8) -> UInt8 {
        let symbols = Array("!#$%&*.^_`|~+".utf8)
        if let index = symbols.firstIndex(of: byte) { return UInt8(index) + 1 }
        switch byte {
        case 48...57: return 20 + byte - 48
        case 97...122: return 40 + byte - 97
        default: return 100
        }
    }

    private static func trimmed(_ value: String) -> String {
        let isSpace: (Character) -> Bool = { $0 == " " || $0 == "\t" }
        return String(value.drop(while: isSpace).reversed().drop(while: isSpace).reversed())
    }
}
