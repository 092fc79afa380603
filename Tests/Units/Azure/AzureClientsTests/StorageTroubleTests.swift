import AzureSignatures
import AzureStorage
import HTTPClient
import HTTPMessages
import Testing

/// Storage clients against a server that answers as it was told.
@Suite struct StorageTroubleTests {
    private static let xml: HTTPFields = ["Content-Type": "application/xml"]

    private func with(
        _ responses: [HTTPResponse], _ body: (ScriptedServer, BlobClient, QueueClient) async throws -> Void
    ) async throws {
        let server = try ScriptedServer(responses)
        let name = DevelopmentAccount.storageName
        let account = try StorageAccount(
            connectionString:
                "AccountName=\(name);AccountKey=\(DevelopmentAccount.storageKey);BlobEndpoint=\(server.url);QueueEndpoint=\(server.url)"
        )
        let client = HTTPSession()
        try await body(
            server, BlobClient(account: account, identity: nil, client: client),
            QueueClient(account: account, identity: nil, client: client))
        await server.stop()
    }

    @Test(arguments: [408, 429, 500, 503])
    func repeatsWhatIsSafe(status: Int) async throws {
        let busy = HTTPResponse(HTTPStatus(rawValue: status))
        try await with([busy, busy, HTTPResponse(.created)]) { server, blobs, _ in
            try await blobs.put([1], to: "c", "b", contentType: "x/y")
            #expect(server.requests.count == 3)
            let ids = server.requests.map { $0.fields["x-ms-client-request-id"] }
            #expect(!ids.contains(nil))
        }
    }

    @Test(arguments: [(500, 1), (503, 2), (429, 2)])
    func putsAMessageTwiceOnlyWhenTheFirstWasRefused(status: Int, tries: Int) async throws {
        try await with([HTTPResponse(HTTPStatus(rawValue: status)), HTTPResponse(.created)]) { server, _, queues in
            try? await queues.put("x", to: "q")
            #expect(server.requests.count == tries)
        }
    }

    @Test func waitsAsLongAsItIsTold() async throws {
        let busy = HTTPResponse(.serviceUnavailable, fields: ["Retry-After": "1"])
        try await with([busy, HTTPResponse(.created)]) { _, blobs, _ in
            let started = ContinuousClock.now
            try await blobs.put([1], to: "c", "b", contentType: "x/y")
            #expect(ContinuousClock.now - started >= .seconds(1))
        }
    }

    @Test func errorsSayWhatHappenedAndNoSecret() async throws {
        let body = "<?xml version=\"1.0\"?><Error><Code>BlobNotFound</Code><Message>x</Message></Error>".bytes
        let missing = HTTPResponse(
            .notFound, fields: ["x-ms-request-id": "r-1", "Content-Type": "application/xml"], body: .bytes(body))
        try await with([missing]) { server, blobs, _ in
            do {
                _ = try await blobs.get("c", "secret name")
                Issue.record("there is no such blob")
            } catch let error as StorageError {
                #expect(error.isNotFound && error.code == "BlobNotFound" && error.requestID == "r-1")
                #expect(error.description == "Blob Storage: Get Blob: 404 BlobNotFound, request r-1")
                let signature = server.requests.first?.fields["authorization"]?.split(separator: ":").last ?? "?"
                #expect(!error.description.contains(signature) && !error.description.contains("secret name"))
            }
        }
    }

    @Test func aWrongClockIsNamed() async throws {
        let refused = HTTPResponse(
            .forbidden, fields: ["x-ms-error-code": "AuthenticationFailed", "x-ms-date": "x"])
        // The server's own date is right, so nothing is said; a date of the past is another server's.
        try await with([refused]) { _, blobs, _ in
            do {
                try await blobs.put([], to: "c", "b", contentType: "x/y")
            } catch let error as StorageError {
                #expect(error.advice == nil)
            }
        }
        let past = HTTPResponse(
            .forbidden, fields: ["x-ms-error-code": "AuthenticationFailed", "Date": "Fri, 20 Nov 2020 07:23:12 GMT"])
        try await with([past]) { _, blobs, _ in
            do {
                try await blobs.put([], to: "c", "b", contentType: "x/y")
            } catch let error as StorageError {
                #expect(error.advice?.contains("clock") == true)
            }
        }
    }

    @Test func aCutBodyIsAskedForAgainFromThere() async throws {
        let rest = HTTPResponse(.partialContent, fields: ["ETag": "\"1\""], body: .bytes("world".bytes))
        let cut = ScriptedServer.cut("hello ".bytes, of: 11, ["ETag": "\"1\""])
        try await with([cut, rest]) { (server: ScriptedServer, blobs: BlobClient, _) async throws in
            #expect(try await blobs.get("c", "b") == "hello world".bytes)
            #expect(server.requests.last?.fields["x-ms-range"] == "bytes=6-10")
            #expect(server.requests.last?.fields["if-match"] == "\"1\"")
        }
    }

    @Test func endsWithItsTask() async throws {
        try await with([HTTPResponse(.serviceUnavailable, fields: ["Retry-After": "30"])]) { server, blobs, _ in
            let task = Task { try await blobs.put([], to: "c", "b", contentType: "x/y") }
            while server.requests.isEmpty { try await Task.sleep(for: .milliseconds(5)) }
            task.cancel()
            await #expect(throws: CancellationError.self) { try await task.value }
        }
    }

    @Test func nobodyThereIsSaid() async throws {
        let account = try StorageAccount(
            connectionString:
                "AccountName=a;AccountKey=QUJD;BlobEndpoint=http://127.0.0.1:1;QueueEndpoint=http://127.0.0.1:1")
        await #expect {
            try await BlobClient(account: account, identity: nil, client: HTTPSession()).probe("c")
        } throws: {
            ($0 as? StorageError)?.isUnavailable == true
        }
    }

    @Test func readsListingsAsTheServiceWritesThem() async throws {
        // A byte order mark, escapes, an encoded name, elements that are absent, empty and closed by themselves.
        let body =
            "\u{FEFF}<?xml version=\"1.0\"?><EnumerationResults><Blobs><Blob><Name>a &amp; b</Name><Properties>"
            + "<Content-Length>5</Content-Length><Content-MD5 /></Properties></Blob><BlobPrefix><Name>p/</Name></BlobPrefix>"
            + "<Blob><Name Encoded=\"true\">x%01y</Name><Properties/></Blob></Blobs><NextMarker/></EnumerationResults>"
        let xml = HTTPResponse(.ok, fields: Self.xml, body: .bytes(body.bytes))
        try await with([xml]) { _, blobs, _ in
            let page = try await blobs.page("c", delimiter: "/")
            #expect(page.blobs.map(\.name) == ["a & b", "x\u{1}y"] && page.blobs[0].length == 5)
            #expect(page.prefixes == ["p/"] && page.next == nil)
        }
    }

    @Test(arguments: [
        ("AccountName=a;AccountKey=QUI=;", "https://a.blob.core.windows.net"),
        ("accountname=a;ACCOUNTKEY=QUI=;DefaultEndpointsProtocol=http;EndpointSuffix=x.y", "http://a.blob.x.y"),
        ("AccountName=a;AccountKey=QUI=;BlobEndpoint=http://h:1/a/", "http://h:1/a"),
        ("BlobEndpoint=https://b.x?sv=1&sig=2;QueueEndpoint=https://q.x", "https://b.x"),
        ("AccountName=a;SharedAccessSignature=?sv=1&sig=2%3D", "https://a.blob.core.windows.net"),
        ("UseDevelopmentStorage=true", "http://127.0.0.1:10000/devstoreaccount1"),
        ("UseDevelopmentStorage=true;DevelopmentStorageProxyUri=http://h", "http://h:10000/devstoreaccount1"),
    ])
    func readsConnectionStrings(text: String, endpoint: String) throws {
        #expect(try StorageAccount(connectionString: text).blobEndpoint == endpoint)
    }

    @Test(arguments: [
        "", "AccountName", "AccountName=a;;AccountKey=QUI=", "=x", "AccountKey=QUI=", "AccountName=a;AccountKey=@@",
        "AccountName=a;AccountKey=QUI=;BlobEndpoint=ftp://x", "AccountName=a;AccountName=b",
    ])
    func refusesConnectionStringsWithoutShowingThem(text: String) {
        #expect { try StorageAccount(connectionString: text) } throws: { error in
            let detail = (error as? StorageConfigurationError)?.detail ?? ""
            return !detail.isEmpty && !detail.contains("@@") && !detail.contains("QUI=")
        }
    }
}
