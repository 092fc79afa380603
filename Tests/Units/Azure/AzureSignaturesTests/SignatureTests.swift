import AzureSignatures
import Digests
import HTTPMessages
import Testing

/// Vectors with fixed dates, the emulators' public keys.
@Suite struct SignatureTests {
    private let storage = SharedKey(
        account: "devstoreaccount1",
        base64Key: "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==")
    private let cosmos = CosmosMasterKey(
        base64Key: "C2y6yDjf5/R+ob0N8A7Cgv30VRDJIWEHLM+4QDU5DE2nQ9nDuVTqobD4b8mGGyPMbIZnqyMsEcaGQy67XIw/Jw==")
    private static let date = "Fri, 20 Nov 2026 07:23:12 GMT"

    @Test(arguments: [
        (
            HTTPMethod.get, "/devstoreaccount1/docs?restype=container&comp=list&maxresults=2&include=metadata,tags",
            HTTPFields(), 0,
            "FQgP6XglrHv6iiy5R98lTfT5ohOQxwS1AJQceWUVP50="
        ),
        (
            .put, "/devstoreaccount1/docs?restype=container", HTTPFields(), 0,
            "0NvLy/Va8BtUU5PTdPQsXaMnNe/46LBTzgOoQ7PtoAE="
        ),
        (
            .put, "/devstoreaccount1/docs/a%20b.txt",
            HTTPFields(
                dictionaryLiteral: ("Content-Type", "text/plain"), ("If-None-Match", "*"),
                ("x-ms-blob-type", "BlockBlob"), ("x-ms-meta-a1", "y"),
                ("x-ms-meta-a_1", "x")), 5, "Fnq8GI99e6Z196/KUE6fBbWI8Qm2I8aucXm6AgW50c0="
        ),
        (
            .post, "/devstoreaccount1/jobs/messages?visibilitytimeout=0&messagettl=60",
            HTTPFields(dictionaryLiteral: ("Content-Type", "application/xml")), 63,
            "CL2Rmmsya6U4+5AUJ23swCsSYSO5xTf12BGlPlB4whY="
        ),
        (.get, "/docs?restype=container&comp=list", HTTPFields(), 0, "EyvC4K0LoHQ3KXGGAoAuKS73EIJkKqa+zvPF0G7GVpw="),
    ])
    func signsStorageRequests(method: HTTPMethod, target: String, fields: HTTPFields, length: Int, signature: String) {
        var fields = fields
        fields["x-ms-date"] = Self.date
        fields["x-ms-version"] = "2026-06-06"
        let authorization = storage?.authorization(
            method: method, target: HTTPTarget(target), fields: fields, contentLength: length)
        #expect(authorization == "SharedKey devstoreaccount1:\(signature)")
    }

    @Test(arguments: [
        (HTTPMethod.get, "", "", "eUH6S0NaHt1SuvLRAkwPfbXW7IfBYQekzcOYuT9BybY="),
        (.post, "dbs", "", "3ABBVTVtlDgyhqCapep3Bzb2EAcAqTzBnKJjkt5729w="),
        (.post, "docs", "dbs/Chat/colls/History", "cHNNNB+lfZhYzwr8oyEooKfiRmcvoHlWUAYXQZFxy60="),
        (.get, "docs", "dbs/Chat/colls/History/docs/a 1", "9TqIaMlFN+eoehJvu57EfF+CEIrD5nIo/P3b091Dato="),
        (.get, "docs", "dbs/chat db/colls/convé/docs/ü", "uFqHAeP31DWgaNivTXdQVQPe9phE8R/cYF3tlMGgVaU="),
    ])
    func signsCosmosRequests(method: HTTPMethod, type: String, link: String, signature: String) {
        let text = CosmosMasterKey.stringToSign(method: method, resourceType: type, resourceLink: link, date: Self.date)
        #expect(cosmos?.signature(text) == signature)
    }

    @Test func refusesKeysThatAreNotBase64() {
        #expect(SharedKey(account: "a", base64Key: "not base64!") == nil)
        #expect(CosmosMasterKey(base64Key: "") == nil)
    }
}

/// Shared access signatures with fixed times, and the checksum that storage services use.
@Suite struct SharedAccessTests {
    private let key = SharedKey(
        account: DevelopmentAccount.storageName, base64Key: DevelopmentAccount.storageKey)
    private let delegationKey = SharedKey(
        account: DevelopmentAccount.storageName, base64Key: "c3dpZnRsZXQtdXNlci1kZWxlZ2F0aW9uLWtleS0wMDAx")

    private func check(
        _ key: SharedKey?, _ parameters: [String: String], _ resource: SharedAccessSignature.Resource?,
        _ expected: String
    ) {
        var all = parameters
        all["sv"] = "2026-10-06"
        all["se"] = "2026-11-21T00:00:00Z"
        let signature = SharedAccessSignature(all)
        let text = signature.stringToSign(account: DevelopmentAccount.storageName, resource: resource)
        #expect(text.flatMap { text in key?.signature(text) } == expected)
    }

    @Test func signsEachKind() {
        check(
            key, ["sp": "r", "st": "2026-11-20T00:00:00Z", "spr": "https,http", "sr": "b"], .blob("docs", "a b/c.txt"),
            "/c4LCc7RfaYdP2GpfuPRAfvV2EK+SFCJTExbgfgwIoc=")
        check(key, ["sp": "rl", "ss": "b", "srt": "sco"], nil, "FDAHGfOWVFMM6YSN9SFprfNRi0ueWpoUNRwkp210IOw=")
        check(key, ["sp": "rp"], .queue("jobs"), "V1srnDy0Qp87XHVpeR1B8Gdm30cxFitPboLatQJFxBA=")
        check(
            delegationKey,
            [
                "sp": "r", "spr": "https,http", "sr": "b", "skoid": "11111111-1111-1111-1111-111111111111",
                "sktid": "22222222-2222-2222-2222-222222222222", "skt": "2026-11-20T00:00:00Z",
                "ske": "2026-11-22T00:00:00Z", "sks": "b", "skv": "2026-10-06",
            ], .blob("docs", "a b/c.txt"), "O83QV03XMhySoiSciKPy7q4oCXTOqKfXatHGdRpiKfQ=")
    }

    @Test(arguments: [("123456789", "iJh5CoYUi64="), ("hello world", "vo7q9sPVKY0="), ("", "AAAAAAAAAAA=")])
    func checksums(text: String, expected: String) {
        var checksum = CRC64()
        checksum.update(text.bytes)
        #expect(checksum.base64 == expected)
        var inPieces = CRC64()
        for byte in text.utf8 { inPieces.update([byte]) }
        #expect(inPieces.value == checksum.value)
    }
}
