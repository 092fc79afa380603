import Digests

/// What opens a link: a part by which it is found, and a secret of 190 bits.
struct ShareToken: Sendable {
    private static let selectorLength = 16
    private static let secretLength = 32

    let selector: String
    private let secret: String

    /// A new one.
    init() {
        selector = Base62.random(Self.selectorLength)
        secret = Base62.random(Self.secretLength)
    }

    /// Reads a token; `nil` when it is none.
    init?(_ text: String) {
        guard text.utf8.count == Self.selectorLength + Self.secretLength, Base62.isValid(text) else { return nil }
        selector = String(text.prefix(Self.selectorLength))
        secret = String(text.dropFirst(Self.selectorLength))
    }

    /// The token as whoever makes the link gets it, once.
    var text: String { selector + secret }

    /// What is kept of the secret: SHA-256 in hexadecimal. Nothing slower is needed for so many bits.
    var digest: String { Digest.hex(Digest.sha256(Array(secret.utf8))) }

    /// Whether what is kept of a secret is of this one. Without any, the same is done for nothing.
    func opens(_ kept: String?) -> Bool {
        let other = kept ?? String(repeating: "0", count: 64)
        return Digest.constantTimeEqual(Array(digest.utf8), Array(other.utf8)) && kept != nil
    }
}
