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
        // Twice for each request, so without an array for each part.
        var text = String(text)
        guard let parts = text.withUTF8({ Self.parts($0) }) else { return nil }
        (host, port) = parts
    }

    private static func parts(_ bytes: UnsafeBufferPointer<UInt8>) -> (host: String, port: UInt16?)? {
        let name: Range<Int>
        var end: Int
        if bytes.first == UInt8(ascii: "[") {
            guard let bracket = bytes.firstIndex(of: UInt8(ascii: "]")) else { return nil }
            (name, end) = (1..<bracket, bracket + 1)
            guard !name.isEmpty, bytes[name].allSatisfy(isOfIPv6) else { return nil }
        } else {
            end = bytes.firstIndex(of: UInt8(ascii: ":")) ?? bytes.endIndex
            let isDotted = end > 1 && bytes[end - 1] == UInt8(ascii: ".")
            name = 0..<(isDotted ? end - 1 : end)
            guard !name.isEmpty, name.count <= longestName, bytes[name].allSatisfy(isOfName) else { return nil }
        }
        let host = String(unsafeUninitializedCapacity: name.count) { lowered in
            for (place, byte) in bytes[name].enumerated() {
                lowered[place] = (65...90).contains(byte) ? byte | 0x20 : byte
            }
            return name.count
        }
        guard end < bytes.endIndex else { return (host, nil) }
        guard bytes[end] == UInt8(ascii: ":") else { return nil }
        end += 1
        // An empty port is none (section 3.2.3).
        guard end < bytes.endIndex else { return (host, nil) }
        var port: UInt16 = 0
        for byte in bytes[end...] {
            guard (48...57).contains(byte) else { return nil }
            let (tens, isTooLarge) = port.multipliedReportingOverflow(by: 10)
            let (sum, isOver) = tens.addingReportingOverflow(UInt16(byte - 48))
            guard !isTooLarge, !isOver else { return nil }
            port = sum
        }
        return (host, port)
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
