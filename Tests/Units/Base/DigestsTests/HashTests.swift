import Digests
import Testing

/// Hashes against the examples of their standards.
@Suite struct HashTests {
    /// NIST, "Descriptions of SHA-256": the examples of FIPS 180-4, and the empty message.
    @Test(arguments: [
        ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        (
            "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
        ),
        (
            "abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrst"
                + "nopqrstu", "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1"
        ),
    ])
    func sha256IsTheStandards(message: String, digest: String) {
        #expect(Digest.hex(Digest.sha256(Array(message.utf8))) == digest)
    }

    /// FIPS 180-4's third example: a million times the letter a, here in pieces of uneven length.
    @Test func whoAsksAgainGetsTheSame() {
        let (sha, md5) = (SHA256Hasher(), MD5Hasher())
        sha.update([1, 2])
        md5.update([1, 2])
        #expect(sha.finalize() == Digest.sha256([1, 2]) && sha.finalize() == Digest.sha256([1, 2]))
        #expect(md5.finalize() == md5.finalize())
    }

    @Test func sha256OfPiecesIsThatOfTheWhole() {
        let hasher = SHA256Hasher()
        var left = 1_000_000
        var size = 1
        while left > 0 {
            let count = min(left, size)
            hasher.update([UInt8](repeating: UInt8(ascii: "a"), count: count))
            left -= count
            size = size * 3 + 1
        }
        #expect(
            Digest.hex(hasher.finalize()) == "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0")
    }

    /// RFC 1321, appendix A.5.
    @Test(arguments: [
        ("", "d41d8cd98f00b204e9800998ecf8427e"), ("a", "0cc175b9c0f1b6a831c399e269772661"),
        ("abc", "900150983cd24fb0d6963f7d28e17f72"), ("message digest", "f96b697d7cb7938d525a2f31aaf161d0"),
        ("abcdefghijklmnopqrstuvwxyz", "c3fcd3d76192e4007dfb496cca67e13b"),
        (
            "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789", "d174ab98d277d9f5a5611c2c9f419d9f"
        ),
        (
            "12345678901234567890123456789012345678901234567890123456789012345678901234567890",
            "57edf4a22be3c955ac49da2e2107b67a"
        ),
    ])
    func md5IsTheStandards(message: String, digest: String) {
        let hasher = MD5Hasher()
        for byte in message.utf8 { hasher.update([byte]) }
        #expect(Digest.hex(hasher.finalize()) == digest)
    }

    struct MACCase: Sendable {
        let key: [UInt8]
        let message: [UInt8]
        let code: String
    }

    /// RFC 4231, sections 4.2 to 4.8 (4.6 is about cutting the code short, which is not done here).
    static let macCases = [
        MACCase(
            key: [UInt8](repeating: 0x0b, count: 20), message: Array("Hi There".utf8),
            code: "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"),
        MACCase(
            key: Array("Jefe".utf8), message: Array("what do ya want for nothing?".utf8),
            code: "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"),
        MACCase(
            key: [UInt8](repeating: 0xaa, count: 20), message: [UInt8](repeating: 0xdd, count: 50),
            code: "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"),
        MACCase(
            key: Array(1...25), message: [UInt8](repeating: 0xcd, count: 50),
            code: "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b"),
        MACCase(
            key: [UInt8](repeating: 0xaa, count: 131),
            message: Array("Test Using Larger Than Block-Size Key - Hash Key First".utf8),
            code: "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"),
        MACCase(
            key: [UInt8](repeating: 0xaa, count: 131),
            message: Array(
                ("This is a test using a larger than block-size key and a larger than block-size data. The key needs to "
                    + "be hashed before being used by the HMAC algorithm.").utf8),
            code: "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2"),
        // Neither key nor message.
        MACCase(key: [], message: [], code: "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad"),
    ]

    @Test(arguments: macCases) func hmacIsTheStandards(example: MACCase) {
        #expect(Digest.hex(Digest.hmacSHA256(key: example.key, message: example.message)) == example.code)
    }

    /// NVM Express, NVM Command Set 1.0, section 5.2.1.3.4: the check value, and the worked examples of 4 KiB.
    @Test(
        arguments: [
            (Array("123456789".utf8), 0xAE8B_1486_0A79_9888), ([], 0),
            ([UInt8](repeating: 0, count: 4096), 0x6482_D367_EB22_B64E),
            ([UInt8](repeating: 0xFF, count: 4096), 0xC0DD_BA73_02EC_A3AC),
        ] as [([UInt8], UInt64)])
    func crc64IsTheStandards(bytes: [UInt8], value: UInt64) {
        var checksum = CRC64()
        checksum.update(bytes)
        #expect(checksum.value == value)
    }

    @Test func crc64OfPiecesIsThatOfTheWhole() {
        let bytes = (0..<1000).map { UInt8(truncatingIfNeeded: $0 &* 7) }
        var whole = CRC64()
        whole.update(bytes)
        for cut in [0, 1, 7, 8, 9, 500, 999, 1000] {
            var pieces = CRC64()
            pieces.update(Array(bytes[..<cut]))
            pieces.update(Array(bytes[cut...]))
            #expect(pieces.value == whole.value)
        }
    }

    @Test func crc64AsStorageServicesWriteItHasItsLowestByteFirst() {
        var checksum = CRC64()
        checksum.update(Array("123456789".utf8))
        #expect(Base64.decode(checksum.base64) == [0x88, 0x98, 0x79, 0x0A, 0x86, 0x14, 0x8B, 0xAE])
    }

    @Test func secretsAreEqualOnlyWhenEveryByteIs() {
        #expect(Digest.constantTimeEqual([1, 2, 3], [1, 2, 3]))
        #expect(Digest.constantTimeEqual([], []))
        #expect(!Digest.constantTimeEqual([1, 2, 3], [1, 2, 4]))
        #expect(!Digest.constantTimeEqual([1, 2, 3], [0, 2, 3]))
        #expect(!Digest.constantTimeEqual([1, 2, 3], [1, 2]))
    }

    @Test func randomBytesAreAsManyAsAskedForAndNotTheSameTwice() {
        #expect(Digest.randomBytes(0).isEmpty)
        #expect(Digest.randomBytes(33).count == 33)
        #expect(Digest.randomBytes(16) != Digest.randomBytes(16))
    }

    @Test func hexadecimalIsInLowerCaseWithTwoDigitsEach() { #expect(Digest.hex([0, 0x0f, 0xa5, 0xff]) == "000fa5ff") }
}
