import CCrypto

/// A checksum over data that arrives in pieces, by whichever algorithm its sender has chosen. It tells what was damaged on its
/// way, and proves nothing: of MD5 and SHA-1 anybody can make another content.
public final class ChecksumHasher {
    /// What can be chosen, by the names that resumable uploads (tus 1.0.0) use.
    public enum Algorithm: String, Sendable, CaseIterable {
        case sha1, sha256, md5

        /// Bytes of a checksum.
        public var length: Int {
            switch self {
            case .md5: 16
            case .sha1: 20
            case .sha256: 32
            }
        }

        fileprivate var method: OpaquePointer? {
            switch self {
            case .md5: EVP_md5()
            case .sha1: EVP_sha1()
            case .sha256: EVP_sha256()
            }
        }
    }

    private let algorithm: Algorithm
    private let context: OpaquePointer?
    private var digest: [UInt8]?

    /// The checksum of nothing yet.
    public init(_ algorithm: Algorithm) {
        self.algorithm = algorithm
        context = EVP_MD_CTX_new()
        EVP_DigestInit_ex(context, algorithm.method, nil)
    }

    deinit { EVP_MD_CTX_free(context) }

    /// Adds bytes.
    public func update(_ bytes: [UInt8]) {
        _ = bytes.withUnsafeBytes { EVP_DigestUpdate(context, $0.baseAddress, $0.count) }
    }

    /// The checksum; the hasher is used up.
    public func finalize() -> [UInt8] {
        // The library's own context must not be finished twice.
        if let digest { return digest }
        var result = [UInt8](repeating: 0, count: algorithm.length)
        EVP_DigestFinal_ex(context, &result, nil)
        digest = result
        return result
    }
}
