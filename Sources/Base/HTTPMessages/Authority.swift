/// Host and port as they stand in the field `Host` and behind the scheme of a URL or an `Origin` (RFC 3986, section 3.2).
///
/// Less than the grammar has, which knows names that nobody resolves.
public struct Authority: Sendable, Equatable {
    /// Longest name that DNS has.
    private static let longestName = 253

    /// In lower case, without a final dot; an IPv6 address without its brackets.
    public let host: String
    /// `nil` when none is given.
    public let port: UInt16?

    /// Reads `name`, `name:port`, `[address]` or `[address]:port`; `nil` for everything else.
    public init?(_ text: some StringProtocol) {
        let bytes = Array(text.utf8)
        let name: ArraySlice<UInt8>
        let rest: ArraySlice<UInt8>
        if bytes.first == UInt8(ascii: "[") {
            guard let end = bytes.firstIndex(of: UInt8(ascii: "]")) else { return nil }
            (name, rest) = (bytes[1..<end], bytes[(end + 1)...])
            guard !name.isEmpty, name.allSatisfy(Self.isOfIPv6) else { return nil }
        } else {
            let end = bytes.firstIndex(of: UInt8(ascii: ":")) ?? bytes.endIndex
            let isDotted = end > 1 && bytes[end - 1] == UInt8(ascii: ".")
            (name, rest) = (bytes[..<(isDotted ? end - 1 : end)], bytes[end...])
            guard !name.isEmpty, name.count <= Self.longestName, name.allSatisfy(Self.isOfName) else { return nil }
        }
        let digits = rest.dropFirst()
        guard rest.isEmpty || rest.first == UInt8(ascii: ":"), digits.allSatisfy({ (48...57).contains($0) }) else {
            return nil
        }
        port = UInt16(String(decoding: digits, as: UTF8.self))
        // An empty port is none (section 3.2.3).
        guard port != nil || digits.isEmpty else { return nil }
        host = String(decoding: name.map { (65...90).contains($0) ? $0 | 0x20 : $0 }, as: UTF8.self)
    }

    /// Letters, digits, hyphens and dots; underscores too, which names within a network of containers have.
    private static func isOfName(_ byte: UInt8) -> Bool {
        (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte) || byte == 45 || byte == 46
            || byte == 95
    }

    private static func isOfIPv6(_ byte: UInt8) -> Bool {
        (48...58).contains(byte) || (65...70).contains(byte) || (97...102).contains(byte) || byte == 46
    }
}
