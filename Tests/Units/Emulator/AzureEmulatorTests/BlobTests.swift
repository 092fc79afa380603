import HTTPMessages
import Markup
import Testing

@testable import AzureEmulator

/// Blobs as wholes: contents, names, checksums, ranges.
@Suite struct BlobTests {
    private let services: Services

    init() async throws {
        services = try Services()
        try await services.blob(.put, "docs?restype=container")
    }

    @discardableResult
    private func put(_ name: String, _ body: String, _ fields: HTTPFields = [:]) async throws -> Answer {
        var fields = fields
        fields["x-ms-blob-type"] = "BlockBlob"
        return try await services.blob(.put, "docs/" + name, fields, body)
    }

    @Test func everyAnswerSaysWhatItIs() async throws {
        let answer = try await services.blob(
            .get, "docs?restype=container", ["x-ms-client-request-id": "mine", "x-ms-version": "2026-10-06"])
        #expect(answer.fields["x-ms-version"] == "2026-10-06")
        #expect(answer.fields["x-ms-client-request-id"] == "mine")
        #expect(answer.fields["x-ms-request-id"]?.isEmpty == false)
        let long = String(repeating: "x", count: 1025)
        let other = try await services.blob(.get, "docs?restype=container", ["x-ms-client-request-id": long])
        #expect(other.fields["x-ms-client-request-id"] == nil)
    }

    @Test(arguments: ["today", "2021-12-2", "2010-01-01", "2021-12-02T00:00:00Z"] as [String])
    func versionsAreDates(version: String) async throws {
        let answer = try await services.blob(.get, "docs?restype=container", ["x-ms-version": version])
        #expect(answer.outcome == "400 InvalidHeaderValue")
        #expect(try answer.xml["HeaderName"]?.text == "x-ms-version")
    }

    // MARK: - Contents

    @Test func keepsWhatIsPut() async throws {
        let made = try await put(
            "a", "hello world",
            ["x-ms-blob-content-type": "text/plain", "x-ms-blob-cache-control": "no-store", "x-ms-meta-Owner": "me"])
        #expect(made.status == 201)
        #expect(made.fields["content-md5"] == "XrY7u+Ae7tCTyyK7j1rNww==")
        let got = try await services.blob(.get, "docs/a")
        #expect(got.status == 200 && got.text == "hello world" && got.etag == made.etag)
        #expect(got.fields["content-type"] == "text/plain" && got.fields["cache-control"] == "no-store")
        #expect(got.fields["x-ms-meta-Owner"] == "me" && got.fields["x-ms-blob-type"] == "BlockBlob")
        #expect(got.fields["content-md5"] == made.fields["content-md5"])
        let head = try await services.blob(.head, "docs/a")
        #expect(head.status == 200 && head.bytes.isEmpty && head.length == 11)
        #expect(head.fields["x-ms-access-tier"] == "Hot" && head.fields["accept-ranges"] == "bytes")
    }

    @Test func replacesEverythingOfABlob() async throws {
        let first = try await put("a", "one", ["x-ms-meta-k": "v", "x-ms-blob-content-type": "text/plain"])
        let second = try await put("a", "two!")
        #expect(first.etag != second.etag)
        let got = try await services.blob(.get, "docs/a")
        #expect(got.text == "two!" && got.fields["x-ms-meta-k"] == nil)
        #expect(got.fields["content-type"] == "application/octet-stream")
    }

    @Test(arguments: [0, 1, 65_536, 65_537, 300_000] as [Int])
    func sizesAboutTheInlineLimit(count: Int) async throws {
        let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        let made = try await services.storage(.blob, .put, "docs/a", ["x-ms-blob-type": "BlockBlob"], bytes)
        #expect(made.status == 201)
        let got = try await services.blob(.get, "docs/a")
        #expect(got.bytes == bytes && !got.isCut)
    }

    @Test(
        arguments: [
            "a b", "ü", "日本", "e\u{301}", "\u{E9}", "a%b", "a%25b", "a+b", "a#b", "a?b", "a&b=c", "it's", "<x>", "😀",
            "x.",
            "a//b", "p/",
            "\u{1}",
        ] as [String])
    func namesOfEveryKind(name: String) async throws {
        let path = percentEncoded(name, keeping: "/")
        #expect(try await put(path, name).status == 201)
        #expect(try await services.blob(.get, "docs/" + path).text == name)
        let list = try await services.blob(.get, "docs?restype=container&comp=list").xml
        let node = list["Blobs"]?.all("Blob").first?["Name"]
        let shown = node?.attributes["Encoded"] == "true" ? percentDecoded(node?.text ?? "") : node?.text
        #expect(shown.map { Array($0.utf8) } == Array(name.utf8))
    }

    @Test func namesHaveALargestLength() async throws {
        #expect(try await put(String(repeating: "n", count: 1024), "").status == 201)
        #expect(try await put(String(repeating: "n", count: 1025), "").status == 400)
    }

    @Test func composedAndDecomposedNamesAreTwoBlobs() async throws {
        try await put(percentEncoded("e\u{301}"), "decomposed")
        try await put(percentEncoded("\u{E9}"), "composed")
        #expect(try await services.blob(.get, "docs/%C3%A9").text == "composed")
        #expect(try await services.blob(.get, "docs/e%CC%81").text == "decomposed")
    }

    @Test func bodiesAreWhatTheyClaimOrNothing() async throws {
        let md5 = Services.md5("hello")
        #expect(try await put("a", "hello", ["Content-MD5": md5]).status == 201)
        #expect(try await put("b", "hellO", ["Content-MD5": md5]).outcome == "400 Md5Mismatch")
        #expect(try await put("b", "hello", ["Content-MD5": "AAAA"]).outcome == "400 InvalidMd5")
        #expect(try await put("c", "hello world", ["x-ms-content-crc64": "vo7q9sPVKY0="]).status == 201)
        #expect(
            try await put("d", "hello worlD", ["x-ms-content-crc64": "vo7q9sPVKY0="]).outcome == "400 Crc64Mismatch")
        let both: HTTPFields = ["Content-MD5": md5, "x-ms-content-crc64": "vo7q9sPVKY0="]
        #expect(try await put("d", "hello", both).outcome == "400 BothCrc64AndMd5HeaderPresent")
        for name in ["b", "d"] { #expect(try await services.blob(.head, "docs/" + name).status == 404) }
    }

    @Test func aBodyCutShortMakesNoBlob() async throws {
        let answer = try await put("a", "short", ["content-length": "500"])
        #expect(answer.status >= 400)
        #expect(try await services.blob(.head, "docs/a").status == 404)
    }

    @Test(
        arguments: [
            (["x-ms-blob-type": ""], "400 MissingRequiredHeader"),
            (["x-ms-blob-type": "PageBlob"], "501 NotImplemented"),
            (["x-ms-blob-type": "Blob"], "400 InvalidHeaderValue"),
            (["x-ms-blob-type": "BlockBlob", "x-ms-meta-1a": "x"], "400 InvalidMetadata"),
            (["x-ms-blob-type": "BlockBlob", "x-ms-meta-": "x"], "400 EmptyMetadataKey"),
            (
                ["x-ms-blob-type": "BlockBlob", "x-ms-meta-a": String(repeating: "x", count: 8192)],
                "400 MetadataTooLarge"
            ),
            (
                ["x-ms-blob-type": "BlockBlob", "x-ms-structured-body": "XSM/1.0; properties=crc64"],
                "400 UnsupportedHeader"
            ),
            (["x-ms-blob-type": "BlockBlob", "x-ms-encryption-key": "k"], "400 UnsupportedHeader"),
        ] as [([String: String], String)])
    func refusesWhatItCannotKeep(given: [String: String], outcome: String) async throws {
        var fields: HTTPFields = [:]
        for (name, value) in given { fields[name] = value }
        #expect(try await services.blob(.put, "docs/a", fields, "x").outcome == outcome)
    }

    @Test func whatIsMissingIsSaid() async throws {
        #expect(try await services.blob(.get, "docs/none").outcome == "404 BlobNotFound")
        #expect(try await services.blob(.head, "docs/none").fields["x-ms-error-code"] == "BlobNotFound")
        #expect(try await services.blob(.head, "docs/none").bytes.isEmpty)
        #expect(try await services.blob(.get, "none/none").outcome == "404 ContainerNotFound")
        let put = try await services.blob(.put, "none/a", ["x-ms-blob-type": "BlockBlob"], "x")
        #expect(put.outcome == "404 ContainerNotFound")
        let error = try await services.blob(.get, "docs/none").xml
        #expect(error.name == "Error" && error["Code"]?.text == "BlobNotFound")
    }

    // MARK: - Ranges

    @Test(
        arguments: [
            ("bytes=0-4", "hello", "bytes 0-4/11"), ("bytes=6-", "world", "bytes 6-10/11"),
            ("bytes=6-99", "world", "bytes 6-10/11"), ("bytes=10-10", "d", "bytes 10-10/11"),
            ("bytes=0-", "hello world", "bytes 0-10/11"),
        ] as [(String, String, String)])
    func rangesArePartial(range: String, text: String, contentRange: String) async throws {
        try await put("a", "hello world")
        for name in ["Range", "x-ms-range"] {
            let got = try await services.blob(.get, "docs/a", [name: range])
            #expect(got.status == 206 && got.text == text && got.fields["content-range"] == contentRange)
            #expect(got.fields["x-ms-blob-content-md5"] == "XrY7u+Ae7tCTyyK7j1rNww==")
        }
    }

    @Test func theServicesOwnRangeFieldWins() async throws {
        try await put("a", "hello world")
        let got = try await services.blob(.get, "docs/a", ["Range": "bytes=0-1", "x-ms-range": "bytes=2-3"])
        #expect(got.text == "ll")
    }

    @Test(arguments: ["bytes=11-", "bytes=99-100"] as [String])
    func rangesBehindTheEndAreRefused(range: String) async throws {
        try await put("a", "hello world")
        let got = try await services.blob(.get, "docs/a", ["x-ms-range": range])
        #expect(got.outcome == "416 InvalidRange" && got.fields["content-range"] == "bytes */11")
    }

    @Test func everyRangeOfAnEmptyBlobIsRefused() async throws {
        try await put("empty", "")
        #expect(try await services.blob(.get, "docs/empty", ["x-ms-range": "bytes=0-100"]).status == 416)
        let whole = try await services.blob(.get, "docs/empty")
        #expect(whole.status == 200 && whole.bytes.isEmpty)
    }

    @Test(arguments: ["bytes=5-2", "bytes=a-b", "words=0-1", "bytes="] as [String])
    func rangesThatAreNoneAreIgnored(range: String) async throws {
        try await put("a", "hello world")
        let got = try await services.blob(.get, "docs/a", ["Range": range])
        #expect(got.status == 200 && got.text == "hello world")
    }

    @Test func aRangeMayAskForItsOwnChecksum() async throws {
        try await put("a", "hello world")
        let got = try await services.blob(
            .get, "docs/a", ["x-ms-range": "bytes=0-4", "x-ms-range-get-content-md5": "true"])
        #expect(got.fields["content-md5"] == Services.md5("hello"))
    }
}
