import Digests
public import HTTPMessages

/// Shared Key authorization of Blob and Queue Storage ("Authorize with Shared Key";
/// docs/reference/azure-storage.md, 1.4).
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
        var headers: [(name: String, key: [UInt8], value: String)] = []
        for field in fields.all where isServiceField(field.name) {
            let name = field.name.lowercased()
            headers.append((name, ordinalSort ? Array(name.utf8) : sortKey(name), field.value))
        }
        headers.sort { left, right in
            if ordinalSort || left.key != right.key { return left.key.lexicographicallyPrecedes(right.key) }
            return precedesOnTie(left.name, right.name)
        }
        lines += headers.map { "\($0.name):\(trimmed($0.value))" }
        var resource = "/" + account + target.rawPath
        let parameters = Dictionary(grouping: target.query) { $0.name.lowercased() }
        for name in parameters.keys.sorted(by: { Array($0.utf8).lexicographicallyPrecedes($1.utf8) }) {
            let values = (parameters[name] ?? []).map(\.value).sorted()
            resource += "\n\(name):\(values.joined(separator: ","))"
        }
        return (lines + [resource]).joined(separator: "\n")
    }

    private static func isServiceField(_ name: String) -> Bool {
        name.utf8.count > 5 && equalIgnoringCase(String(name.prefix(5)), "x-ms-")
    }

    /// The service's order of names: a linguistic collation in which `_` precedes digits and `-` counts only on a tie.
    private static func sortKey(_ name: String) -> [UInt8] {
        name.utf8.compactMap { $0 == 45 || $0 == 39 ? nil : weights[Int($0)] }
    }

    /// On a tie the name whose ignored character comes later is first.
    private static func precedesOnTie(_ left: String, _ right: String) -> Bool {
        for (x, y) in zip(left.utf8, right.utf8) where x != y { return y == 45 || y == 39 }
        return left.utf8.count < right.utf8.count
    }

    private static let weights: [UInt8] = {
        var weights = [UInt8](repeating: 100, count: 256)
        for (index, byte) in "!#$%&*.^_`|~+".utf8.enumerated() { weights[Int(byte)] = UInt8(index) + 1 }
        for byte in 48...57 { weights[byte] = UInt8(20 + byte - 48) }
        for byte in 97...122 { weights[byte] = UInt8(40 + byte - 97) }
        return weights
    }()

    private static func trimmed(_ value: String) -> String {
        guard let first = value.utf8.first, let last = value.utf8.last, first <= 32 || last <= 32 else { return value }
        let isSpace: (Character) -> Bool = { $0 == " " || $0 == "\t" }
        return String(value.drop(while: isSpace).reversed().drop(while: isSpace).reversed())
    }
}
