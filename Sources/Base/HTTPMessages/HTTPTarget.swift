import TextSearch

/// The path and query of a request, kept as the bytes that were sent.
public struct HTTPTarget: Sendable, Equatable {
    /// The path as on the wire, percent-encoded.
    public let rawPath: String
    /// The query as on the wire without its question mark, or `nil` when there is none.
    public let rawQuery: String?

    /// Splits a request target at its first question mark.
    public init(_ text: String) {
        if let mark = text.utf8.firstIndex(of: UInt8(ascii: "?")) {
            rawPath = String(text[..<mark])
            rawQuery = String(text[text.utf8.index(after: mark)...])
        } else {
            rawPath = text
            rawQuery = nil
        }
    }

    /// The path and query of an absolute URL; an empty path is `/`.
    public init(url: String) {
        let rest = url.firstRange(of: "://").map { url[$0.upperBound...] } ?? url[...]
        let start = rest.utf8.firstIndex { $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "?") } ?? rest.endIndex
        let text = String(rest[start...])
        self.init(text.hasPrefix("/") ? text : "/" + text)
    }

    /// The target as it stands in the request line.
    public var text: String { rawQuery.map { rawPath + "?" + $0 } ?? rawPath }

    /// Segments of this many bytes may be secrets, such as what opens a link; ids are shorter.
    private static let secretLength = 40

    /// The path for logs: without segments that are long enough to be a secret.
    public var loggedPath: String {
        guard rawPath.utf8.count >= Self.secretLength else { return rawPath }
        return rawPath.split(separator: "/", omittingEmptySubsequences: false)
            .map { $0.utf8.count < Self.secretLength ? $0 : "…" }.joined(separator: "/")
    }

    /// The path's segments, percent-decoded; `nil` when a segment is not valid UTF-8.
    public var segments: [String]? {
        var result: [String] = []
        guard rawPath.utf8.contains(UInt8(ascii: "%")) else {
            return rawPath.utf8.split(separator: UInt8(ascii: "/")).map { String($0) ?? "" }
        }
        for part in rawPath.split(separator: "/", omittingEmptySubsequences: true) {
            guard let decoded = percentDecoded(part) else { return nil }
            result.append(decoded)
        }
        return result
    }

    /// Query parameters in order, percent-decoded, `+` read as a space.
    public var query: [(name: String, value: String)] {
        guard let rawQuery else { return [] }
        return rawQuery.split(separator: "&", omittingEmptySubsequences: true).map { part in
            let pair = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let value = pair.count > 1 ? pair[1] : ""
            return (
                percentDecoded(pair[0], plusIsSpace: true) ?? String(pair[0]),
                percentDecoded(value, plusIsSpace: true) ?? String(value)
            )
        }
    }

    /// The first value of a query parameter.
    public func parameter(_ name: String) -> String? { query.first { $0.name == name }?.value }
}

/// Decodes percent escapes once; `nil` when the result is not UTF-8. A bad escape stays as it is.
public func percentDecoded(_ text: some StringProtocol, plusIsSpace: Bool = false) -> String? {
    var bytes: [UInt8] = []
    let source = Array(text.utf8)
    bytes.reserveCapacity(source.count)
    var index = 0
    while index < source.count {
        if source[index] == UInt8(ascii: "%"), index + 2 < source.count,
            let high = hexValue(source[index + 1]), let low = hexValue(source[index + 2])
        {
            bytes.append(high << 4 | low)
            index += 3
        } else {
            bytes.append(plusIsSpace && source[index] == UInt8(ascii: "+") ? UInt8(ascii: " ") : source[index])
            index += 1
        }
    }
    return String(validating: bytes, as: UTF8.self)
}

/// Percent-encodes every byte outside `A-Z a-z 0-9 - . _ ~` and the ones in `keeping`.
public func percentEncoded(_ text: String, keeping: String = "") -> String {
    let kept = Array(keeping.utf8)
    let digits = Array("0123456789ABCDEF".utf8)
    var bytes: [UInt8] = []
    for byte in text.utf8 {
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
            UInt8(ascii: "~"):
            bytes.append(byte)
        default:
            if kept.contains(byte) {
                bytes.append(byte)
            } else {
                bytes += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
    }
    return String(decoding: bytes, as: UTF8.self)
}

private func hexValue(_ byte: UInt8) -> UInt8? {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - 48
    case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - 87
    case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - 55
    default: nil
    }
}
