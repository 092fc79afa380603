import CCrypto

/// The password function scrypt (RFC 7914), by libcrypto.
public enum Scrypt {
    /// What a derivation costs: `128 · n · r` bytes of memory, and time that grows with all three.
    public struct Cost: Sendable, Equatable {
        /// A power of two.
        public let n: UInt64
        public let r: UInt64
        public let p: UInt64

        /// Names the three parameters as the RFC does.
        public init(n: UInt64, r: UInt64, p: UInt64) {
            self.n = n
            self.r = r
            self.p = p
        }
    }

    /// The most memory in bytes that a derivation is given.
    private static let mostMemory: UInt64 = 64 << 20

    /// Derives a key. It takes time on purpose, so it is called off the cooperative pool.
    ///
    /// - Returns: `nil` when the parameters are none, or want more than 64 MiB.
    public static func derive(password: [UInt8], salt: [UInt8], cost: Cost, length: Int) -> [UInt8]? {
        guard (1...1024).contains(length) else { return nil }
        var key = [UInt8](repeating: 0, count: length)
        let done = password.withUnsafeBytes { password in
            EVP_PBE_scrypt(
                password.baseAddress?.assumingMemoryBound(to: CChar.self), password.count, salt, salt.count, cost.n,
                cost.r, cost.p, mostMemory, &key, length)
        }
        return done == 1 ? key : nil
    }
}
