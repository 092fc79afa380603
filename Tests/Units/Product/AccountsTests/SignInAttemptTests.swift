import AccessControl
import Digests
import Testing

@testable import Accounts

/// What a browser keeps while somebody signs in elsewhere.
@Suite struct SignInAttemptTests {
    private static let now: Int64 = 1_800_000_000
    private let one: (name: String, bytes: [UInt8]) = ("one", [UInt8](repeating: 1, count: 32))
    private let two: (name: String, bytes: [UInt8]) = ("two", [UInt8](repeating: 2, count: 32))

    @Test func itIsReadUntilItEndsAndHasNothingOfWhatIsSent() throws {
        let keys = SigningKeys([one])
        let attempt = try #require(SignInAttempt("entra", link: "d", keys, now: Self.now))
        let text = attempt.encoded(keys)
        #expect(SignInAttempt(text, keys, now: Self.now + SignInAttempt.life - 1) == attempt)
        #expect(SignInAttempt(text, keys, now: Self.now + SignInAttempt.life) == nil)
        #expect(SignInAttempt(text, keys, now: Self.now - 100_000) == nil)
        #expect(attempt.isAnswered(by: attempt.state) && !attempt.isAnswered(by: attempt.nonce))
        let values = [attempt.state, attempt.nonce, attempt.verifier]
        #expect(Set(values).count == 3)
        for value in values {
            // RFC 7636, section 4.1.
            #expect((43...128).contains(value.utf8.count))
            #expect(!text.contains(value))
            let payload = String(decoding: Base64URL.decode(String(text.prefix { $0 != "." })) ?? [], as: UTF8.self)
            #expect(!payload.isEmpty && !payload.contains(value))
        }
        let other = try #require(SignInAttempt("entra", link: "d", keys, now: Self.now))
        #expect(other.state != attempt.state && other.verifier != attempt.verifier)
    }

    @Test func aKeyMayTakeThePlaceOfAnotherMeanwhile() throws {
        let attempt = try #require(SignInAttempt("a", link: nil, SigningKeys([one]), now: Self.now))
        let text = attempt.encoded(SigningKeys([one]))
        #expect(SignInAttempt(text, SigningKeys([two, one]), now: Self.now) == attempt)
        #expect(SignInAttempt(text, SigningKeys([two]), now: Self.now) == nil)
    }

    @Test func everyChangeIsNoticed() throws {
        let keys = SigningKeys([one])
        let text = try #require(SignInAttempt("a", link: nil, keys, now: Self.now)).encoded(keys)
        let bytes = Array(text.utf8)
        // The last character of base64 has bits that mean nothing.
        for place in bytes.indices.dropLast() {
            var changed = bytes
            changed[place] = changed[place] == 65 ? 66 : 65
            #expect(SignInAttempt(String(decoding: changed, as: UTF8.self), keys, now: Self.now) == nil, "\(place)")
        }
        for wrong in ["", ".", "a.b", text + ".x", String(repeating: "A", count: 2000)] {
            #expect(SignInAttempt(wrong, keys, now: Self.now) == nil)
        }
    }
}
