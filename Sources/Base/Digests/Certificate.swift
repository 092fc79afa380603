import CCrypto

/// A certificate and its private key for servers on one machine, both PEM: an authority of one's own, or what such an
/// authority has issued (RFC 5280).
public struct Certificate: Sendable {
    /// The certificate.
    public let pem: String
    /// Its P-256 key.
    public let key: String

    /// Takes up what was made before.
    public init(pem: String, key: String) {
        self.pem = pem
        self.key = key
    }

    /// Makes an authority that signs itself.
    ///
    /// - Returns: `nil` when the library fails.
    public static func authority(name: String, days: Int32) -> Certificate? {
        make(name, nil, days, issuer: nil)
    }

    /// Issues a server's certificate.
    ///
    /// - Parameter alternativeNames: Subject alternative names, e.g. `DNS:localhost` and `IP:127.0.0.1`.
    public func issue(name: String, alternativeNames: [String], days: Int32) -> Certificate? {
        Self.make(name, alternativeNames.joined(separator: ","), days, issuer: self)
    }

    private static func make(
        _ name: String, _ alternativeNames: String?, _ days: Int32, issuer: Certificate?
    ) -> Certificate? {
        var pem: UnsafeMutablePointer<CChar>?
        var key: UnsafeMutablePointer<CChar>?
        let made = apus_make_certificate(name, alternativeNames, days, issuer?.pem, issuer?.key, &pem, &key)
        defer {
            apus_pem_free(pem)
            apus_pem_free(key)
        }
        guard made == 1, let pem, let key else { return nil }
        return Certificate(pem: String(cString: pem), key: String(cString: key))
    }
}
