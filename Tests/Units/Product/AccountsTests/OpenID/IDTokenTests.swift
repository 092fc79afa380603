import Digests
import JSONCoding
import Testing

@testable import Accounts

/// What is believed of a token, and every kind of lie.
@Suite struct IDTokenTests {
    private static let now: Int64 = 1_800_000_000
    private static let rsa = PrivateKey(isRSA: true)
    private static let ec = PrivateKey(isRSA: false)

    private let right: JSONObject = [
        "iss": "https://issuer.example", "sub": "s", "aud": "us", "exp": .int(now + 300), "iat": .int(now),
        "nonce": "n",
    ]

    private func expectation(access: String? = "access", now: Int64 = now) -> IDToken.Expectation {
        IDToken.Expectation(
            issuer: "https://issuer.example", clientID: "us", nonce: "n", accessToken: access, now: now)
    }

    private func text(
        _ claims: JSONObject, header: JSONObject = ["alg": "RS256", "kid": "k"],
        sign: (([UInt8]) -> [UInt8])? = nil
    ) throws -> String {
        let signed =
            Base64URL.encode(JSONValue.object(header).encoded) + "."
            + Base64URL.encode(JSONValue.object(claims).encoded)
        let pair = try #require(Self.rsa)
        let signature = sign?(Array(signed.utf8)) ?? pair.sign(Array(signed.utf8), by: .rs256)
        return signed + "." + Base64URL.encode(signature)
    }

    /// Why a token is not believed; `nil` when it is.
    private func fault(_ text: String, access: String? = "access", now: Int64 = now) throws -> String? {
        let key = try #require(Self.rsa).publicKey
        do {
            _ = try IDToken(text).claims(verifiedBy: key, expectation(access: access, now: now))
            return nil
        } catch {
            #expect(error.code == .invalid)
            return error.reason
        }
    }

    private func with(_ name: String, _ value: JSONValue?) -> JSONObject {
        var claims = right
        claims[name] = value
        return claims
    }

    @Test func whatIsRightIsBelieved() throws {
        #expect(try fault(try text(right)) == nil)
        #expect(try fault(try text(with("aud", ["us"]))) == nil)
        var several = with("aud", ["them", "us"])
        several["azp"] = "us"
        #expect(try fault(try text(several)) == nil)
        #expect(try fault(try text(with("exp", .double(Double(Self.now + 300))))) == nil)
        let hash = Base64URL.encode(Array(Digest.sha256(Array("access".utf8)).prefix(16)))
        #expect(try fault(try text(with("at_hash", .string(hash)))) == nil)
        // Clocks a minute apart.
        #expect(try fault(try text(right), now: Self.now + 359) == nil)
        #expect(try fault(try text(right), now: Self.now - 60) == nil)
    }

    private static let lies: [(String, JSONValue?)] = [
        ("iss", "https://issuer.example/"), ("iss", nil), ("iss", ["https://issuer.example"]),
        ("aud", "them"), ("aud", nil), ("aud", []), ("aud", ["them", "us"]), ("azp", "them"), ("azp", 1),
        ("exp", .int(now - 61)), ("exp", nil), ("exp", "never"), ("exp", .double(1e300)), ("iat", .int(now + 61)),
        ("iat", .int(now - 3601)), ("iat", nil), ("nbf", .int(now + 61)), ("nbf", "soon"), ("nonce", "m"),
        ("nonce", nil), ("nonce", ""), ("sub", nil), ("sub", ""), ("sub", .string(String(repeating: "x", count: 256))),
        ("sub", 7), ("at_hash", "x"), ("at_hash", 1), ("at_hash", ""),
    ]

    @Test(arguments: lies)
    func everyClaimIsLookedAt(name: String, value: JSONValue?) throws {
        let reason = try #require(try fault(try text(with(name, value))))
        #expect(reason.contains(name) || name == "exp" || name == "nbf" || name == "aud", "\(reason)")
        #expect(!reason.contains("them"))
    }

    @Test func aHashOfWhatDidNotComeIsALie() throws {
        #expect(try fault(try text(with("at_hash", "x")), access: nil) != nil)
    }

    /// RFC 8725, section 2.1: no signature at all, and the public key taken for a secret.
    @Test func algorithmsOfOthersAreRefused() throws {
        let key = try #require(Self.rsa).publicKey
        guard case .rsa(let modulus, _) = key else { return }
        for name in ["none", "None", "NONE", "HS256", "HS384", "RS1", "ES384", "", "rs256"] {
            for signature in [[], Digest.hmacSHA256(key: modulus, message: [1])] {
                let text = try text(right, header: ["alg": .string(name), "kid": "k"]) { signed in
                    signature.isEmpty ? [] : Digest.hmacSHA256(key: modulus, message: signed)
                }
                #expect(try fault(text)?.contains("RS256") == true, "\(name)")
            }
        }
        for header: JSONObject in [[:], ["alg": 1], ["alg": ["RS256"]], ["alg": .null]] {
            #expect(try fault(try text(right, header: header)) != nil)
        }
        #expect(try fault(try text(right, header: ["alg": "RS256", "crit": ["x"]])) != nil)
        // A signature that is right, under the name of another algorithm.
        for name in ["PS256", "ES256"] {
            #expect(try fault(try text(right, header: ["alg": .string(name)]))?.contains("signature") == true)
        }
    }

    @Test func aKeyThatWasSwappedIsNoticed() throws {
        let other = try #require(PrivateKey(isRSA: true))
        let text = try text(right) { other.sign($0, by: .rs256) }
        #expect(try fault(text)?.contains("signature") == true)
    }

    @Test func everyChangeIsNoticed() throws {
        let text = try text(right)
        let bytes = Array(text.utf8)
        for place in stride(from: 0, to: bytes.count, by: 11) {
            var changed = bytes
            changed[place] = changed[place] == 65 ? 66 : 65
            #expect(try fault(String(decoding: changed, as: UTF8.self)) != nil, "\(place)")
        }
        for wrong in ["", "..", "a.b.c", text + ".", text + ".x", "." + text, String(repeating: "A", count: 70_000)] {
            #expect(try fault(wrong) != nil)
        }
    }

    @Test func ellipticCurvesAreVerifiedToo() throws {
        let pair = try #require(Self.ec)
        let text = try text(right, header: ["alg": "ES256"]) { pair.sign($0, by: .es256) }
        let claims = try IDToken(text).claims(verifiedBy: pair.publicKey, expectation())
        #expect(claims["sub"] == "s")
    }
}
