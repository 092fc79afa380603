import AccessControl
import Digests

/// What a browser gets new tokens with: the session's id, and 32 bytes that nobody can guess. Each is used once; the next one
/// follows from it by the signing key, so that whoever uses it twice side by side gets the same.
struct RefreshToken: Sendable, Equatable {
    private static let count = 32
    private static let purpose = "refresh"

    let session: String
    private let bytes: [UInt8]

    /// The first of a session.
    init(session: String) {
        self.init(session, Digest.randomBytes(Self.count))
    }

    private init(_ session: String, _ bytes: [UInt8]) {
        self.session = session
        self.bytes = bytes
    }

    /// Reads a cookie's value; `nil` when it is none.
    init?(_ text: String) {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 2, UUIDv7.isValid(parts[0]), let bytes = Base64URL.decode(parts[1]),
            bytes.count == Self.count, Base64URL.encode(bytes) == parts[1]
        else { return nil }
        self.init(parts[0], bytes)
    }

    /// The cookie's value.
    var text: String { session + "." + Base64URL.encode(bytes) }
    /// What is kept of it.
    var digest: String { Digest.hex(Digest.sha256(Array(text.utf8))) }

    /// Tokens of a session that are looked through, in the order in which they followed: a week of steady use.
    private static let longestChain = 1000

    /// Whether the token of a SHA-256 followed from it, with as many as there were between them: then it was one, once.
    func leads(to digest: String, _ keys: SigningKeys) -> Bool {
        for key in successors(keys).indices {
            var token = self
            for _ in 0..<Self.longestChain {
                let next = token.successors(keys)
                guard next.indices.contains(key) else { break }
                token = next[key]
                if token.digest == digest { return true }
            }
        }
        return false
    }

    /// What may follow it: by the key that signs, and by the one that did before.
    func successors(_ keys: SigningKeys) -> [RefreshToken] {
        keys.codes(of: Array(text.utf8), purpose: Self.purpose).map { RefreshToken(session, $0) }
    }
}
