import CCrypto

#if DEBUG
/// A key that signs what a `PublicKey` verifies. Nothing of the product signs so: it stands in for those who do, in tests. It is
/// here because this module alone speaks to libcrypto, and in debug builds alone, so that no program has it.
///
/// Unchecked, for the compiler knows nothing of the pointer: the key is not changed after it was made, and libcrypto locks what
/// it keeps in it.
package final class PrivateKey: @unchecked Sendable {
    private let key: OpaquePointer
    package let publicKey: PublicKey
    private static let room = 1024

    /// Makes an RSA key of 2048 bits, or one of P-256; `nil` when the library fails.
    package init?(isRSA: Bool) {
        guard let key = apus_make_key(isRSA ? 1 : 0) else { return nil }
        func number(_ name: String, padded: Int = 0) -> [UInt8] {
            var bytes = [UInt8](repeating: 0, count: Self.room)
            let count = Int(apus_key_number(key, name, &bytes, Int32(Self.room)))
            return [UInt8](repeating: 0, count: max(0, padded - count)) + bytes.prefix(count)
        }
        let found =
            isRSA
            ? PublicKey(modulus: number("n"), exponent: number("e"))
            : PublicKey(x: number("qx", padded: 32), y: number("qy", padded: 32))
        guard let found else {
            EVP_PKEY_free(key)
            return nil
        }
        self.key = key
        publicKey = found
    }

    deinit { EVP_PKEY_free(key) }

    /// Signs a message; empty when the library fails.
    package func sign(_ message: [UInt8], by algorithm: PublicKey.Algorithm) -> [UInt8] {
        var signature = [UInt8](repeating: 0, count: Self.room)
        let count = apus_sign(key, algorithm == .ps256 ? 1 : 0, message, message.count, &signature, Self.room)
        return Array(signature.prefix(count))
    }
}
#endif
