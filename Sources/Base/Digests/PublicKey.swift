import CCrypto

/// A key that signatures of others are verified with, by libcrypto.
public enum PublicKey: Sendable, Equatable {
    /// How a signature is made; each over SHA-256 (RFC 7518, section 3.1).
    public enum Algorithm: String, Sendable, CaseIterable {
        /// RSA with the padding of PKCS #1, version 1.5.
        case rs256 = "RS256"
        /// RSA with PSS padding.
        case ps256 = "PS256"
        /// ECDSA on P-256.
        case es256 = "ES256"
    }

    /// RSA, of 2048 to 8192 bits.
    case rsa(modulus: [UInt8], exponent: [UInt8])
    /// A point of P-256.
    case p256(x: [UInt8], y: [UInt8])

    private static let rsaBytes = 256...1024
    /// No exponent in use has more; a longer one only takes time.
    private static let exponentBytes = 1...4
    private static let coordinateBytes = 32

    /// Takes a modulus and an exponent, big-endian; `nil` when they are too short to be safe, or longer than anybody's.
    public init?(modulus: [UInt8], exponent: [UInt8]) {
        let (modulus, exponent) = (Self.withoutZeros(modulus), Self.withoutZeros(exponent))
        guard Self.rsaBytes.contains(modulus.count), (modulus.first ?? 0) >= 128 || modulus.count > 256,
            Self.exponentBytes.contains(exponent.count), (exponent.last ?? 0) % 2 == 1, exponent != [1]
        else { return nil }
        self = .rsa(modulus: modulus, exponent: exponent)
    }

    /// Takes the coordinates of a point, big-endian; `nil` when they are not of 32 bytes. Whether it lies on the curve shows when
    /// something is verified.
    public init?(x: [UInt8], y: [UInt8]) {
        guard x.count == Self.coordinateBytes, y.count == Self.coordinateBytes else { return nil }
        self = .p256(x: x, y: y)
    }

    private static func withoutZeros(_ bytes: [UInt8]) -> [UInt8] { Array(bytes.drop { $0 == 0 }) }

    /// Whether signatures of an algorithm can be of this key.
    public func fits(_ algorithm: Algorithm) -> Bool {
        switch self {
        case .rsa: algorithm == .rs256 || algorithm == .ps256
        case .p256: algorithm == .es256
        }
    }

    /// Whether a signature is of a message, and of this key; false for an algorithm that is another kind of key's.
    public func verifies(_ signature: [UInt8], of message: [UInt8], by algorithm: Algorithm) -> Bool {
        guard fits(algorithm) else { return false }
        switch self {
        case .rsa(let modulus, let exponent):
            guard signature.count == modulus.count,
                let key = apus_rsa_key(modulus, Int32(modulus.count), exponent, Int32(exponent.count))
            else { return false }
            defer { EVP_PKEY_free(key) }
            let isPSS: Int32 = algorithm == .ps256 ? 1 : 0
            return apus_verify(key, isPSS, message, message.count, signature, signature.count) == 1
        case .p256(let x, let y):
            let point = [4] + x + y
            guard signature.count == 2 * Self.coordinateBytes, let key = apus_p256_key(point, point.count) else {
                return false
            }
            defer { EVP_PKEY_free(key) }
            return apus_verify_ecdsa(key, message, message.count, signature) == 1
        }
    }
}
