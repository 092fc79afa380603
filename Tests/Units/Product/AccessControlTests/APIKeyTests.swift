import AccessControl
import HTTPMessages
import Testing

/// What is taken for a key, and how cookies are read.
@Suite struct APIKeyTests {
    @Test func aKeyComesBack() throws {
        let key = APIKey()
        #expect(key.text.utf8.count == 60)
        #expect(key.text.hasPrefix("apus_\(key.id)_"))
        let read = try #require(APIKey(key.text))
        #expect(read.id == key.id)
        #expect(read.secretDigest == key.secretDigest)
        #expect(!key.text.contains(key.secretDigest))
        #expect(APIKey().text != key.text)
    }

    @Test func anyOtherCharacterAtAnyPlaceIsRefused() {
        let text = APIKey().text
        for index in text.indices {
            for character in ["A", "7", "_", "é", " "] where String(text[index]) != character {
                var changed = text
                changed.replaceSubrange(index...index, with: character)
                #expect(APIKey(changed) == nil, "\(changed)")
            }
        }
        for other in ["", "apus_", text + "0", String(text.dropLast()), " " + text, text.uppercased()] {
            #expect(APIKey(other) == nil, "\(other)")
        }
    }

    private func cookie(_ lines: [String], _ name: String = Cookies.token) -> String? {
        var fields = HTTPFields()
        for line in lines { fields.append("Cookie", line) }
        return Cookies.value(
            name, in: HTTPRequest(method: .get, target: HTTPTarget("/"), fields: fields, body: .bytes([]), id: "1"))
    }

    @Test func aCookieIsFoundAmongOthers() {
        #expect(cookie([]) == nil)
        #expect(cookie(["__Host-apus-token=abc"]) == "abc")
        #expect(cookie(["a=b; __Host-apus-token=a.b.c; c=d"]) == "a.b.c")
        #expect(cookie(["a=b", "c=d;__Host-apus-token="]) == "")
        #expect(cookie(["__Host-apus-token=x=y"]) == "x=y")
    }

    @Test func namesAreComparedWhole() {
        #expect(cookie(["__Host-apus-token2=abc; x__Host-apus-token=d; __host-apus-token=e; __Host-apus-token"]) == nil)
        #expect(cookie(["x=\"; __Host-apus-token2=a\""]) == nil)
    }

    /// Who can set a second one could choose which of the two counts.
    @Test func aCookieThatIsThereTwiceIsNone() {
        #expect(cookie(["__Host-apus-token=a; __Host-apus-token=a"]) == nil)
        #expect(cookie(["__Host-apus-token=a", "__Host-apus-token=b"]) == nil)
        #expect(cookie(["__Host-apus-token=" + String(repeating: "a", count: 5000)]) == nil)
    }
}
