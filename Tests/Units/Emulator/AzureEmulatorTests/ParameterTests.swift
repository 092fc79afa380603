import Digests
import HTTPMessages
import JSONCoding
import Testing

@testable import AzureEmulator

/// Query parameters that an operation does not know are refused: without them it could act on something else.
@Suite struct ParameterTests {
    private let services: Services

    init() throws { services = try Services() }

    /// Requests of every operation that would succeed as they stand; in the order in which they do.
    private static let blobRequests: [(method: HTTPMethod, path: String, fields: HTTPFields, body: String)] = [
        (.get, "?comp=list", [:], ""), (.get, "?restype=service&comp=properties", [:], ""),
        (.get, "?restype=service&comp=stats", [:], ""), (.get, "?restype=account&comp=properties", [:], ""),
        (.get, "?comp=blobs&where=%22a%22%3D%271%27", [:], ""),
        (.put, "other?restype=container", [:], ""), (.get, "docs?restype=container", [:], ""),
        (.get, "docs?restype=container&comp=metadata", [:], ""),
        (.put, "docs?restype=container&comp=metadata", [:], ""),
        (.get, "docs?restype=container&comp=acl", [:], ""), (.put, "docs?restype=container&comp=acl", [:], ""),
        (.get, "docs?restype=container&comp=list", [:], ""),
        (.put, "docs/b", ["x-ms-blob-type": "BlockBlob"], "new"), (.get, "docs/b", [:], ""), (.head, "docs/b", [:], ""),
        (.get, "docs/b?comp=metadata", [:], ""), (.put, "docs/b?comp=metadata", [:], ""),
        (.put, "docs/b?comp=properties", [:], ""), (.get, "docs/b?comp=tags", [:], ""),
        (.put, "docs/b?comp=tags", [:], "<Tags><TagSet /></Tags>"), (.get, "docs/b?comp=blocklist", [:], ""),
        (.put, "docs/b?comp=block&blockid=YQ%3D%3D", [:], "block"),
        (.put, "docs/b?comp=blocklist", [:], "<BlockList />"),
        (.put, "docs/b?comp=tier", ["x-ms-access-tier": "Cool"], ""),
        (.put, "docs/b?comp=snapshot", [:], ""),
        (.put, "docs/b?comp=lease", ["x-ms-lease-action": "acquire", "x-ms-lease-duration": "15"], ""),
        (.put, "docs/copy", ["x-ms-copy-source": "http://127.0.0.1/devstoreaccount1/docs/b"], ""),
        (.delete, "docs/b", ["x-ms-delete-snapshots": "include"], ""), (.delete, "docs?restype=container", [:], ""),
    ]

    private func prepare() async throws {
        try await services.blob(.put, "docs?restype=container")
        try await services.blob(.put, "docs/b", ["x-ms-blob-type": "BlockBlob", "x-ms-tags": "a=1"], "old")
    }

    private static func with(_ path: String, _ parameter: String) -> String {
        path + (path.contains("?") ? "&" : "?") + parameter
    }

    @Test(arguments: ["versionid=2024-01-01T00:00:00.0000000Z", "VersionId=x", "deletetype=permanent", "unheard=of"])
    func noBlobOperationIgnoresWhatItDoesNotKnow(parameter: String) async throws {
        try await prepare()
        for request in Self.blobRequests {
            let path = Self.with(request.path, parameter)
            let answer = try await services.blob(request.method, path, request.fields, request.body)
            #expect(
                answer.status == 501 && answer.code == "NotImplemented", "\(request.method) \(path): \(answer.outcome)")
        }
        let left = try await services.blob(.get, "docs/b")
        #expect(left.text == "old" && left.fields["x-ms-tag-count"] == "1")
        #expect(try await services.blob(.get, "docs/copy").outcome == "404 BlobNotFound")
        #expect(try await services.blob(.get, "other?restype=container").outcome == "404 ContainerNotFound")
    }

    @Test func theSameOperationsRunWithoutIt() async throws {
        try await prepare()
        for request in Self.blobRequests {
            // A lease would keep later ones out.
            guard request.path != "docs/b?comp=lease" else { continue }
            let path = Self.with(request.path, "timeout=30")
            let answer = try await services.blob(request.method, path, request.fields, request.body)
            #expect(answer.status < 300, "\(request.method) \(path): \(answer.outcome)")
        }
    }

    @Test(
        arguments: [
            (.put, "docs/b", ["x-ms-blob-type": "BlockBlob"]), (.put, "docs/b?comp=metadata", [:]),
            (.put, "docs/b?comp=properties", [:]), (.put, "docs/b?comp=tags", [:]), (.put, "docs/b?comp=snapshot", [:]),
            (.put, "docs/b?comp=tier", ["x-ms-access-tier": "Cool"]),
            (.put, "docs/b?comp=lease", ["x-ms-lease-action": "acquire", "x-ms-lease-duration": "15"]),
        ] as [(HTTPMethod, String, [String: String])])
    func whatIsNotDoneToSnapshotsIsNotDoneToTheBlobInstead(
        method: HTTPMethod, path: String, given: [String: String]
    ) async throws {
        try await prepare()
        let taken = try await services.blob(.put, "docs/b?comp=snapshot")
        let time = percentEncoded(taken.fields["x-ms-snapshot"] ?? "")
        let before = try await services.blob(.head, "docs/b").etag
        var fields: HTTPFields = [:]
        for (name, value) in given { fields[name] = value }
        let answer = try await services.blob(method, Self.with(path, "snapshot=\(time)"), fields, "")
        #expect(answer.outcome == "501 NotImplemented")
        #expect(try await services.blob(.head, "docs/b").etag == before)
    }

    @Test func snapshotsAreTimesAndParametersComeOnce() async throws {
        try await prepare()
        for snapshot in ["~", "!", "yesterday"] {
            for method in [HTTPMethod.get, .delete] {
                let answer = try await services.blob(method, "docs/b?snapshot=\(percentEncoded(snapshot))")
                #expect(answer.outcome == "400 InvalidQueryParameterValue", "\(snapshot)")
            }
        }
        let twice = try await services.blob(.get, "docs?restype=container&comp=list&prefix=a&prefix=b")
        #expect(twice.outcome == "400 InvalidQueryParameterValue")
        #expect(try await services.blob(.get, "docs/b").text == "old")
    }

    @Test func copiesAreOfWhatTheirSourceNames() async throws {
        try await prepare()
        for source in ["docs/b?versionid=2024-01-01T00:00:00Z", "docs/b?comp=metadata", "docs?restype=container"] {
            let address = "http://127.0.0.1/devstoreaccount1/\(source)"
            let answer = try await services.blob(.put, "docs/copy", ["x-ms-copy-source": address])
            #expect(answer.status >= 400, "\(source)")
        }
        #expect(try await services.blob(.get, "docs/copy").status == 404)
    }

    @Test func noQueueOperationIgnoresWhatItDoesNotKnow() async throws {
        try await services.queue(.put, "jobs")
        let text = "<QueueMessage><MessageText>m</MessageText></QueueMessage>"
        try await services.queue(.post, "jobs/messages", [:], text)
        let requests: [(HTTPMethod, String, String)] = [
            (.get, "?comp=list", ""), (.put, "other", ""), (.get, "jobs?comp=metadata", ""),
            (.put, "jobs?comp=metadata", ""),
            (.get, "jobs?comp=acl", ""), (.put, "jobs?comp=acl", ""), (.post, "jobs/messages", text),
            (.get, "jobs/messages", ""),
            (.get, "jobs/messages?peekonly=true", ""), (.delete, "jobs/messages", ""), (.delete, "jobs", ""),
        ]
        // A receipt without a message id must not clear the queue.
        for parameter in ["popreceipt=x", "messageid=y"] {
            for (method, path, body) in requests {
                let answer = try await services.queue(method, Self.with(path, parameter), [:], body)
                #expect(answer.outcome == "501 NotImplemented", "\(method) \(path): \(answer.outcome)")
            }
        }
        let count = try await services.queue(.get, "jobs?comp=metadata").fields["x-ms-approximate-messages-count"]
        #expect(count == "1")
    }

    @Test func theOtherServicesIgnoreNothingEither() async throws {
        let path = try await services.container()
        try await services.cosmos(.post, path + "/docs", partition: #"["p"]"#, [:], ["id": "a", "pk": "p"])
        let gone = try await services.cosmos(
            .delete, path + "/docs/a?version=1", partition: #"["p"]"#, signed: ("docs", "dbs/d/colls/docs/docs/a"))
        #expect(gone.outcome == "501 NotImplemented")
        #expect(try await services.cosmos(.get, path + "/docs/a", partition: #"["p"]"#).status == 200)
        try await services.vault(.put, "/secrets/a", ["value": "1"])
        #expect(try await services.vault(.delete, "/secrets/a?version=1").outcome == "501 NotImplemented")
        #expect(try await services.vault(.get, "/secrets/a").status == 200)
    }

    // MARK: - Bodies and fields of blobs

    @Test func blockIDsAreOfOneLengthBeforeTheyAreEncoded() async throws {
        try await prepare()
        func stage(_ id: String) async throws -> String {
            let name = percentEncoded(Base64.encode(id.bytes))
            return try await services.blob(.put, "docs/blocks?comp=block&blockid=\(name)", [:], "x").outcome
        }
        #expect(try await stage("a") == "201")
        // As base64 these are as long.
        #expect(try await stage("ab") == "400 InvalidBlobOrBlock")
        #expect(try await stage("abc") == "400 InvalidBlobOrBlock")
        #expect(try await stage("abcd") == "400 InvalidBlobOrBlock")
        #expect(try await stage("b") == "201")
    }

    @Test func blanksAroundMetadataAreNoPartOfIt() async throws {
        try await services.blob(.put, "docs?restype=container", ["x-ms-meta-a": "1 \t"])
        #expect(try await services.blob(.get, "docs?restype=container").fields["x-ms-meta-a"] == "1")
        try await services.blob(
            .put, "docs/b", ["x-ms-blob-type": "BlockBlob", "x-ms-meta-a": "  one two  ", "x-ms-meta-b": "   "])
        let blob = try await services.blob(.head, "docs/b")
        #expect(blob.fields["x-ms-meta-a"] == "one two" && blob.fields["x-ms-meta-b"] == "")
        try await services.queue(.put, "jobs", ["x-ms-meta-a": "1  "])
        #expect(try await services.queue(.get, "jobs?comp=metadata").fields["x-ms-meta-a"] == "1")
    }

    @Test func writesAnswerTheChecksumOfWhatTheyStored() async throws {
        try await prepare()
        var checksum = CRC64()
        checksum.update("hello world".bytes)
        let text = "hello world"
        let put = try await services.blob(.put, "docs/b", ["x-ms-blob-type": "BlockBlob"], text)
        #expect(put.fields["x-ms-content-crc64"] == checksum.base64 && put.fields["content-md5"] != nil)
        let block = try await services.blob(.put, "docs/b?comp=block&blockid=YQ%3D%3D", [:], text)
        #expect(block.fields["x-ms-content-crc64"] == checksum.base64 && block.fields["content-md5"] == nil)
        let checked = try await services.blob(
            .put, "docs/b?comp=block&blockid=YQ%3D%3D", ["Content-MD5": Services.md5(text)], text)
        #expect(checked.fields["x-ms-content-crc64"] == nil && checked.fields["content-md5"] == Services.md5(text))
    }

    @Test func tagsGoWithACopyThatAsksForThem() async throws {
        try await prepare()
        let source = "http://127.0.0.1/devstoreaccount1/docs/b"
        func tags(_ name: String, _ fields: HTTPFields) async throws -> String {
            var fields = fields
            fields["x-ms-copy-source"] = source
            let made = try await services.blob(.put, "docs/" + name, fields)
            guard made.status < 300 else { return made.outcome }
            return try await services.blob(.head, "docs/" + name).fields["x-ms-tag-count"] ?? "0"
        }
        let copies: HTTPFields = ["x-ms-copy-source-tag-option": "COPY"]
        var put = copies
        put["x-ms-blob-type"] = "BlockBlob"
        #expect(try await tags("1", put) == "1")
        var synchronous = copies
        synchronous["x-ms-requires-sync"] = "true"
        #expect(try await tags("2", synchronous) == "1")
        synchronous["x-ms-tags"] = "b=2&c=3"
        #expect(try await tags("3", synchronous).hasPrefix("409"))
        synchronous["x-ms-copy-source-tag-option"] = "REPLACE"
        #expect(try await tags("4", synchronous) == "2")
        // Without being asked the service copies no tags.
        #expect(try await tags("5", [:]) == "0")
        synchronous["x-ms-copy-source-tag-option"] = "BOTH"
        #expect(try await tags("6", synchronous) == "400 InvalidHeaderValue")
    }
}
