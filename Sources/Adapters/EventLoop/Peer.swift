import CLinux

/// Who is at the other end of a connection that was accepted.
public struct Peer: Sendable {
    /// The IPv4 address in dotted form; empty for other addresses.
    public let address: String
    /// The same for all addresses that one caller may have: one of IPv4, or a network of 64 bits of IPv6.
    public let network: UInt64

    /// Nobody in particular.
    public static let unknown = Peer(address: "", network: 0)

    init(_ peer: apus_peer) {
        address = withUnsafeBytes(of: peer.text) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
        network = peer.network
    }

    private init(address: String, network: UInt64) {
        self.address = address
        self.network = network
    }
}
