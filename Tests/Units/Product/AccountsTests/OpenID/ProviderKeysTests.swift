import Digests
import JSONCoding
import Testing

@testable import Accounts

/// Which key of a provider a token is verified with.
@Suite struct ProviderKeysTests {
    private func set(_ keys: [JSONValue]) throws -> ProviderKeys {
        try ProviderKeys(JSONValue.object(["keys": .array(keys)]).encoded)
    }

    private func changed(_ key: JSONValue, _ name: String, _ value: JSONValue?) -> JSONValue {
        var object = key.object ?? [:]
        object[name] = value
        return .object(object)
    }

    @Test func aKeyIsTheOneThatIsNamedAndFits() throws {
        let rsa = try ScriptedProvider.Key("r")
        let ec = try ScriptedProvider.Key("e", isRSA: false)
        let keys = try set([rsa.json, ec.json])
        #expect(keys.key("r", for: .rs256) == rsa.key.publicKey && keys.key("r", for: .ps256) == rsa.key.publicKey)
        #expect(keys.key("e", for: .es256) == ec.key.publicKey)
        #expect(
            keys.key("r", for: .es256) == nil && keys.key("e", for: .rs256) == nil && keys.key("x", for: .rs256) == nil)
        // Without a name the only one that fits, and none where there is a choice.
        #expect(keys.key(nil, for: .rs256) == rsa.key.publicKey && keys.key(nil, for: .es256) == ec.key.publicKey)
        let other = try ScriptedProvider.Key("r")
        #expect(try set([rsa.json, other.json]).key("r", for: .rs256) == nil)
        #expect(try set([rsa.json, changed(other.json, "kid", "o")]).key(nil, for: .rs256) == nil)
    }

    @Test func keysForSomethingElseAreLeftOut() throws {
        let key = try ScriptedProvider.Key("r").json
        let wrong: [(String, JSONValue?)] = [
            ("use", "enc"), ("key_ops", ["sign"]), ("alg", "RS512"), ("alg", "PS256"), ("kty", "oct"), ("kty", nil),
            ("n", "AQAB"), ("n", nil), ("n", "not base64!"), ("e", "AA"), ("e", nil),
        ]
        for (name, value) in wrong {
            #expect(try set([changed(key, name, value)]).key("r", for: .rs256) == nil, "\(name)")
        }
        #expect(try set([changed(key, "key_ops", ["verify"]), "text", 1, .null]).key("r", for: .rs256) != nil)
        let curve = changed(try ScriptedProvider.Key("e", isRSA: false).json, "crv", "P-384")
        #expect(try set([curve]).key("e", for: .es256) == nil)
        for text in ["", "[]", "{}", #"{"keys":{}}"#, #"{"keys":"#] {
            #expect(throws: OpenIDFailure.self) { _ = try ProviderKeys(Array(text.utf8)) }
        }
    }
}
