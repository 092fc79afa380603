import Digests
import FoundationEssentials
import HTTPMessages
import JSONCoding
import ProgramSupport
import Synchronization
import Telemetry

/// Issues and checks access tokens: JWTs (RFC 7519) signed with a key of this folder (HS256, RFC 7518).
final class TokenAuthority: Sendable {
    /// What a token says.
    struct Claims: Sendable {
        let audience: String
        let tenant: String
        let object: String
        let client: String
    }

    /// Why a token was refused.
    enum Refusal: Error {
        case malformed, signature, expired, audience
    }

    /// The one tenant.
    static let tenant = "a9d5bcc0-5d1e-4a6b-9a0f-0d9a4b1c2e3f"
    /// The system-assigned identity.
    static let systemIdentity = "b4c6a3de-0f6b-4b7e-8f6d-3a1f5d2c7e90"

    private let key: [UInt8]
    private let clock: EmulatorClock
    /// Tokens issued before this time in milliseconds count as expired; for tests.
    private let validFrom = Mutex<Int64>(0)

    /// Reads the folder's key, or makes one.
    init(directory: String, clock: EmulatorClock) throws {
        self.clock = clock
        let path = directory + "/tokens.key"
        if let data = FileManager.default.contents(atPath: path), data.count == 32 {
            key = Array(data)
        } else {
            key = Digest.randomBytes(32)
            guard PrivateFile.write(key, to: path) else {
                throw EmulatorError(description: "\(path) cannot be written")
            }
        }
    }

    /// Makes every token so far count as expired.
    func expireAll() { validFrom.withLock { $0 = clock.milliseconds + 1 } }

    /// After the clock was set back, tokens that are issued from now on count, whatever was expired later.
    func clockWasSetBack() { validFrom.withLock { $0 = min($0, clock.milliseconds) } }

    /// A token for an audience.
    ///
    /// - Parameter lifetime: Seconds; negative ones make a token that has expired already.
    func issue(
        audience: String, client: String, object: String, lifetime: Int64
    ) -> (token: String, expires: Int64) {
        let now = clock.milliseconds
        let expires = now / 1000 + lifetime
        let claims: JSONValue = [
            "aud": .string(audience), "iss": .string("https://sts.windows.net/\(Self.tenant)/"),
            "iat": .int(min(now / 1000, expires)), "nbf": .int(min(now / 1000, expires)), "exp": .int(expires),
            "tid": .string(Self.tenant), "oid": .string(object), "sub": .string(object), "appid": .string(client),
            "ver": "1.0", "jti": .int(now),
        ]
        let header: JSONValue = ["typ": "JWT", "alg": "HS256"]
        let text = Base64URL.encode(header.encoded) + "." + Base64URL.encode(claims.encoded)
        return (text + "." + Base64URL.encode(Digest.hmacSHA256(key: key, message: text.bytes)), expires)
    }

    /// What a token says, when its signature, times and audience are right.
    ///
    /// - Parameter isAudience: Whether a service answers to that audience.
    func check(_ token: String, isAudience: (String) -> Bool) throws(Refusal) -> Claims {
        let parts = token.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 3, let body = Base64URL.decode(String(parts[1])),
            let given = Base64URL.decode(String(parts[2])), let json = try? JSONParser.parse(body)
        else { throw .malformed }
        let right = Digest.hmacSHA256(key: key, message: "\(parts[0]).\(parts[1])".bytes)
        guard Digest.constantTimeEqual(given, right) else { throw .signature }
        let now = clock.milliseconds
        guard let expires = json["exp"]?.int, expires > now / 1000, let issued = json["jti"]?.int,
            issued >= validFrom.withLock({ $0 })
        else { throw .expired }
        let audience = json["aud"]?.string ?? ""
        guard isAudience(audience) else { throw .audience }
        return Claims(
            audience: audience, tenant: json["tid"]?.string ?? "", object: json["oid"]?.string ?? "",
            client: json["appid"]?.string ?? "")
    }
}
