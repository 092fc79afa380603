import JSONCoding
import Settings
import Testing

@testable import Backup

struct BackupSignatureTests {
    private let key = Secret("the key of the house")

    @Test func aSignedBackupIsReadWithItsKeyAndWithoutAny() async throws {
        try await ArchiveFixture.with { archive in
            try archive.write(key: key)
            #expect(archive.refusal(key: key) == nil)
            #expect(archive.refusal() == nil)
        }
    }

    @Test func anotherKeyIsRefused() async throws {
        try await ArchiveFixture.with { archive in
            try archive.write(key: key)
            let refusal = archive.refusal(key: Secret("another"))
            #expect(refusal?.contains("its signature is wrong") == true)
        }
    }

    @Test func whoHasAKeyTakesNothingUnsigned() async throws {
        try await ArchiveFixture.with { archive in
            try archive.write()
            #expect(archive.refusal(key: key)?.contains("it is not signed") == true)
        }
    }

    @Test func whatWasChangedAfterSigningIsRefusedEvenWithRightChecksums() throws {
        var manifest = ArchiveFixture.manifest()
        manifest.entries = [.init(name: "catalog.json", bytes: 2, sha256: "aa")]
        let signed = manifest.encoded(key: key)
        #expect(try BackupManifest(signed, key: key).entries == manifest.entries)
        for (member, value) in [
            ("schema", JSONValue.int(9)), ("workspace", "other"), ("createdAt", "2027-01-01T00:00:00.000Z"),
            ("entries", [["name": "catalog.json", "bytes": 2, "sha256": "bb"]]), ("counts", ["documents": 7]),
            ("settings", [:]),
        ] {
            var changed = try #require(try JSONParser.parse(signed).object)
            changed[member] = value
            #expect(throws: BackupError.self, "\(member)") {
                try BackupManifest(JSONValue.object(changed).encoded, key: key)
            }
            #expect(throws: BackupError.self, "an accident is noticed without a key too") {
                try BackupManifest(JSONValue.object(changed).encoded, key: nil)
            }
            changed["sha256"] = nil
            #expect(throws: Never.self, "of intent nothing can be told without a key") {
                try BackupManifest(JSONValue.object(changed).encoded, key: nil)
            }
        }
    }

    @Test func theSignatureTellsNothingOfTheKey() {
        let text = String(decoding: ArchiveFixture.manifest().encoded(key: key), as: UTF8.self)
        #expect(text.contains("hmac") && !text.contains("house"))
    }
}
