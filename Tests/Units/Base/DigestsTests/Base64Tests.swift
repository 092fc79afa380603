import Digests
import Testing

/// RFC 4648.
@Suite struct Base64Tests {
    /// Section 10.
    @Test(arguments: [
        ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE="),
        ("foobar", "Zm9vYmFy"),
    ])
    func standardVectors(text: String, encoded: String) {
        #expect(Base64.encode(Array(text.utf8)) == encoded)
        #expect(Base64.decode(encoded) == Array(text.utf8))
        // Section 3.2 lets a specification do without padding; section 5's alphabet is the same for these.
        let bare = String(encoded.prefix { $0 != "=" })
        #expect(Base64URL.encode(Array(text.utf8)) == bare)
        #expect(Base64URL.decode(bare) == Array(text.utf8))
    }

    /// Section 5: the last two characters of the alphabet differ.
    @Test func theAlphabetForURLsHasNoSlashAndNoPlus() {
        let bytes: [UInt8] = [0xfb, 0xff, 0xbf, 0xfe]
        #expect(Base64.encode(bytes) == "+/+//g==")
        #expect(Base64URL.encode(bytes) == "-_-__g")
        #expect(Base64URL.decode("-_-__g") == bytes)
    }

    /// Section 3.3: characters outside of the alphabet make the text invalid; so does a lone character.
    @Test(arguments: [
        "Zg", "Zg=", "Zm9v!", "Zm 9v", "Zm9v\n", "A", "====", "Zm9vYg==Zg==", "Zéo=", "Z===", "Z=g=", "Zg==    ",
        "    Zg==", "\nZg=", "Zg=\n",
        "Zm9-", "=", "    ",
    ])
    func textThatIsNotBase64IsRefused(text: String) { #expect(Base64.decode(text) == nil) }

    @Test(arguments: ["A", "AAAAA", "Zm9v!", "Z m9v"]) func textThatIsNotBase64URLIsRefused(text: String) {
        #expect(Base64URL.decode(text) == nil)
    }

    @Test func everyLengthComesBack() {
        for count in 0..<130 {
            let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 37 &+ count) }
            #expect(Base64.decode(Base64.encode(bytes)) == bytes)
            #expect(Base64URL.decode(Base64URL.encode(bytes)) == bytes)
        }
    }

    @Test func lenientTextIsDecodedWhereItCanBe() {
        #expect(Base64Text.decode("Z3LDvMOfZQ==") == "grüße")
        #expect(Base64Text.decode("plain words") == "plain words")
        // Base64, but not of UTF-8.
        #expect(Base64Text.decode("//79") == "//79")
    }
}
