import AccessControl
import Digests
import HTTPMessages
import Settings
import Testing

/// How the settings of signing in are read.
@Suite struct SignInSettingsTests {
    private static let key = "k1:" + Base64.encode([UInt8](repeating: 7, count: 32))

    private func problems(_ environment: [String: String]) -> [String] {
        var settings = SettingsReader(environment)
        _ = AccessGuard(&settings, catalog: nil)
        do { try settings.finish() } catch { return error.problems }
        return []
    }

    @Test(arguments: [[:], ["APUS_SIGN_IN": "none"], ["APUS_SIGN_IN": ""], ["APUS_SIGN_IN": " none "]])
    func nobodySignsInUnlessItIsSaid(environment: [String: String]) async throws {
        var settings = SettingsReader(environment)
        let gate = try #require(AccessGuard(&settings, catalog: nil))
        #expect(gate.ways.isNone)
        #expect(gate.keys == nil)
        #expect(problems(environment).isEmpty)
        // No token, no key, and no database.
        let request = HTTPRequest(
            method: .get, target: HTTPTarget("/"), fields: ["Authorization": "Bearer something"], body: .bytes([]),
            id: "1")
        #expect(try await gate.access(of: try await gate.identify(request), request) == .everything)
    }

    @Test func waysThatAreNotThereAreRefusedWithAReason() {
        for way in ["none,local", "none,oidc", "ldap", "LOCAL", ",", "local,"] {
            let found = problems(["APUS_SIGN_IN": way, "APUS_SIGNING_KEYS": Self.key])
            #expect(found.contains { $0.hasPrefix("APUS_SIGN_IN ") }, "\(way)")
        }
        for way in ["local", "oidc", "local, oidc"] {
            #expect(problems(["APUS_SIGN_IN": way, "APUS_SIGNING_KEYS": Self.key]).isEmpty)
        }
        #expect(
            problems([
                "APUS_SIGN_IN": "local, local",
                "APUS_SIGNING_KEYS": Self.key + ", k2:" + Base64.encode([UInt8](repeating: 8, count: 64)),
            ]).isEmpty)
    }

    @Test(arguments: [
        "", "k1", "k1:", ":" + Base64.encode([UInt8](repeating: 7, count: 32)),
        "k1:" + Base64.encode([UInt8](repeating: 7, count: 31)),
        "k 1!:" + Base64.encode([UInt8](repeating: 7, count: 32)),
        key + "," + key, key + ",", key + ",k2:AAAA",
        [key, "k2" + key.dropFirst(2), "k3" + key.dropFirst(2)].joined(separator: ","),
    ])
    func keysThatAreNoneAreRefusedAndNotRepeated(keys: String) {
        let found = problems(["APUS_SIGN_IN": "local", "APUS_SIGNING_KEYS": keys])
        #expect(found.count == 1)
        #expect(found.first?.hasPrefix("APUS_SIGNING_KEYS ") ?? false)
        #expect(!(found.first?.contains(Base64.encode([UInt8](repeating: 7, count: 31)).prefix(20)) ?? true))
    }

    @Test func theKeysAreSecrets() { #expect(AccessGuard.secretNames == ["APUS_SIGNING_KEYS"]) }
}
