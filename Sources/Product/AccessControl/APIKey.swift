import Digests

/// A key by which a program asks: `apus_`, an id, `_`, a secret, and a checksum of all that, so that a slip of the hand is
/// refused without a query, and scanners for secrets know one when they see it.
public struct APIKey: Sendable {
    /// What every key begins with.
    public static let prefix = "apus_"
    private static let idLength = 16
    private static let secretLength = 32
    private static let checksumLength = 6

    /// Names the key in lists and in the database.
    public let id: String
    private let secret: String

    /// A new one.
    public init() {
        id = Base62.random(Self.idLength)
        secret = Base62.random(Self.secretLength)
    }

    /// Reads a key; `nil` when it is none, without asking anybody.
    public init?(_ text: String) {
        let count = Self.prefix.utf8.count + Self.idLength + 1 + Self.secretLength + Self.checksumLength
        guard text.utf8.count == count, text.hasPrefix(Self.prefix) else { return nil }
        let rest = text.dropFirst(Self.prefix.count)
        let id = rest.prefix(Self.idLength)
        let end = rest.dropFirst(Self.idLength)
        guard end.first == "_" else { return nil }
        let secret = end.dropFirst().prefix(Self.secretLength)
        guard Base62.isValid(id), Base62.isValid(secret),
            Self.checksum(text.dropLast(Self.checksumLength)) == end.dropFirst(1 + Self.secretLength)
        else { return nil }
        self.id = String(id)
        self.secret = String(secret)
    }

    /// The key as its owner gets it, once.
    public var text: String {
        let body = Self.prefix + id + "_" + secret
        return body + Self.checksum(body)
    }

    /// What is kept of the secret: SHA-256 in hexadecimal. It has 190 bits, so nothing slower is needed.
    public var secretDigest: String { Digest.hex(Digest.sha256(Array(secret.utf8))) }

    /// Whether what is kept of a secret is of this one.
    func hasSecret(_ digest: String) -> Bool {
        Digest.constantTimeEqual(Array(secretDigest.utf8), Array(digest.utf8))
    }

    private static func checksum(_ body: some StringProtocol) -> String {
        Base62.encode(CRC32.checksum(body.utf8), count: checksumLength)
    }
}
