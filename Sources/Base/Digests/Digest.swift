import CCrypto

/// SHA-256 over data that arrives in pieces.
public final class SHA256Hasher {
    private let context: OpaquePointer?
    private var digest: [UInt8]?

    /// An empty hash.
    public init() {
        context = EVP_MD_CTX_new()
        EVP_DigestInit_ex(context, EVP_sha256(), nil)
    }

    deinit { EVP_MD_CTX_free(context) }

    /// Adds bytes.
    public func update(_ bytes: [UInt8]) {
        _ = bytes.withUnsafeBytes { EVP_DigestUpdate(context, $0.baseAddress, $0.count) }
    }

    /// The 32-byte digest; the hasher is used up.
    public func finalize() -> [UInt8] {
        // The library's own context must not be finished twice.
        if let digest { return digest }
        var result = [UInt8](repeating: 0, count: 32)
        EVP_DigestFinal_ex(context, &result, nil)
        digest = result
        return result
    }
}

/// MD5 over data that arrives in pieces: storage services use it as a checksum, nothing else may.
public final class MD5Hasher {
    private let context: OpaquePointer?
    private var digest: [UInt8]?

    /// An empty hash.
    public init() {
        context = EVP_MD_CTX_new()
        EVP_DigestInit_ex(context, EVP_md5(), nil)
    }

    deinit { EVP_MD_CTX_free(context) }

    /// Adds bytes.
    public func update(_ bytes: [UInt8]) {
        _ = bytes.withUnsafeBytes { EVP_DigestUpdate(context, $0.baseAddress, $0.count) }
    }

    /// The 16-byte digest; the hasher is used up.
    public func finalize() -> [UInt8] {
        // The library's own context must not be finished twice.
        if let digest { return digest }
        var result = [UInt8](repeating: 0, count: 16)
        EVP_DigestFinal_ex(context, &result, nil)
        digest = result
        return result
    }
}

/// Hashes, message authentication codes and random bytes, all by libcrypto.
public enum Digest {
    /// SHA-256 of the bytes.
    public static func sha256(_ bytes: [UInt8]) -> [UInt8] {
        let hasher = SHA256Hasher()
        hasher.update(bytes)
        return hasher.finalize()
    }

    /// HMAC-SHA256 of the message (RFC 2104).
    public static func hmacSHA256(key: [UInt8], message: [UInt8]) -> [UInt8] {
        var result = [UInt8](repeating: 0, count: 32)
        var length: UInt32 = 32
        HMAC(EVP_sha256(), key, Int32(key.count), message, message.count, &result, &length)
        return result
    }

    /// Whether two secrets are equal, in a time that depends on their lengths alone.
    public static func constantTimeEqual(_ left: [UInt8], _ right: [UInt8]) -> Bool {
        left.count == right.count && CRYPTO_memcmp(left, right, left.count) == 0
    }

    /// Bytes from the system's generator.
    public static func randomBytes(_ count: Int) -> [UInt8] {
        // The kernel's, a few at a time: the library's own generator costs ten times as much for an identifier.
        var generator = SystemRandomNumberGenerator()
        var result: [UInt8] = []
        result.reserveCapacity(count + 8)
        while result.count < count { withUnsafeBytes(of: generator.next()) { result.append(contentsOf: $0) } }
        result.removeLast(result.count - count)
        return result
    }

    /// Lower-case hexadecimal.
    public static func hex(_ bytes: [UInt8]) -> String {
        let digits = Array("0123456789abcdef".utf8)
        return String(decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }
}
