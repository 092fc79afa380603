import Glibc

/// An IPv4 or IPv6 address.
public struct IPAddress: Sendable, Equatable, CustomStringConvertible {
    /// Four or sixteen bytes.
    let bytes: [UInt8]

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// Reads the usual notations; `nil` when the text is none.
    public init?(_ text: String) {
        var four = in_addr()
        var six = in6_addr()
        if inet_pton(AF_INET, text, &four) == 1 {
            bytes = withUnsafeBytes(of: &four) { Array($0) }
        } else if inet_pton(AF_INET6, text, &six) == 1 {
            bytes = withUnsafeBytes(of: &six) { Array($0) }
        } else {
            return nil
        }
    }

    public var description: String {
        var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        inet_ntop(bytes.count == 4 ? AF_INET : AF_INET6, bytes, &text, socklen_t(text.count))
        return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// Whether anybody on the Internet can reach it. Everything else is refused to be fetched: loopback, private and
    /// link-local networks, metadata services, and forms of IPv6 that hide an IPv4 address of those (IANA's registries
    /// of special-purpose addresses, RFC 6890).
    public var isPublic: Bool {
        if bytes.count == 4 { return !Self.isIn(bytes, Self.special) }
        if let embedded { return embedded.isPublic }
        // Global unicast is all there is; the rest is local, multicast or unassigned.
        return bytes.count == 16 && bytes[0] & 0xE0 == 0x20 && !Self.isIn(bytes, Self.specialSix)
    }

    /// The IPv4 address within mapped, compatible, translated (RFC 6052) and 6to4 addresses.
    private var embedded: IPAddress? {
        guard bytes.count == 16 else { return nil }
        let first = Array(bytes[..<12])
        let zeros = [UInt8](repeating: 0, count: 10)
        if first == zeros + [0xFF, 0xFF] || first == zeros + [0, 0]
            || first == [0, 0x64, 0xFF, 0x9B] + [UInt8](repeating: 0, count: 8)
        {
            return IPAddress(Array(bytes[12...]))
        }
        return bytes[0] == 0x20 && bytes[1] == 0x02 ? IPAddress(Array(bytes[2..<6])) : nil
    }

    private static func isIn(_ bytes: [UInt8], _ networks: [(network: [UInt8], bits: Int)]) -> Bool {
        networks.contains { network, bits in
            (0..<bits).allSatisfy { bit in
                let mask = UInt8(0x80) >> UInt8(bit % 8)
                let wanted = bit / 8 < network.count ? network[bit / 8] : 0
                return bytes[bit / 8] & mask == wanted & mask
            }
        }
    }

    private static let special: [(network: [UInt8], bits: Int)] = [
        ([0], 8), ([10], 8), ([100, 64], 10), ([127], 8), ([169, 254], 16), ([172, 16], 12), ([192, 0, 0], 24),
        ([192, 0, 2], 24), ([192, 31, 196], 24), ([192, 52, 193], 24), ([192, 88, 99], 24), ([192, 168], 16),
        ([192, 175, 48], 24), ([198, 18], 15), ([198, 51, 100], 24), ([203, 0, 113], 24), ([224], 4), ([240], 4),
        // Azure's platform address: public by number, but it answers virtual machines about themselves.
        ([168, 63, 129, 16], 32),
    ]

    private static let specialSix: [(network: [UInt8], bits: Int)] = [
        // Teredo, benchmarking, ORCHID and the like; documentation.
        ([0x20, 0x01, 0x00], 23), ([0x20, 0x01, 0x0D, 0xB8], 32), ([0x3F, 0xFF], 20),
    ]
}
