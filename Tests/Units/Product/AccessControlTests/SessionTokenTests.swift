import AccessControl
import Digests
import JSONCoding
import Testing

/// What is taken for a token, and what is not.
@Suite struct SessionTokenTests {
    private static let one = SigningKeys([("k1", [UInt8](repeating: 1, count: 32))])
    private static let both = SigningKeys([
        ("k2", [UInt8](repeating: 2, count: 32)), ("k1", [UInt8](repeating: 1, count: 32)),
    ])
    private let token = SessionToken(person: UUIDv7.make(), session: UUIDv7.make(), now: 1_000_000)

    private func fault(_ text: String, _ keys: SigningKeys = one, now: Int64 = 1_000_000) -> SessionToken.Fault? {
        do {
            _ = try SessionToken(text, keys, now: now)
            return nil
        } catch { return error }
    }

    /// A token of parts that somebody else has put together, signed by the real key.
    private func forged(header: String, payload: String? = nil, key: UInt8 = 1) -> String {
        let payload =
            payload ?? "{\"sub\":\"\(token.person)\",\"sid\":\"\(token.session)\",\"iat\":1000000,\"exp\":1000600}"
        let signed = Base64URL.encode(Array(header.utf8)) + "." + Base64URL.encode(Array(payload.utf8))
        let code = Digest.hmacSHA256(key: [UInt8](repeating: key, count: 32), message: Array(signed.utf8))
        return signed + "." + Base64URL.encode(code)
    }

    private static let header = #"{"alg":"HS256","kid":"k1","typ":"JWT"}"#

    @Test func aTokenComesBackUntilItExpires() throws {
        let text = token.encoded(Self.one)
        #expect(try SessionToken(text, Self.one, now: 1_000_599) == token)
        #expect(fault(text, now: 1_000_600) == .expired)
        #expect(fault(forged(header: Self.header)) == nil)
        #expect(try SessionToken.signed(text, Self.one) == token)
    }

    @Test func anOldKeyStillVerifiesAndTheNewOneSigns() throws {
        #expect(fault(token.encoded(Self.one), Self.both) == nil)
        #expect(fault(token.encoded(Self.both), Self.both) == nil)
        #expect(fault(token.encoded(Self.both), Self.one) == .invalid)
    }

    @Test(arguments: [
        #"{"alg":"none","kid":"k1"}"#, #"{"alg":"HS512","kid":"k1"}"#, #"{"alg":"hs256","kid":"k1"}"#, #"{"kid":"k1"}"#,
        #"{"alg":"RS256","kid":"k1"}"#, #"{"alg":"HS256"}"#, #"{"alg":"HS256","kid":"k9"}"#,
        #"{"alg":"HS256","kid":["k1"]}"#, #"{"alg":"HS256","kid":"k1","crit":["exp"]}"#, "[]", "", "no JSON",
    ])
    func headersThatAreNotOursAreRefused(header: String) { #expect(fault(forged(header: header)) == .invalid) }

    @Test(arguments: [
        "{}", "[]", "null", #"{"sub":"a","sid":"b","iat":1000000,"exp":1000600}"#,
        #"{"sub":"01890a5d-ac96-774b-bcce-b302099a8057","sid":"01890a5d-ac96-774b-bcce-b302099a8057","iat":"1000000","exp":1000600}"#,
        // Longer than any that is issued, from the future, without an end, and one that ends before it begins.
        #"{"sub":"01890a5d-ac96-774b-bcce-b302099a8057","sid":"01890a5d-ac96-774b-bcce-b302099a8057","iat":1000000,"exp":1000601}"#,
        #"{"sub":"01890a5d-ac96-774b-bcce-b302099a8057","sid":"01890a5d-ac96-774b-bcce-b302099a8057","iat":1000061,"exp":1000600}"#,
        #"{"sub":"01890a5d-ac96-774b-bcce-b302099a8057","sid":"01890a5d-ac96-774b-bcce-b302099a8057","iat":1000000}"#,
        #"{"sub":"01890a5d-ac96-774b-bcce-b302099a8057","sid":"01890a5d-ac96-774b-bcce-b302099a8057","iat":1000000,"exp":-9223372036854775808}"#,
        #"{"sub":"01890a5d-ac96-774b-bcce-b302099a8057","sid":"01890a5d-ac96-774b-bcce-b302099a8057","iat":9223372036854775807,"exp":9223372036854775807}"#,
    ])
    func payloadsThatAreNotOursAreRefused(payload: String) {
        #expect(fault(forged(header: Self.header, payload: payload)) == .invalid)
    }

    @Test func anyChangeOfAnyCharacterIsNoticed() {
        let text = token.encoded(Self.one)
        for index in text.indices {
            for character in ["A", "b", "_", ".", "=", " "] where String(text[index]) != character {
                var changed = text
                changed.replaceSubrange(index...index, with: character)
                #expect(fault(changed) == .invalid, "\(changed)")
            }
        }
        #expect(fault(forged(header: Self.header, key: 3)) == .invalid)
    }

    @Test func whatHasAnotherFormIsRefused() {
        let text = token.encoded(Self.one)
        let parts = text.split(separator: ".").map(String.init)
        let malformed = [
            "", ".", "..", "...", parts[0] + "." + parts[1], parts[0] + "." + parts[1] + ".", text + ".", "." + text,
            text + "=",
            text + "\n", " " + text, text + "." + parts[2], parts[0] + ".." + parts[2],
            String(repeating: "a", count: 100_000), String(repeating: ".", count: 1000),
        ]
        for other in malformed { #expect(fault(other) == .invalid, "\(other.prefix(80))") }
    }

    @Test func codesDependOnKeyMessageAndPurpose() {
        let codes = Self.both.codes(of: [1, 2], purpose: "a")
        #expect(codes.count == 2)
        #expect(Set(codes).count == 2)
        #expect(Self.one.codes(of: [1, 2], purpose: "a") == [codes[1]])
        #expect(Self.one.codes(of: [1, 2], purpose: "b") != [codes[1]])
        #expect(Self.one.codes(of: [1, 3], purpose: "a") != [codes[1]])
    }
}
