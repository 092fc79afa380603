import AccessControl
import Digests
import JSONCoding

/// An attempt to sign in by an identity provider, as the browser keeps it until it comes back: signed, and without anything that
/// somebody could use who saw it. What is sent to the provider follows from it by the signing key.
struct SignInAttempt: Sendable, Equatable {
    /// Seconds in which somebody has to sign in at the provider.
    static let life: Int64 = 600
    private static let purpose = "sign-in attempt"
    private static let seedBytes = 32
    private static let longest = 1000

    let provider: String
    /// SHA-256 of the token of the link by which they came.
    let link: String?
    private let seed: String
    private let expiresAt: Int64
    /// Follow from the attempt: what the provider sends back, what its token has to have, and what proves to it that whoever
    /// has begun also ends (RFC 7636).
    let state: String
    let nonce: String
    let verifier: String

    /// Begins one.
    ///
    /// - Parameter now: Seconds since 1970.
    init?(_ provider: String, link: String?, _ keys: SigningKeys, now: Int64) {
        self.init(
            provider, link, seed: Base64URL.encode(Digest.randomBytes(Self.seedBytes)), expiresAt: now + Self.life,
            keys,
            key: 0)
    }

    private init?(
        _ provider: String, _ link: String?, seed: String, expiresAt: Int64, _ keys: SigningKeys, key: Int
    ) {
        func derived(_ what: String) -> String? {
            let codes = keys.codes(of: Array(seed.utf8), purpose: "sign-in \(what)")
            return codes.indices.contains(key) ? Base64URL.encode(codes[key]) : nil
        }
        guard let state = derived("state"), let nonce = derived("nonce"), let verifier = derived("verifier") else {
            return nil
        }
        self.provider = provider
        self.link = link
        self.seed = seed
        self.expiresAt = expiresAt
        self.state = state
        self.nonce = nonce
        self.verifier = verifier
    }

    /// The cookie's value.
    func encoded(_ keys: SigningKeys) -> String {
        let payload: JSONValue = [
            "p": .string(provider), "l": .optional(link), "s": .string(seed), "e": .int(expiresAt),
        ]
        let text = Base64URL.encode(payload.encoded)
        return text + "." + Base64URL.encode(keys.codes(of: Array(text.utf8), purpose: Self.purpose).first ?? [])
    }

    /// Reads a cookie's value; `nil` when it is none of ours, or too old.
    init?(_ text: String, _ keys: SigningKeys, now: Int64) {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        guard text.utf8.count <= Self.longest, parts.count == 2, let given = Base64URL.decode(parts[1]),
            let key = keys.codes(of: Array(parts[0].utf8), purpose: Self.purpose)
                .firstIndex(where: { Digest.constantTimeEqual($0, given) }),
            let bytes = Base64URL.decode(parts[0]), let json = try? JSONParser.parse(bytes, maximumDepth: 2),
            let provider = json["p"]?.string, let seed = json["s"]?.string, let expiresAt = json["e"]?.int,
            now < expiresAt, expiresAt <= now + Self.life + IDToken.skew
        else { return nil }
        self.init(provider, json["l"]?.string, seed: seed, expiresAt: expiresAt, keys, key: key)
    }

    /// The code challenge (RFC 7636, section 4.2, S256).
    var challenge: String { Base64URL.encode(Digest.sha256(Array(verifier.utf8))) }

    /// Whether a provider has sent back this attempt.
    func isAnswered(by state: String) -> Bool {
        Digest.constantTimeEqual(Array(state.utf8), Array(self.state.utf8))
    }

    /// What is kept of it when it has come back.
    var digest: String { Digest.hex(Digest.sha256(Array(state.utf8))) }
}
