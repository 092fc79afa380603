import AzureSignatures
import HTTPMessages
import Markup
import Telemetry
import Testing

@testable import AzureEmulator

/// Who may do what: keys, shared access signatures of each kind, stored policies, tokens.
@Suite struct SignatureTests {
    private let services: Services

    init() async throws {
        services = try Services()
        try await services.blob(.put, "docs?restype=container")
        try await services.blob(.put, "docs/a%20b", ["x-ms-blob-type": "BlockBlob"], "text")
        try await services.queue(.put, "jobs")
    }

    /// A time as signatures have it, so many seconds from now.
    private func time(_ seconds: Int64) -> String {
        Timestamp.format(milliseconds: Timestamp.nowMilliseconds() + seconds * 1000).prefix(19) + "Z"
    }

    /// The query of a signature; parameters replace the usual ones, an empty one is left out.
    private func query(
        _ changes: [String: String], _ resource: SharedAccessSignature.Resource?,
        key: String = DevelopmentAccount.storageKey
    ) throws -> String {
        var parameters = ["sv": "2021-12-02", "sp": "r", "se": time(3600)]
        if case .blob? = resource { parameters["sr"] = "b" }
        if case .container? = resource { parameters["sr"] = "c" }
        for (name, value) in changes { parameters[name] = value.isEmpty ? nil : value }
        let shared = try #require(SharedKey(account: DevelopmentAccount.storageName, base64Key: key))
        let pairs = parameters.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
        return try #require(shared.sharedAccessQuery(pairs, resource: resource))
    }

    private func get(
        _ path: String, _ query: String, method: HTTPMethod = .get, _ fields: HTTPFields = [:], _ body: String = "",
        service: EmulatorServices.Name = .blob, encrypted: Bool = false, peer: String = "127.0.0.1"
    ) async -> Answer {
        await services.send(
            service, method, "/devstoreaccount1/\(path)\(path.contains("?") ? "&" : "?")\(query)", fields, body.bytes,
            connection: .init(isEncrypted: encrypted, peer: peer))
    }

    // MARK: - Keys

    @Test(arguments: [Services.otherKey, Services.secondKey] as [String])
    func anAccountHasTwoKeys(key: String) async throws {
        let answer = try await services.storage(.blob, .get, "?comp=list", account: Services.otherAccount, key: key)
        #expect(answer.status == 200)
    }

    @Test func wrongKeysAndAlteredRequestsAreRefused() async throws {
        let other = try await services.storage(
            .blob, .get, "docs?restype=container", account: "devstoreaccount1", key: Services.otherKey)
        #expect(other.outcome == "403 AuthenticationFailed")
        #expect(try other.xml["AuthenticationErrorDetail"]?.text.contains("string to sign") == true)
        let target = HTTPTarget("/devstoreaccount1/docs?restype=container")
        let fields = try Services.signed(.get, target, ["x-ms-version": "2021-12-02", "x-ms-meta-k": "v"])
        #expect(await services.send(.blob, .get, target.text, fields).status == 200)
        var altered = fields
        altered["x-ms-meta-k"] = "w"
        #expect(await services.send(.blob, .get, target.text, altered).status == 403)
        #expect(await services.send(.blob, .delete, target.text, fields).status == 403)
        #expect(await services.send(.blob, .get, target.text + "&comp=list", fields).status == 403)
        let nobody = try await services.storage(.blob, .get, "?comp=list", account: "nobody", key: Services.otherKey)
        #expect(nobody.outcome == "403 AuthenticationFailed")
    }

    @Test(arguments: [("x-ms-meta-a_1", "x-ms-meta-a1"), ("x-ms-meta-a1", "x-ms-meta-a_1")] as [(String, String)])
    func namesWithUnderscoresSignInTheServicesOrder(one: String, two: String) async throws {
        let answer = try await services.blob(
            .put, "docs/m", ["x-ms-blob-type": "BlockBlob", one: "1", two: "2"], "x")
        #expect(answer.status == 201)
    }

    @Test(arguments: [(-16, 403), (-14, 200), (14, 200), (16, 403)] as [(Int64, Int)])
    func requestsAreFresh(minutes: Int64, status: Int) async throws {
        let date = Timestamp.httpDate(seconds: Timestamp.nowMilliseconds() / 1000 + minutes * 60)
        #expect(try await services.blob(.get, "docs?restype=container", ["x-ms-date": date]).status == status)
    }

    @Test func datesAndSchemesAreRead() async throws {
        #expect(try await services.blob(.get, "docs?restype=container", ["x-ms-date": "today"]).status == 403)
        let lite = await services.send(
            .blob, .get, "/devstoreaccount1/docs?restype=container",
            ["x-ms-version": "2021-12-02", "Authorization": "SharedKeyLite devstoreaccount1:x"])
        #expect(lite.outcome == "400 InvalidAuthenticationInfo")
        let versionless = await services.send(
            .blob, .get, "/devstoreaccount1/docs?restype=container", ["Authorization": "SharedKey devstoreaccount1:x"])
        #expect(versionless.outcome == "400 MissingRequiredHeader")
    }

    @Test func theAccountMayBeInTheHost() async throws {
        let target = HTTPTarget("/docs/a%20b")
        var fields = try Services.signed(.get, target, ["x-ms-version": "2021-12-02"])
        fields["host"] = "devstoreaccount1.blob.localhost:10000"
        #expect(await services.send(.blob, .get, target.text, fields).text == "text")
        fields["host"] = "devstoreaccount1-secondary.blob.localhost"
        #expect(await services.send(.blob, .get, target.text, fields).text == "text")
        fields["host"] = "other.blob.localhost"
        #expect(await services.send(.blob, .get, target.text, fields).status == 403)
    }

    // MARK: - Permissions

    @Test func signaturesWithoutPermissionsAreNone() async throws {
        try await services.queue(.put, "jobs")
        let requests: [(EmulatorServices.Name, String, String)] = [
            (.blob, "docs/a%20b", try query(["sp": ""], .blob("docs", "a b"))),
            (.blob, "docs/a%20b", try query(["sp": ""], .container("docs"))),
            (.queue, "jobs/messages?peekonly=true", try query(["sp": ""], .queue("jobs"))),
            (.queue, "jobs?comp=metadata", try query(["sp": ""], .queue("jobs"))),
            (.blob, "docs/a%20b", try query(["sp": "", "ss": "b", "srt": "o"], nil)),
            (.blob, "docs/a%20b", try query(["sp": "", "ss": "b", "srt": "o"], nil) + "&sp="),
        ]
        for (service, path, query) in requests {
            let answer = await get(path, query, service: service)
            #expect(answer.outcome == "403 AuthenticationFailed", "\(path)?\(query)")
            #expect(try answer.xml["AuthenticationErrorDetail"]?.text == "sp is mandatory. Cannot be empty")
        }
        let endless = await get("docs/a%20b", try query(["se": ""], .blob("docs", "a b")))
        #expect(try endless.xml["AuthenticationErrorDetail"]?.text == "se is mandatory. Cannot be empty")
    }

    @Test(arguments: ["a", "p", "u", "aup"]) func queuesShowNothingWithoutRead(letters: String) async throws {
        try await services.queue(.put, "jobs")
        let signatures = [
            try query(["sp": letters], .queue("jobs")), try query(["sp": letters, "ss": "q", "srt": "sco"], nil),
        ]
        for signature in signatures {
            for (path, method) in [
                ("jobs?comp=metadata", HTTPMethod.get), ("jobs?comp=metadata", .head),
                ("jobs/messages?peekonly=true", .get),
            ] {
                let answer = await get(path, signature, method: method, service: .queue)
                #expect(answer.status == 403 && answer.code == "AuthorizationPermissionMismatch", "\(path) \(letters)")
            }
        }
        let reader = await get("jobs?comp=metadata", try query(["sp": "r"], .queue("jobs")), service: .queue)
        #expect(reader.status == 200)
    }

    @Test func aSignatureThatMayOnlyCreateNeverOverwrites() async throws {
        let signature = try query(["sp": "c"], .container("docs"))
        let services = services
        for round in 0..<20 {
            let outcomes = await withTaskGroup(of: String.self) { group in
                for _ in 0..<6 {
                    group.addTask {
                        await services.send(
                            .blob, .put, "/devstoreaccount1/docs/new\(round)?\(signature)",
                            ["x-ms-blob-type": "BlockBlob"], "x".bytes
                        ).outcome
                    }
                }
                return await group.reduce(into: [String]()) { $0.append($1) }
            }
            #expect(outcomes.filter { $0 == "201" }.count == 1)
            #expect(outcomes.filter { $0 == "403 UnauthorizedBlobOverwrite" }.count == 5)
        }
    }

    // MARK: - Service signatures

    @Test func signaturesOfABlobAreForThatBlob() async throws {
        let query = try query([:], .blob("docs", "a b"))
        #expect(await get("docs/a%20b", query).text == "text")
        #expect(await get("docs/other", query).outcome == "403 AuthenticationFailed")
        #expect(await get("docs?restype=container&comp=list", query).status == 403)
        #expect(await get("docs/a%20b", query, method: .delete).outcome == "403 AuthorizationPermissionMismatch")
        let wrong = try self.query([:], .blob("docs", "a b"), key: Services.otherKey)
        #expect(await get("docs/a%20b", wrong).outcome == "403 AuthenticationFailed")
        #expect(await get("docs/a%20b", query.replacing("sp=r", with: "sp=rw")).outcome == "403 AuthenticationFailed")
    }

    @Test func signaturesOfAContainerAreForItsBlobs() async throws {
        let query = try query(["sp": "rl"], .container("docs"))
        #expect(await get("docs/a%20b", query).status == 200)
        #expect(await get("docs?restype=container&comp=list", query).status == 200)
        #expect(await get("?comp=list", query).status == 403)
        #expect(await get("docs?restype=container", query, method: .delete).status == 403)
        #expect(await get("docs/new", query, method: .put, ["x-ms-blob-type": "BlockBlob"], "x").status == 403)
    }

    @Test(
        arguments: [
            (["se": "-60"], "403 AuthenticationFailed"), (["st": "60"], "403 AuthenticationFailed"),
            (["st": "-60"], "200"), (["se": "none"], "403 AuthenticationFailed"),
            (["se": "soon"], "403 AuthenticationFailed"),
            (["sv": "new"], "403 AuthenticationFailed"), (["sv": "2026-10-06"], "200"), (["sv": "2019-12-12"], "200"),
            (["sv": "2018-03-28"], "200"), (["spr": "https"], "403 AuthorizationProtocolMismatch"),
            (["spr": "https,http"], "200"), (["sip": "10.0.0.1"], "403 AuthorizationSourceIPMismatch"),
            (["sip": "127.0.0.1"], "200"), (["sip": "127.0.0.0-127.0.0.9"], "200"),
            (["sip": "127.0.0.2-127.0.0.9"], "403 AuthorizationSourceIPMismatch"),
            (["sip": "127.0.0.9-127.0.0.0"], "403 AuthorizationSourceIPMismatch"),
            (["sp": "w"], "403 AuthorizationPermissionMismatch"),
            (["sp": "none"], "403 AuthenticationFailed"),
        ] as [([String: String], String)])
    func limitsOfASignature(changes: [String: String], outcome: String) async throws {
        var changes = changes
        for name in ["st", "se"] { changes[name] = changes[name].map { value in Int64(value).map(time) ?? value } }
        for (name, value) in changes where value == "none" { changes[name] = "" }
        #expect(await get("docs/a%20b", try query(changes, .blob("docs", "a b"))).outcome == outcome)
    }

    @Test func httpsOnlyMeansHttps() async throws {
        let query = try query(["spr": "https"], .blob("docs", "a b"))
        #expect(await get("docs/a%20b", query, encrypted: true).status == 200)
    }

    @Test func answersTakeTheSignaturesHeaders() async throws {
        let query = try query(
            [
                "rsct": "text/x", "rscd": "attachment; filename=\"x.txt\"", "rscc": "no-cache", "rsce": "gzip",
                "rscl": "de",
            ],
            .blob("docs", "a b"))
        let answer = await get("docs/a%20b", query)
        #expect(answer.status == 200 && answer.fields["content-type"] == "text/x")
        #expect(answer.fields["content-disposition"] == "attachment; filename=\"x.txt\"")
        #expect(answer.fields["cache-control"] == "no-cache" && answer.fields["content-language"] == "de")
        #expect(answer.fields["content-encoding"] == "gzip")
    }

    @Test(
        arguments: [
            ("c", "new", 201), ("w", "new", 201), ("c", "a%20b", 403), ("w", "a%20b", 201), ("r", "new", 403),
            ("d", "new", 403),
        ] as [(String, String, Int)])
    func creatingNeedsLessThanReplacing(permission: String, name: String, status: Int) async throws {
        let query = try query(["sp": permission], .container("docs"))
        let answer = await get("docs/" + name, query, method: .put, ["x-ms-blob-type": "BlockBlob"], "new")
        #expect(answer.status == status)
    }

    @Test func storedPoliciesGiveAndTake() async throws {
        func policy(_ expiry: String) async throws {
            let body =
                "<SignedIdentifiers><SignedIdentifier><Id>p</Id><AccessPolicy><Expiry>\(expiry)</Expiry>"
                + "<Permission>r</Permission></AccessPolicy></SignedIdentifier></SignedIdentifiers>"
            #expect(try await services.blob(.put, "docs?restype=container&comp=acl", [:], body).status == 200)
        }
        let signature = try query(["si": "p", "sp": "", "se": ""], .container("docs"))
        #expect(await get("docs/a%20b", signature).outcome == "403 AuthenticationFailed")
        try await policy(time(3600))
        #expect(await get("docs/a%20b", signature).status == 200)
        #expect(await get("docs/a%20b", signature, method: .delete).outcome == "403 AuthorizationPermissionMismatch")
        let twice = try query(["si": "p", "sp": "r", "se": ""], .container("docs"))
        #expect(await get("docs/a%20b", twice).outcome == "400 InvalidQueryParameterValue")
        try await policy(time(-60))
        #expect(await get("docs/a%20b", signature).outcome == "403 AuthenticationFailed")
    }

    // MARK: - Account signatures

    @Test(
        arguments: [
            ("b", "sco", "rl", "docs/a%20b", 200), ("q", "sco", "rl", "docs/a%20b", 403),
            ("b", "c", "rl", "docs/a%20b", 403),
            ("b", "o", "l", "docs/a%20b", 403), ("b", "s", "l", "?comp=list", 200), ("b", "co", "l", "?comp=list", 403),
            ("b", "c", "l", "docs?restype=container&comp=list", 200), ("b", "c", "r", "docs?restype=container", 200),
            ("b", "c", "l", "docs?restype=container", 403), ("b", "c", "rwdl", "docs?restype=container&comp=acl", 403),
        ] as [(String, String, String, String, Int)])
    func accountSignatures(
        services: String, types: String, permissions: String, path: String, status: Int
    ) async throws {
        let query = try query(["ss": services, "srt": types, "sp": permissions], nil)
        #expect(await get(path, query).status == status)
    }

    @Test(
        arguments: [
            (["ss": "q", "srt": "o"], "403 AuthorizationServiceMismatch"),
            (["ss": "b", "srt": "s"], "403 AuthorizationResourceTypeMismatch"),
            (["ss": "b", "srt": "o", "sp": "w"], "403 AuthorizationPermissionMismatch"),
        ] as [([String: String], String)])
    func refusalsSayWhatIsMissing(changes: [String: String], outcome: String) async throws {
        #expect(await get("docs/a%20b", try query(changes, nil)).outcome == outcome)
    }

    // MARK: - User delegation and tokens

    private func bearer(_ path: String, _ method: HTTPMethod = .get, _ body: String = "") async throws -> Answer {
        let token = try await services.token("https://storage.azure.com/")
        return await services.send(
            .blob, method, "/devstoreaccount1/\(path)",
            ["Authorization": "Bearer \(token)", "x-ms-version": "2021-12-02"], body.bytes)
    }

    @Test func tokensOfTheRightAudienceAreGood() async throws {
        #expect(try await bearer("docs/a%20b").text == "text")
        for (resource, status) in [
            ("https://devstoreaccount1.blob.core.windows.net", 200), ("https://vault.azure.net", 401),
            ("https://other.blob.core.windows.net", 401),
        ] {
            let token = try await services.token(resource)
            let answer = await services.send(
                .blob, .get, "/devstoreaccount1/docs/a%20b",
                ["Authorization": "Bearer \(token)", "x-ms-version": "2021-12-02"])
            #expect(answer.status == status, "\(resource)")
            if status == 401 {
                #expect(answer.fields["www-authenticate"]?.contains("https://storage.azure.com") == true)
            }
        }
        let token = try await services.token("https://storage.azure.com/")
        var parts = token.split(separator: ".").map(String.init)
        parts[1] += "x"
        for forged in [parts.joined(separator: "."), "x.y.z", "none", ""] {
            let answer = await services.send(
                .blob, .get, "/devstoreaccount1/docs/a%20b",
                ["Authorization": "Bearer \(forged)", "x-ms-version": "2021-12-02"])
            #expect(answer.status == 401)
        }
    }

    @Test func delegationKeysSignForTheirTime() async throws {
        let body = "<KeyInfo><Start>\(time(-60))</Start><Expiry>\(time(7200))</Expiry></KeyInfo>"
        let path = "?restype=service&comp=userdelegationkey"
        #expect(try await services.blob(.post, path, [:], body).status == 403)
        let key = try await bearer(path, .post, body).xml
        func text(_ name: String) throws -> String { try #require(key[name]?.text) }
        let parameters = [
            "skoid": try text("SignedOid"), "sktid": try text("SignedTid"), "skt": try text("SignedStart"),
            "ske": try text("SignedExpiry"), "sks": try text("SignedService"), "skv": try text("SignedVersion"),
        ]
        let signature = try query(parameters, .blob("docs", "a b"), key: try text("Value"))
        #expect(await get("docs/a%20b", signature).text == "text")
        let forged = try query(parameters, .blob("docs", "a b"), key: Services.otherKey)
        #expect(await get("docs/a%20b", forged).outcome == "403 AuthenticationFailed")
        services.clock.advance(milliseconds: 7_300_000)
        #expect(await get("docs/a%20b", signature).outcome == "403 AuthenticationFailed")
        let long = "<KeyInfo><Start>\(time(0))</Start><Expiry>\(time(8 * 86_400))</Expiry></KeyInfo>"
        services.clock.setBack()
        #expect(try await bearer(path, .post, long).outcome == "400 InvalidXmlNodeValue")
    }

    // MARK: - Queues

    @Test(
        arguments: [
            ("a", true, false, false), ("p", false, true, false), ("r", false, false, true), ("rap", true, true, true),
        ] as [(String, Bool, Bool, Bool)])
    func queueSignatures(permissions: String, put: Bool, take: Bool, peek: Bool) async throws {
        let message = "<QueueMessage><MessageText>x</MessageText></QueueMessage>"
        try await services.queue(.post, "jobs/messages", [:], message)
        let query = try query(["sp": permissions], .queue("jobs"))
        #expect((await get("jobs/messages", query, method: .post, [:], message, service: .queue).status == 201) == put)
        #expect((await get("jobs/messages?peekonly=true", query, service: .queue).status == 200) == peek)
        #expect((await get("jobs/messages", query, service: .queue).status == 200) == take)
        #expect(await get("jobs/messages", query, method: .delete, service: .queue).status == 403)
        #expect(await get("jobs?comp=acl", query, service: .queue).status == 403)
    }
}
