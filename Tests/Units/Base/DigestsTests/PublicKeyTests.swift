import Digests
import Testing

@Suite struct PublicKeyTests {
    /// RFC 7515, appendix A.3: ES256.
    @Test func theExampleOfTheRFCIsVerified() throws {
        let x = try #require(Base64URL.decode("f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU"))
        let y = try #require(Base64URL.decode("x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"))
        let key = try #require(PublicKey(x: x, y: y))
        let header = "eyJhbGciOiJFUzI1NiJ9"
        let payload = "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ"
        let message = Array("\(header).\(payload)".utf8)
        let signature = try #require(
            Base64URL.decode("DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q"))
        #expect(key.verifies(signature, of: message, by: .es256))
        #expect(!key.verifies(signature, of: message + [0], by: .es256))
        #expect(!key.verifies(signature, of: message, by: .rs256))
    }

    @Test(arguments: PublicKey.Algorithm.allCases) func everyChangedBitIsNoticed(algorithm: PublicKey.Algorithm) throws
    {
        let pair = try #require(PrivateKey(isRSA: algorithm != .es256))
        let other = try #require(PrivateKey(isRSA: algorithm != .es256))
        let message = Array("header.payload".utf8)
        let signature = pair.sign(message, by: algorithm)
        #expect(pair.publicKey.verifies(signature, of: message, by: algorithm))
        #expect(!other.publicKey.verifies(signature, of: message, by: algorithm))
        for place in stride(from: 0, to: signature.count, by: 7) {
            var changed = signature
            changed[place] ^= 4
            #expect(!pair.publicKey.verifies(changed, of: message, by: algorithm))
        }
        for wrong in [[], Array(signature.dropLast()), signature + [0], [UInt8](repeating: 0, count: signature.count)] {
            #expect(!pair.publicKey.verifies(wrong, of: message, by: algorithm))
        }
        // The padding is part of what is verified.
        let others: [PublicKey.Algorithm] = PublicKey.Algorithm.allCases.filter { $0 != algorithm }
        for algorithm in others { #expect(!pair.publicKey.verifies(signature, of: message, by: algorithm)) }
    }

    @Test func keysThatAreTooShortOrNoneAreRefused() {
        let long = [UInt8](repeating: 255, count: 256)
        #expect(PublicKey(modulus: long, exponent: [1, 0, 1]) != nil)
        #expect(PublicKey(modulus: [0] + long, exponent: [0, 1, 0, 1]) != nil)
        #expect(PublicKey(modulus: Array(long.dropLast()), exponent: [1, 0, 1]) == nil)
        #expect(PublicKey(modulus: [127] + long.dropLast(), exponent: [1, 0, 1]) == nil)
        #expect(PublicKey(modulus: [UInt8](repeating: 255, count: 1025), exponent: [1, 0, 1]) == nil)
        for exponent: [UInt8] in [[], [0], [1], [2], [1, 0, 0, 0, 1]] {
            #expect(PublicKey(modulus: long, exponent: exponent) == nil)
        }
        #expect(PublicKey(x: [1], y: [2]) == nil)
        // Off the curve: taken, and good for nothing.
        let off = PublicKey(x: [UInt8](repeating: 1, count: 32), y: [UInt8](repeating: 2, count: 32))
        #expect(off?.verifies([UInt8](repeating: 1, count: 64), of: [1], by: .es256) == false)
    }
}
