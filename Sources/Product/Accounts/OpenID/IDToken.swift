import Digests
import JSONCoding

/// What an identity provider says of somebody, signed (OpenID Connect Core 1.0, sections 2 and 3.1.3.7; RFC 7519).
struct IDToken: Sendable {
    /// What a token has to be of.
    struct Expectation: Sendable {
        let issuer: String
        let clientID: String
        let nonce: String
        /// What came with it; the token may have its hash.
        let accessToken: String?
        /// Seconds since 1970.
        let now: Int64
    }

    /// How far two machines' clocks may be apart, in seconds.
    static let skew: Int64 = 60
    /// How old one may be that was made for an attempt of just now. Some providers say a time that lies minutes back.
    static let oldest: Int64 = 3600
    static let longest = 64 * 1024
    private static let headerDepth = 4
    private static let claimsDepth = 16
    private static let subjectLength = 1...255
    private static let mostAudiences = 20

    let algorithm: PublicKey.Algorithm
    let keyID: String?
    /// Not to be believed until `claims` has verified them.
    private let payload: JSONValue
    private let signed: [UInt8]
    private let signature: [UInt8]

    /// Takes a token apart. Nothing of it is believed yet.
    init(_ text: String) throws(OpenIDFailure) {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        guard text.utf8.count <= Self.longest, parts.count == 3,
            let header = Self.object(parts[0], Self.headerDepth), let payload = Self.object(parts[1], Self.claimsDepth),
            let signature = Base64URL.decode(parts[2])
        else { throw OpenIDFailure(.invalid, "the ID token is not three parts of base64 and JSON") }
        // What signs is ours to say: no key that others have, such as the client's secret or the public key itself taken for
        // one (RFC 8725, sections 2.1 and 3.1), and nothing that a reader would have to understand.
        guard let algorithm = header["alg"]?.string.flatMap(PublicKey.Algorithm.init(rawValue:)) else {
            throw OpenIDFailure(.invalid, "the ID token is signed by none of RS256, PS256, ES256")
        }
        guard header["crit"] == nil else { throw OpenIDFailure(.invalid, "the ID token has critical extensions") }
        self.algorithm = algorithm
        keyID = header["kid"]?.string
        self.payload = payload
        self.signature = signature
        signed = Array((parts[0] + "." + parts[1]).utf8)
    }

    private static func object(_ text: String, _ depth: Int) -> JSONValue? {
        guard let bytes = Base64URL.decode(text), let value = try? JSONParser.parse(bytes, maximumDepth: depth),
            value.object != nil
        else { return nil }
        return value
    }

    /// What the token says, once it is known to be the provider's, for us, of now, and of this attempt.
    func claims(verifiedBy key: PublicKey, _ expected: Expectation) throws(OpenIDFailure) -> JSONValue {
        guard key.verifies(signature, of: signed, by: algorithm) else {
            throw OpenIDFailure(.invalid, "the ID token's signature is wrong")
        }
        guard payload["iss"]?.string == expected.issuer else {
            throw OpenIDFailure(.invalid, "the ID token's iss is another issuer")
        }
        try checkAudience(expected)
        try checkTimes(expected.now)
        guard let nonce = payload["nonce"]?.string,
            Digest.constantTimeEqual(Array(nonce.utf8), Array(expected.nonce.utf8))
        else { throw OpenIDFailure(.invalid, "the ID token's nonce is of another attempt") }
        guard let subject = payload["sub"]?.string, Self.subjectLength.contains(subject.utf8.count) else {
            throw OpenIDFailure(.invalid, "the ID token's sub is not 1 to \(Self.subjectLength.upperBound) bytes")
        }
        try checkHash(expected.accessToken)
        return payload
    }

    private func checkAudience(_ expected: Expectation) throws(OpenIDFailure) {
        let audiences = payload["aud"]?.array ?? payload["aud"].map { [$0] } ?? []
        guard audiences.count <= Self.mostAudiences, audiences.contains(.string(expected.clientID)) else {
            throw OpenIDFailure(.invalid, "the ID token's aud does not have the client id")
        }
        let party = payload["azp"]
        // A token for several is ours only if it was made for us.
        guard party?.string == expected.clientID || party == nil && audiences.count == 1 else {
            throw OpenIDFailure(.invalid, "the ID token's azp is not the client id")
        }
    }

    private func checkTimes(_ now: Int64) throws(OpenIDFailure) {
        guard let expiry = payload["exp"]?.int, let issued = payload["iat"]?.int else {
            throw OpenIDFailure(.invalid, "the ID token's exp and iat are no times")
        }
        guard now - Self.skew < expiry else { throw OpenIDFailure(.invalid, "the ID token has expired") }
        guard issued <= now + Self.skew else { throw OpenIDFailure(.invalid, "the ID token's iat lies in the future") }
        guard issued >= now - Self.oldest else { throw OpenIDFailure(.invalid, "the ID token's iat lies long back") }
        if let start = payload["nbf"] {
            guard let start = start.int, start <= now + Self.skew else {
                throw OpenIDFailure(.invalid, "the ID token does not count yet")
            }
        }
    }

    /// Section 3.1.3.6: the left half of the digest. All algorithms here are over SHA-256.
    private func checkHash(_ accessToken: String?) throws(OpenIDFailure) {
        guard let hash = payload["at_hash"] else { return }
        guard let text = hash.string, let accessToken else {
            throw OpenIDFailure(.invalid, "the ID token's at_hash is none, or of an access token that did not come")
        }
        let half = Base64URL.encode(Array(Digest.sha256(Array(accessToken.utf8)).prefix(16)))
        guard Digest.constantTimeEqual(Array(text.utf8), Array(half.utf8)) else {
            throw OpenIDFailure(.invalid, "the ID token's at_hash is not the access token's")
        }
    }
}
