import AzureSignatures
import Digests
import HTTPMessages
import Testing

/// The text that each kind of shared access signature signs, in the layouts of the versions.
@Suite struct SharedAccessKindTests {
    private let account = DevelopmentAccount.storageName

    private func lines(
        _ parameters: [String: String], _ resource: SharedAccessSignature.Resource?
    ) -> [String]? {
        SharedAccessSignature(parameters).stringToSign(account: account, resource: resource)?
            .split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    }

    @Test(
        arguments: [
            (["ss": "b", "srt": "o"], SharedAccessSignature.Kind.account), (["ss": "b"], .service),
            (["srt": "o"], .service),
            (["sr": "b"], .service), (["skoid": "x", "sr": "b"], .userDelegation), ([:], .service),
            (["ss": "b", "srt": "o", "skoid": "x"], .account),
        ] as [([String: String], SharedAccessSignature.Kind)])
    func kinds(parameters: [String: String], kind: SharedAccessSignature.Kind) {
        #expect(SharedAccessSignature(parameters).kind == kind)
    }

    @Test func onlyATargetWithASignatureHasOne() {
        #expect(SharedAccessSignature(HTTPTarget("/a/b?sv=1&sp=r")) == nil)
        let found = SharedAccessSignature(HTTPTarget("/a/b?sv=1&sig=a%2Bb%3D&sp=r"))
        #expect(found?.parameters["sig"] == "a+b=" && found?.parameters["sp"] == "r")
    }

    /// A newline ends every field, the last one too; encryption scopes came at the end of 2020.
    @Test(arguments: [("2019-12-12", 9), ("2020-12-06", 10), ("2026-10-06", 10)] as [(String, Int)])
    func accountSignatures(version: String, fields: Int) {
        let text = lines(["ss": "b", "srt": "sco", "sp": "rl", "se": "e", "sv": version], nil)
        #expect(text?.count == fields + 1 && text?.last == "")
        #expect(text?.prefix(4) == [account, "rl", "b", "sco"] && text?[8] == version)
    }

    @Test(
        arguments: [("2015-04-05", 13), ("2018-11-09", 15), ("2020-12-06", 16), ("2026-10-06", 16)] as [(String, Int)])
    func serviceSignaturesOfBlobs(version: String, fields: Int) {
        let text = lines(
            ["sp": "r", "st": "s", "se": "e", "sr": "b", "si": "policy", "sv": version, "rsct": "text/x"],
            .blob("docs", "a b/ü"))
        #expect(text?.count == fields)
        #expect(text?.prefix(5) == ["r", "s", "e", "/blob/\(account)/docs/a b/ü", "policy"] && text?.last == "text/x")
    }

    @Test(
        arguments: [
            ("2018-11-09", 20), ("2020-02-10", 23), ("2020-12-06", 24), ("2025-07-05", 26), ("2026-04-06", 28),
            ("2026-10-06", 28),
        ] as [(String, Int)])
    func userDelegationSignatures(version: String, fields: Int) {
        let text = lines(
            [
                "sp": "r", "se": "e", "sr": "b", "skoid": "o", "sktid": "t", "skt": "ks", "ske": "ke", "sks": "b",
                "skv": "kv", "sv": version,
            ], .blob("docs", "b"))
        #expect(text?.count == fields)
        #expect(text?[4..<10] == ["o", "t", "ks", "ke", "b", "kv"])
    }

    @Test func aSnapshotsTimeIsSignedForTheSnapshotOnly() {
        let time = "2026-11-20T07:23:12.1234567Z"
        for (resource, expected) in [("bs", time), ("b", ""), ("c", "")] {
            let text = lines(
                ["sp": "r", "se": "e", "sr": resource, "snapshot": time, "sv": "2021-12-02"], .blob("docs", "b"))
            #expect(text?[8] == resource && text?[9] == expected)
        }
    }

    @Test func queuesHaveTheirOwnText() {
        #expect(
            lines(["sp": "rp", "se": "e", "sip": "i", "spr": "https", "sv": "v"], .queue("jobs"))
                == ["rp", "", "e", "/queue/\(account)/jobs", "", "i", "https", "v"])
    }

    @Test func containersAndNothing() {
        #expect(
            lines(["sp": "l", "se": "e", "sr": "c", "sv": "2021-12-02"], .container("docs"))?[3]
                == "/blob/\(account)/docs")
        #expect(lines(["sp": "l", "se": "e", "sr": "c", "sv": "2021-12-02"], nil) == nil)
    }

    @Test func queriesOfURLsCarryTheSignatureEncoded() throws {
        let key = try #require(SharedKey(account: account, base64Key: DevelopmentAccount.storageKey))
        let query = try #require(
            key.sharedAccessQuery(
                [("sv", "2021-12-02"), ("sr", "b"), ("sp", "r"), ("se", "2026-11-21T00:00:00Z")],
                resource: .blob("docs", "b")))
        #expect(query.hasPrefix("sv=2021-12-02&sr=b&sp=r&se=2026-11-21T00%3A00%3A00Z&sig="))
        let read = try #require(SharedAccessSignature(HTTPTarget("/x?" + query)))
        let text = try #require(read.stringToSign(account: account, resource: .blob("docs", "b")))
        #expect(read.parameters["sig"] == key.signature(text))
        #expect(key.sharedAccessQuery([("sr", "b")], resource: nil) == nil)
    }
}
