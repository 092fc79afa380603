import HTTPMessages
import HTTPServing
import JSONCoding
import Problems
import SQLite
import Telemetry

/// What tests ask of the emulator itself, under `/_emulator/` on every port, with the folder's token.
struct AdminRoutes: Sendable {
    static let prefix = "/_emulator/"

    let token: AdminToken
    let faults: FaultInjector
    let authority: TokenAuthority
    let identities: UserIdentities
    let stores: EmulatorStores
    let authorityCertificate: String

    func answer(_ request: HTTPRequest) async -> HTTPResponse {
        let name = request.target.rawPath.dropFirst(Self.prefix.count)
        // Whoever waits for the emulator has to be told, whoever it is.
        let isOpen = name == "health" && (request.method == .get || request.method == .head)
        guard isOpen || token.admits(request) else {
            var response = Problem(
                .unauthorized,
                "/_emulator/ wants the token of the file \(AdminToken.fileName) in the emulator's data folder, or that of "
                    + "APUS_EMULATOR_TOKEN, as Authorization: Bearer TOKEN."
            ).response(requestID: request.id)
            response.fields["WWW-Authenticate"] = "Bearer"
            return response
        }
        var response: HTTPResponse
        do {
            response = try await route(request, name)
        } catch {
            response = Problem(error).response(requestID: request.id)
        }
        response.addAPIFields()
        return response
    }

    private func route(_ request: HTTPRequest, _ name: Substring) async throws -> HTTPResponse {
        // A page of another origin cannot send this type without asking first, and it is never let.
        if [.post, .put].contains(request.method), !(request.fields["content-type"] ?? "").hasPrefix("application/json")
        {
            throw Problem(.unsupportedMediaType, "Content-Type has to be application/json.")
        }
        switch (request.method, name) {
        case (.get, "health"): return HTTPResponse(json: ["status": "ok"])
        case (.get, "ca.pem"):
            return HTTPResponse(.ok, text: authorityCertificate, contentType: "application/x-pem-file")
        case (.get, "faults"): return HTTPResponse(json: ["faults": .array(faults.rules.map(\.json))])
        case (.post, "faults"):
            let rule = try FaultInjector.Rule(try JSONParser.parse(try await request.body.collect(limit: 16 * 1024)))
            faults.add(rule)
            return HTTPResponse(.created, json: rule.json)
        case (.delete, "faults"):
            faults.removeAll()
            return HTTPResponse(.noContent)
        case (.post, "tokens"):
            let body = try JSONParser.parse(try await request.body.collect(limit: 16 * 1024))
            var reader = try FieldReader(body, allowed: ["expireAll", "lifetimeSeconds"])
            let expires = reader.bool("expireAll", default: false)
            let lifetime = body["lifetimeSeconds"]
            if let lifetime, lifetime.int.map({ (-86_400...31_536_000).contains($0) }) != true {
                reader.add("lifetimeSeconds", "Must be a whole number from -86400 to 31536000.")
            }
            try reader.finish()
            if expires { authority.expireAll() }
            if let lifetime { faults.setTokenLifetime(lifetime.int) }
            return HTTPResponse(.noContent)
        case (.get, "identities"):
            return HTTPResponse(json: ["identities": .array(identities.all.map(\.json))])
        case (.post, "identities"):
            return try assign(try JSONParser.parse(try await request.body.collect(limit: 16 * 1024)))
        case (.delete, _) where name.hasPrefix("identities/"):
            guard let given = percentDecoded(name.dropFirst("identities/".count)), try identities.remove(given) else {
                throw Problem(.notFound, "There is no identity of that name.")
            }
            return HTTPResponse(.noContent)
        case (.get, "clock"): return time
        case (.post, "clock"), (.put, "clock"):
            try await advance(try JSONParser.parse(try await request.body.collect(limit: 16 * 1024)))
            return time
        case (.delete, "clock"):
            setClockBack()
            return HTTPResponse(.noContent)
        case (.get, "contents"): return HTTPResponse(json: try contents())
        case (.post, "reset"):
            try await reset()
            return HTTPResponse(.noContent)
        default: throw Problem(.notFound, "There is no such page; see docs/parts/azure-emulator.md.")
        }
    }

    /// Assigns a user-assigned identity.
    private func assign(_ body: JSONValue) throws -> HTTPResponse {
        var reader = try FieldReader(body, allowed: ["name", "clientId"])
        let name = reader.requiredString("name")
        let clientID = body["clientId"]
        if !UserIdentities.isName(name) {
            reader.add("name", "Must have 3 to 128 letters, digits, hyphens and underscores.")
        }
        if let clientID, !clientID.isNull, !UserIdentities.isID(clientID.string ?? "") {
            reader.add("clientId", "Must be a UUID.")
        }
        try reader.finish()
        let (identity, isNew) = try identities.assign(name, clientID: clientID?.string)
        return HTTPResponse(isNew ? .created : .ok, json: identity.json)
    }

    /// A plain list of everything held, without contents and secrets' values; at most 10,000 entries of a kind.
    private func contents() throws -> JSONValue {
        let limit = "LIMIT 10000"
        let blobRows = try stores.blobs.reader.query(
            """
            SELECT account, containers.name, blobs.name, size, snapshot FROM blobs
            JOIN containers ON containers.id = container WHERE snapshot <> '!' ORDER BY 1, 2, 3, 5 \(limit)
            """)
        let containerRows = try stores.blobs.reader.query("SELECT account, name FROM containers ORDER BY 1, 2 \(limit)")
        let queueRows = try stores.queues.reader.query(
            """
            SELECT account, name, (SELECT count(*) FROM messages WHERE queue = queues.id) FROM queues ORDER BY 1, 2 \(limit)
            """)
        let cosmosRows = try stores.cosmos.reader.query(
            """
            SELECT db, id, (SELECT count(*) FROM items WHERE container = key) FROM containers ORDER BY 1, 2 \(limit)
            """)
        let secretRows = try stores.vault.database.query(
            "SELECT name, count(*) FROM secrets GROUP BY name ORDER BY name \(limit)")
        func text(_ row: [SQLiteValue], _ column: Int) -> JSONValue { .optional(row[column].string) }
        func number(_ row: [SQLiteValue], _ column: Int) -> JSONValue { .int(row[column].int ?? 0) }
        return [
            "containers": .array(containerRows.map { ["account": text($0, 0), "name": text($0, 1)] }),
            "blobs": .array(
                blobRows.map { row in
                    var entry: JSONObject = [
                        "account": text(row, 0), "container": text(row, 1), "name": text(row, 2),
                        "bytes": number(row, 3),
                    ]
                    if row[4].string != BlobStore.base { entry["snapshot"] = text(row, 4) }
                    return .object(entry)
                }),
            "queues": .array(
                queueRows.map { ["account": text($0, 0), "name": text($0, 1), "messages": number($0, 2)] }),
            "cosmosContainers": .array(
                cosmosRows.map { ["database": text($0, 0), "name": text($0, 1), "items": number($0, 2)] }),
            "secrets": .array(secretRows.map { ["name": text($0, 0), "versions": number($0, 1)] }),
        ]
    }

    private func reset() async throws {
        faults.removeAll()
        setClockBack()
        try await stores.removeAll()
    }

    // MARK: - Time

    private var time: HTTPResponse {
        HTTPResponse(
            json: [
                "now": .string(Timestamp.format(milliseconds: stores.clock.milliseconds)),
                "aheadSeconds": .double(Double(stores.clock.aheadMilliseconds) / 1000),
            ])
    }

    /// Moves the clock on and does at once what the service does in the background after such a time.
    private func advance(_ body: JSONValue) async throws {
        var reader = try FieldReader(body, allowed: ["advance"])
        let seconds = body["advance"]?.double ?? -1
        if !(0...3_155_760_000).contains(seconds) {
            reader.add("advance", "Must be a number of seconds from 0 to 3155760000.")
        }
        try reader.finish()
        stores.clock.advance(milliseconds: Int64((seconds * 1000).rounded()))
        try await stores.removeExpired()
    }

    private func setClockBack() {
        stores.clock.setBack()
        authority.clockWasSetBack()
    }
}
