import Digests
import Testing

/// RFC 7914, and what API keys are made of.
@Suite struct ScryptTests {
    /// Section 12; the last vector there wants 1 GiB.
    @Test(arguments: [
        (
            "", "", Scrypt.Cost(n: 16, r: 1, p: 1),
            "77d6576238657b203b19ca42c18a0497f16b4844e3074ae8dfdffa3fede21442"
                + "fcd0069ded0948f8326a753a0fc81f17e8d3e0fb2e0d3628cf35e20c38d18906"
        ),
        (
            "password", "NaCl", Scrypt.Cost(n: 1024, r: 8, p: 16),
            "fdbabe1c9d3472007856e7190d01e9fe7c6ad7cbc8237830e77376634b373162"
                + "2eaf30d92e22a3886ff109279d9830dac727afb94a83ee6d8360cbdfa2cc0640"
        ),
        (
            "pleaseletmein", "SodiumChloride", Scrypt.Cost(n: 16384, r: 8, p: 1),
            "7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2"
                + "d5432955613f0fcf62d49705242a9af9e61e85dc0d651e40dfcf017b45575887"
        ),
    ])
    func standardVectors(password: String, salt: String, cost: Scrypt.Cost, key: String) {
        let derived = Scrypt.derive(password: Array(password.utf8), salt: Array(salt.utf8), cost: cost, length: 64)
        #expect(derived.map(Digest.hex) == key)
    }

    @Test(arguments: [
        Scrypt.Cost(n: 15, r: 8, p: 1), Scrypt.Cost(n: 0, r: 8, p: 1), Scrypt.Cost(n: 16, r: 0, p: 1),
        Scrypt.Cost(n: 1 << 20, r: 8, p: 1),
    ])
    func parametersThatAreNoneOrWantTooMuchAreRefused(cost: Scrypt.Cost) {
        #expect(Scrypt.derive(password: [1], salt: [2], cost: cost, length: 32) == nil)
    }

    /// The check value of the catalogue of parametrised CRC algorithms.
    @Test func theChecksumIsTheUsualOne() {
        #expect(CRC32.checksum("123456789".utf8) == 0xCBF4_3926)
        #expect(CRC32.checksum([]) == 0)
    }

    @Test func numbersHaveTheirDigitsInBase62() {
        #expect(Base62.encode(0, count: 6) == "000000")
        #expect(Base62.encode(61, count: 2) == "0z")
        #expect(Base62.encode(62, count: 2) == "10")
        #expect(Base62.encode(.max, count: 6) == "4gfFC3")
        let text = Base62.random(1000)
        #expect(text.utf8.count == 1000)
        #expect(Base62.isValid(text))
        #expect(Set(text).count > 50)
        #expect(!Base62.isValid("a_b"))
    }
}
