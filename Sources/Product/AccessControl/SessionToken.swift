import Digests
import JSONCoding

/// What a browser shows that somebody is signed in: a JSON Web Signature (RFC 7515, compact serialisation) that lasts for
/// minutes and is verified without asking anybody.
public struct SessionToken: Sendable, Equatable {
    /// Why a text is no token.
    public enum Fault: Error, Equatable {
        /// It was one.
        case expired
        case invalid
    }

    /// How long one lasts, in seconds.
    public static let life: Int64 = 600
    /// How far two machines' clocks may be apart, in seconds.
    private static let skew: Int64 = 60
    private static let longest = 1024

    public let person: String
    public let session: String
    /// Seconds since 1970.
    public let issuedAt: Int64
    public let expiresAt: Int64

    /// One that is issued now.
    ///
    /// - Parameter now: Seconds since 1970.
    public init(person: String, session: String, now: Int64) {
        self.person = person
        self.session = session
        issuedAt = now
        expiresAt = now + Self.life
    }

    /// Signs it with the first key.
    public func encoded(_ keys: SigningKeys) -> String {
        guard let key = keys.all.first else { return "" }
        let header: JSONValue = ["alg": "HS256", "kid": .string(key.name), "typ": "JWT"]
        let payload: JSONValue = [
            "sub": .string(person), "sid": .string(session), "iat": .int(issuedAt), "exp": .int(expiresAt),
        ]
        let signed = Base64URL.encode(header.encoded) + "." + Base64URL.encode(payload.encoded)
        return signed + "." + Base64URL.encode(Digest.hmacSHA256(key: key.bytes, message: Array(signed.utf8)))
    }

    /// Verifies a text.
    ///
    /// - Parameter now: Seconds since 1970.
    public init(_ text: String, _ keys: SigningKeys, now: Int64) throws(Fault) {
        self = try Self.signed(text, keys)
        guard issuedAt <= now + Self.skew, expiresAt > issuedAt, expiresAt - issuedAt <= Self.life else {
            throw .invalid
        }
        guard now < expiresAt else { throw .expired }
    }

    /// A token that one of the keys has signed, however old; for ending what it stands for.
    public static func signed(_ text: String, _ keys: SigningKeys) throws(Fault) -> SessionToken {
        guard text.utf8.count <= longest else { throw .invalid }
        let parts = text.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 3, let header = object(parts[0]), let code = exact(parts[2]) else { throw .invalid }
        // What signs is ours alone to say: no other algorithm, and nothing that a reader would have to understand
        // (RFC 8725, sections 3.1 and 3.2).
        guard header["alg"]?.string == "HS256", header["crit"] == nil, let name = header["kid"]?.string,
            let key = keys.all.first(where: { $0.name == name })
        else { throw .invalid }
        let expected = Digest.hmacSHA256(key: key.bytes, message: Array((parts[0] + "." + parts[1]).utf8))
        guard Digest.constantTimeEqual(code, expected) else { throw .invalid }
        guard let payload = object(parts[1]), let person = payload["sub"]?.string, let session = payload["sid"]?.string,
            case .int(let issuedAt)? = payload["iat"], case .int(let expiresAt)? = payload["exp"],
            UUIDv7.isValid(person), UUIDv7.isValid(session), (0..<1 << 40).contains(issuedAt),
            (0..<1 << 40).contains(expiresAt)
        else { throw .invalid }
        return SessionToken(person: person, session: session, issuedAt: issuedAt, expiresAt: expiresAt)
    }

    private init(person: String, session: String, issuedAt: Int64, expiresAt: Int64) {
        self.person = person
        self.session = session
        self.issuedAt = issuedAt
        self.expiresAt = expiresAt
    }

    /// Base64 as this product writes it: one text for the same bytes, and no other.
    private static func exact(_ text: String) -> [UInt8]? {
        guard let bytes = Base64URL.decode(text), Base64URL.encode(bytes) == text else { return nil }
        return bytes
    }

    private static func object(_ text: String) -> JSONValue? {
        guard let bytes = exact(text), let value = try? JSONParser.parse(bytes, maximumDepth: 2), value.object != nil
        else { return nil }
        return value
    }
}
