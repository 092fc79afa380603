import HTTPMessages
import Markup
import Testing

@testable import AzureEmulator

/// Containers, listings in pages, the service's own pages.
@Suite struct ContainerTests {
    private let services: Services

    init() throws { services = try Services() }

    private func fill(_ names: [String]) async throws {
        try await services.blob(.put, "docs?restype=container")
        for name in names {
            let path = "docs/" + percentEncoded(name, keeping: "/")
            #expect(try await services.blob(.put, path, ["x-ms-blob-type": "BlockBlob"], name).status == 201)
        }
    }

    private struct Page {
        let names: [String]
        let next: String?
    }

    /// The names and rolled-up prefixes of a page, in their order.
    private func page(_ query: String = "") async throws -> Page {
        let answer = try await services.blob(.get, "docs?restype=container&comp=list" + query)
        #expect(answer.status == 200, "\(answer.text)")
        let tree = try answer.xml
        let names = tree["Blobs"]?.children.compactMap { $0["Name"]?.text } ?? []
        let next = tree["NextMarker"]?.text ?? "missing"
        return Page(names: names, next: next.isEmpty ? nil : next)
    }

    /// Everything, in pages of a size.
    private func all(_ size: Int, _ query: String = "") async throws -> [String] {
        var names: [String] = []
        var marker: String?
        repeat {
            let found = try await page(
                "&maxresults=\(size)\(query)" + (marker.map { "&marker=" + percentEncoded($0) } ?? ""))
            #expect(found.names.count <= size)
            names += found.names
            marker = found.next
        } while marker != nil
        return names
    }

    // MARK: - Containers

    @Test func containersLiveAndDie() async throws {
        let made = try await services.blob(.put, "docs?restype=container", ["x-ms-meta-Owner": "me"])
        #expect(made.status == 201 && !made.etag.isEmpty && made.fields["last-modified"] != nil)
        #expect(try await services.blob(.put, "docs?restype=container").outcome == "409 ContainerAlreadyExists")
        let got = try await services.blob(.get, "docs?restype=container")
        #expect(got.status == 200 && got.etag == made.etag && got.fields["x-ms-meta-owner"] == "me")
        #expect(got.fields["x-ms-lease-state"] == "available")
        let set = try await services.blob(.put, "docs?restype=container&comp=metadata", ["x-ms-meta-k": "v"])
        #expect(set.status == 200 && set.etag != made.etag)
        let metadata = try await services.blob(.head, "docs?restype=container&comp=metadata")
        #expect(metadata.fields["x-ms-meta-k"] == "v" && metadata.fields["x-ms-meta-owner"] == nil)
        try await services.blob(.put, "docs/a", ["x-ms-blob-type": "BlockBlob"], "x")
        #expect(try await services.blob(.delete, "docs?restype=container").status == 202)
        #expect(try await services.blob(.get, "docs?restype=container").outcome == "404 ContainerNotFound")
        #expect(try await services.blob(.delete, "docs?restype=container").outcome == "404 ContainerNotFound")
        try await services.blob(.put, "docs?restype=container")
        #expect(try await services.blob(.head, "docs/a").status == 404)
    }

    @Test(
        arguments: [
            ("ab", false), ("abc", true), ("a-b", true), ("a--b", false), ("-ab", false), ("ab-", false),
            ("Abc", false),
            ("a_b", false), ("$root", true), ("$web", true), ("$other", false),
            (String(repeating: "a", count: 63), true),
            (String(repeating: "a", count: 64), false),
        ] as [(String, Bool)])
    func names(name: String, isGood: Bool) async throws {
        #expect((try await services.blob(.put, "\(percentEncoded(name))?restype=container").status == 201) == isGood)
    }

    @Test func containersAreListed() async throws {
        for name in ["two", "one", "three"] {
            try await services.blob(.put, "\(name)?restype=container", ["x-ms-meta-k": "<\(name)>"])
        }
        let tree = try await services.blob(.get, "?comp=list&include=metadata").xml
        let list = tree["Containers"]?.all("Container") ?? []
        #expect(list.compactMap { $0["Name"]?.text } == ["one", "three", "two"])
        #expect(list.first?["Metadata"]?["k"]?.text == "<one>")
        #expect(list.first?["Properties"]?["LeaseState"]?.text == "available")
        let first = try await services.blob(.get, "?comp=list&maxresults=2").xml
        let marker = try #require(first["NextMarker"]?.text)
        #expect(first["Containers"]?.all("Container").count == 2 && !marker.isEmpty)
        let rest = try await services.blob(.get, "?comp=list&maxresults=2&marker=" + percentEncoded(marker)).xml
        #expect(rest["Containers"]?.all("Container").compactMap { $0["Name"]?.text } == ["two"])
        let few = try await services.blob(.get, "?comp=list&prefix=t").xml
        #expect(few["Containers"]?.all("Container").count == 2)
    }

    @Test func leasesProtectAContainersDeletion() async throws {
        try await services.blob(.put, "docs?restype=container")
        let lease = try await services.blob(
            .put, "docs?restype=container&comp=lease",
            ["x-ms-lease-action": "acquire", "x-ms-lease-duration": "60"])
        let id = try #require(lease.fields["x-ms-lease-id"])
        try await services.blob(.put, "docs/a", ["x-ms-blob-type": "BlockBlob"], "x")
        #expect(try await services.blob(.delete, "docs?restype=container").outcome == "412 LeaseIdMissing")
        #expect(
            try await services.blob(
                .delete, "docs?restype=container", ["x-ms-lease-id": "6a4a5a5f-0000-4000-8000-000000000002"]
            ).outcome == "412 LeaseIdMismatchWithContainerOperation")
        #expect(try await services.blob(.delete, "docs?restype=container", ["x-ms-lease-id": id]).status == 202)
    }

    // MARK: - Listings

    private static let names = [
        "a", "a/1", "a/2", "a/b/3", "b", "c/1", "c/2", "d", "A", "ä", "日本", "z z", "z&z", "1",
    ]

    @Test func namesComeInTheOrderOfTheirBytes() async throws {
        try await fill(Self.names)
        let sorted = Self.names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        #expect(try await page().names == sorted)
        for size in [1, 3, 13, 14, 15] { #expect(try await all(size) == sorted) }
    }

    @Test func aDelimiterRollsUp() async throws {
        try await fill(Self.names)
        let rolled = ["1", "A", "a", "a/", "b", "c/", "d", "z z", "z&z", "ä", "日本"]
            .sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        #expect(try await page("&delimiter=%2F").names == rolled)
        for size in [1, 2, 4] { #expect(try await all(size, "&delimiter=%2F") == rolled) }
        #expect(try await page("&delimiter=%2F&prefix=a%2F").names == ["a/1", "a/2", "a/b/"])
        #expect(try await page("&prefix=a%2Fb").names == ["a/b/3"])
        #expect(try await page("&prefix=none").names.isEmpty)
    }

    @Test func deletionsBetweenPagesSkipNothing() async throws {
        try await fill(["a", "b", "c", "d", "e"])
        let first = try await page("&maxresults=2")
        try await services.blob(.delete, "docs/a")
        try await services.blob(.delete, "docs/c")
        try await services.blob(.put, "docs/aa", ["x-ms-blob-type": "BlockBlob"], "x")
        let marker = try #require(first.next)
        #expect(try await page("&marker=" + percentEncoded(marker)).names == ["d", "e"])
        try services.restart()
        #expect(try await page("&marker=" + percentEncoded(marker)).names == ["d", "e"])
    }

    @Test(
        arguments: [
            ("&maxresults=0", "400 OutOfRangeQueryParameterValue"),
            ("&maxresults=-1", "400 OutOfRangeQueryParameterValue"),
            ("&maxresults=x", "400 InvalidQueryParameterValue"), ("&marker=garbage", "400 InvalidQueryParameterValue"),
            ("&include=everything", "400 InvalidQueryParameterValue"), ("&maxresults=9999", "200"),
        ] as [(String, String)])
    func parametersAreChecked(query: String, outcome: String) async throws {
        try await fill([])
        let answer = try await services.blob(.get, "docs?restype=container&comp=list" + query)
        #expect(answer.outcome == outcome)
    }

    @Test func listingsShowWhatIsAskedFor() async throws {
        try await fill([])
        try await services.blob(
            .put, "docs/a",
            [
                "x-ms-blob-type": "BlockBlob", "x-ms-meta-Note": "a < b & c", "x-ms-tags": "k=v",
                "x-ms-blob-content-type": "text/x",
            ],
            "hello")
        try await services.blob(.put, "docs/a?comp=snapshot")
        try await services.blob(.put, "docs/pending?comp=block&blockid=QQ==", [:], "x")
        #expect(try await page().names == ["a"])
        #expect(try await page("&include=snapshots").names == ["a", "a"])
        #expect(try await page("&include=uncommittedblobs").names == ["a", "pending"])
        let tree = try await services.blob(
            .get, "docs?restype=container&comp=list&include=metadata,tags&prefix=a&maxresults=5&delimiter=%2F"
        ).xml
        #expect(tree.attributes["ContainerName"] == "docs")
        #expect(tree["Prefix"]?.text == "a" && tree["MaxResults"]?.text == "5" && tree["Delimiter"]?.text == "/")
        let blob = try #require(tree["Blobs"]?["Blob"])
        #expect(blob["Metadata"]?["Note"]?.text == "a < b & c")
        #expect(blob["Tags"]?["TagSet"]?["Tag"]?["Value"]?.text == "v")
        let properties = try #require(blob["Properties"])
        #expect(properties["Content-Length"]?.text == "5" && properties["Content-Type"]?.text == "text/x")
        #expect(properties["Content-MD5"]?.text == "XUFAKrxLKna5cZ2REBfFkg==")
        #expect(properties["BlobType"]?.text == "BlockBlob" && properties["LeaseStatus"]?.text == "unlocked")
        let tag = try await services.blob(.head, "docs/a").etag
        #expect(properties["Etag"]?.text == tag.filter { $0 != "\"" })
    }

    // MARK: - Who may read

    @Test(arguments: [("", 401, 401), ("blob", 200, 401), ("container", 200, 200)] as [(String, Int, Int)])
    func publicAccess(level: String, blob: Int, list: Int) async throws {
        try await fill(["a"])
        let set = try await services.blob(
            .put, "docs?restype=container&comp=acl", level.isEmpty ? [:] : ["x-ms-blob-public-access": level])
        #expect(set.status == 200)
        let account = "/devstoreaccount1"
        #expect(await services.send(.blob, .get, account + "/docs/a").status == blob)
        #expect(await services.send(.blob, .get, account + "/docs?restype=container&comp=list").status == list)
        #expect(await services.send(.blob, .get, account + "/?comp=list").status == 401)
        #expect(await services.send(.blob, .delete, account + "/docs/a").status == 401)
        let put = await services.send(.blob, .put, account + "/docs/b", ["x-ms-blob-type": "BlockBlob"], "x".bytes)
        #expect(put.outcome == "401 NoAuthenticationInformation")
        #expect(put.fields["www-authenticate"]?.hasPrefix("Bearer authorization_uri=") == true)
    }

    @Test func policiesAreKept() async throws {
        try await fill([])
        let body =
            "<SignedIdentifiers><SignedIdentifier><Id>one &amp; only</Id><AccessPolicy><Start>2026-01-01T00:00:00Z</Start>"
            + "<Expiry>2027-01-01T00:00:00Z</Expiry><Permission>rl</Permission></AccessPolicy></SignedIdentifier></SignedIdentifiers>"
        #expect(try await services.blob(.put, "docs?restype=container&comp=acl", [:], body).status == 200)
        let got = try await services.blob(.get, "docs?restype=container&comp=acl").xml["SignedIdentifier"]
        #expect(got?["Id"]?.text == "one & only" && got?["AccessPolicy"]?["Permission"]?.text == "rl")
        let many = (0..<6).map { "<SignedIdentifier><Id>\($0)</Id></SignedIdentifier>" }.joined()
        for bad in [
            "<SignedIdentifiers>\(many)</SignedIdentifiers>", "<SignedIdentifiers>", "<Other/>",
            "<SignedIdentifiers><SignedIdentifier/></SignedIdentifiers>",
            "<SignedIdentifiers><SignedIdentifier><Id>\(String(repeating: "i", count: 65))</Id></SignedIdentifier></SignedIdentifiers>",
            body.replacing("2027-01-01T00:00:00Z", with: "next year"),
        ] {
            #expect(try await services.blob(.put, "docs?restype=container&comp=acl", [:], bad).status == 400)
        }
    }

    // MARK: - The account

    @Test func servicesHaveProperties() async throws {
        let path = "?restype=service&comp=properties"
        let standard = try await services.blob(.get, path).xml
        for name in ["Logging", "HourMetrics", "MinuteMetrics", "Cors", "DeleteRetentionPolicy", "StaticWebsite"] {
            #expect(standard[name] != nil, "\(name)")
        }
        let rule =
            "<CorsRule><AllowedOrigins>https://page.test</AllowedOrigins><AllowedMethods>PUT</AllowedMethods>"
            + "<AllowedHeaders>x-ms-*</AllowedHeaders><ExposedHeaders>ETag</ExposedHeaders><MaxAgeInSeconds>60</MaxAgeInSeconds></CorsRule>"
        let body = "<StorageServiceProperties><Cors>\(rule)</Cors></StorageServiceProperties>"
        #expect(try await services.blob(.put, path, [:], body).status == 202)
        try services.restart()
        let kept = try await services.blob(.get, path).xml
        #expect(kept["Cors"]?["CorsRule"]?["MaxAgeInSeconds"]?.text == "60" && kept["Logging"] != nil)
        func preflight(_ origin: String, _ method: String, _ headers: String) async -> Answer {
            await services.send(
                .blob, .options, "/devstoreaccount1/docs/a",
                [
                    "Origin": origin, "Access-Control-Request-Method": method,
                    "Access-Control-Request-Headers": headers,
                ])
        }
        let good = await preflight("https://page.test", "PUT", "x-ms-blob-type")
        #expect(good.status == 200 && good.fields["access-control-allow-origin"] == "https://page.test")
        #expect(good.fields["access-control-max-age"] == "60")
        for bad in [
            await preflight("https://other.test", "PUT", "x-ms-blob-type"),
            await preflight("https://page.test", "DELETE", "x-ms-blob-type"),
            await preflight("https://page.test", "PUT", "authorization"),
        ] { #expect(bad.outcome == "403 CorsPreflightFailure") }
        let real = try await services.blob(
            .put, "docs?restype=container", ["Origin": "https://page.test"])
        #expect(real.fields["access-control-allow-origin"] == "https://page.test")
        #expect(real.fields["access-control-expose-headers"] == "ETag")
    }

    @Test func accountsSayWhatTheyAre() async throws {
        let answer = try await services.blob(.get, "?restype=account&comp=properties")
        #expect(answer.status == 200 && answer.fields["x-ms-account-kind"] == "StorageV2")
        #expect(answer.fields["x-ms-sku-name"] != nil)
        #expect(
            try await services.blob(.get, "?restype=service&comp=stats").xml["GeoReplication"]?["Status"]?.text
                == "live")
    }

    @Test(
        arguments: [
            (HTTPMethod.put, "docs/a?comp=page"), (.put, "docs/a?comp=appendblock"), (.post, "docs/a?comp=query"),
            (.put, "docs/a?comp=legalhold"), (.put, "docs/a?comp=undelete"),
        ] as [(HTTPMethod, String)])
    func whatIsNotThereSaysSo(method: HTTPMethod, path: String) async throws {
        try await fill(["a"])
        let status = try await services.blob(method, path).status
        #expect([400, 404, 405, 501].contains(status))
        #expect(try await services.blob(.get, "docs/a").text == "a")
    }
}
