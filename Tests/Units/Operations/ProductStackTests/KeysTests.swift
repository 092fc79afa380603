import AzureSignatures
import Digests
import FoundationEssentials
import Glibc
import JSONCoding
import TestSupport
import Testing

@testable import ProductStack

/// The keys of a data folder.
struct KeysTests {
    private func withFolder(_ body: (String) throws -> Void) throws {
        let folder = try Fixtures.temporaryDirectory()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try body(folder)
    }

    @Test func aFolderKeepsItsKeysAndNoOtherHasThem() throws {
        try withFolder { one in
            let keys = try StackKeys(dataDirectory: one, wellKnown: false)
            #expect(try StackKeys(dataDirectory: one, wellKnown: false) == keys)
            try withFolder { other in
                let others = try StackKeys(dataDirectory: other, wellKnown: false)
                #expect(others.storage != keys.storage && others.cosmos != keys.cosmos)
                #expect(others.identityHeader != keys.identityHeader && others.clientSecret != keys.clientSecret)
                #expect(others.admin != keys.admin && others.signing != keys.signing)
            }
            #expect(keys.storage != DevelopmentAccount.storageKey && keys.cosmos != DevelopmentAccount.cosmosKey)
            #expect(SharedKey(account: DevelopmentAccount.storageName, base64Key: keys.storage) != nil)
            #expect(CosmosMasterKey(base64Key: keys.cosmos) != nil)
        }
    }

    @Test func onlyTheirUserReadsThem() throws {
        try withFolder { folder in
            _ = try StackKeys(dataDirectory: folder, wellKnown: false)
            let path = folder + "/" + StackKeys.fileName
            var status = stat()
            #expect(stat(path, &status) == 0 && status.st_mode & 0o777 == 0o600)
            chmod(path, 0o644)
            _ = try StackKeys(dataDirectory: folder, wellKnown: false)
            #expect(stat(path, &status) == 0 && status.st_mode & 0o777 == 0o600)
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == [StackKeys.fileName])
        }
    }

    @Test func theSigningKeyIsNamedAndHasThirtyTwoBytes() throws {
        let parts = StackKeys().signing.split(separator: ":", maxSplits: 1).map(String.init)
        #expect(parts.first == "k1")
        #expect(Base64.decode(parts.last ?? "")?.count == 32)
    }

    @Test func aFolderOfAVersionWithoutSignInGetsASigningKeyAndKeepsTheOthers() throws {
        try withFolder { folder in
            let before = try StackKeys(dataDirectory: folder, wellKnown: false)
            let path = folder + "/" + StackKeys.fileName
            var stored = try #require(try JSONParser.parse(try Fixtures.bytes(path)).object)
            stored["signingKeys"] = nil
            try Data(JSONValue.object(stored).encoded).write(to: URL(filePath: path))
            let after = try StackKeys(dataDirectory: folder, wellKnown: false)
            #expect(after.signing != before.signing && after.storage == before.storage && after.admin == before.admin)
            #expect(try StackKeys(dataDirectory: folder, wellKnown: false) == after, "it is kept")
        }
    }

    @Test func thePublicKeysAreForWhoAsksForThemAndAreNotKept() throws {
        try withFolder { folder in
            let known = try StackKeys(dataDirectory: folder, wellKnown: true)
            #expect(known.storage == DevelopmentAccount.storageKey && known.cosmos == DevelopmentAccount.cosmosKey)
            let own = try StackKeys(dataDirectory: folder, wellKnown: false)
            #expect(own.storage != DevelopmentAccount.storageKey && own.admin == known.admin)
        }
    }

    @Test(arguments: ["", "{}", "[]", #"{"storageKey": "a"}"#, "no json"])
    func aFileThatHoldsNoKeysIsNamed(text: String) throws {
        try withFolder { folder in
            try text.write(toFile: folder + "/" + StackKeys.fileName, atomically: true, encoding: .utf8)
            let error = #expect(throws: StackError.self) { try StackKeys(dataDirectory: folder, wellKnown: false) }
            #expect(error?.description.contains(StackKeys.fileName) == true)
        }
    }
}
