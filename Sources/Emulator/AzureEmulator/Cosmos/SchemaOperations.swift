import CosmosQuery
import Digests
import HTTPMessages
import HTTPServing
import JSONCoding
import Problems
import SQLite
import Telemetry

/// Databases and containers.
struct SchemaOperations {
    let store: CosmosStore
    let request: HTTPRequest
    /// Identities work with data only.
    let isIdentity: Bool

    private var isQuery: Bool {
        request.flag("x-ms-documentdb-isquery")
            || (request.fields["content-type"] ?? "").hasPrefix("application/query+json")
    }

    private func requireKey(_ action: String) throws(CosmosFailure) {
        guard !isIdentity else {
            throw CosmosFailure(
                403, "Forbidden",
                "Request blocked by Auth: the identity cannot perform \(action) in the data plane; use the account's key or the management plane.",
                subStatus: 5300)
        }
    }

    // MARK: - Databases

    func databases() async throws -> HTTPResponse {
        switch request.method {
        case .get: return try await listed("Databases", "SELECT body FROM databases ORDER BY id", [], rid: "")
        case .post where isQuery:
            return try await listed("Databases", "SELECT body FROM databases ORDER BY id", [], rid: "")
        case .post:
            try requireKey("create of databases")
            let given = try await request.cosmosBody()
            let id = try Self.validID(given["id"], limit: 255)
            let rid = CosmosStore.newRid(Digest.randomBytes(4))
            let body: JSONValue = [
                "id": .string(id), "_rid": .string(rid), "_self": .string("dbs/\(rid)/"),
                "_etag": .string(CosmosStore.newETag()), "_colls": "colls/", "_users": "users/",
                "_ts": .int(store.clock.seconds),
            ]
            let offer = OfferOperations.offer(request)
            try await store.changeSchema { access in
                try access.query(
                    "INSERT OR IGNORE INTO databases VALUES (?, ?, ?, ?)",
                    [.text(id), .text(rid), .text(body.text), .optional(offer)])
                guard access.changedRows == 1 else { throw CosmosFailure.exists }
            }
            return Self.resource(.created, body)
        default: throw CosmosFailure.unsupported
        }
    }

    func database(_ id: String) async throws -> HTTPResponse {
        let rows = try store.reader.query("SELECT id, body FROM databases WHERE id = ?1 OR rid = ?1", [.text(id)])
        guard let row = rows.first, let name = row[0].string else { throw CosmosFailure.missing }
        switch request.method {
        case .get: return Self.resource(.ok, try JSONParser.parse(row[1].string ?? ""))
        case .delete:
            try requireKey("delete of databases")
            try await store.changeSchema { access in
                let containers = try access.query("SELECT key FROM containers WHERE db = ?", [.text(name)])
                for container in containers { try Self.remove(container[0], access) }
                try access.query("DELETE FROM databases WHERE id = ?", [.text(name)])
                guard access.changedRows == 1 else { throw CosmosFailure.missing }
            }
            return HTTPResponse(.noContent)
        default: throw CosmosFailure.unsupported
        }
    }

    // MARK: - Containers

    func containers(_ databaseID: String) async throws -> HTTPResponse {
        let rows = try store.reader.query(
            "SELECT id, rid FROM databases WHERE id = ?1 OR rid = ?1", [.text(databaseID)])
        guard let row = rows.first, let database = row[0].string, let parent = row[1].string else {
            throw CosmosFailure.parentMissing
        }
        let sql = "SELECT body FROM containers WHERE db = ? ORDER BY id"
        switch request.method {
        case .get: return try await listed("DocumentCollections", sql, [.text(database)], rid: parent)
        case .post where isQuery: return try await listed("DocumentCollections", sql, [.text(database)], rid: parent)
        case .post:
            try requireKey("create of containers")
            let given = try await request.cosmosBody()
            let id = try Self.validID(given["id"], limit: 255)
            let rid = CosmosStore.newRid(parent: parent, Self.containerBytes())
            let body = JSONValue.object(try complete(given, parent: parent, rid: rid))
            let offer = OfferOperations.offer(request)
            try await store.changeSchema { access in
                // Another database of that name would be another container's parent.
                let parents = try access.query(
                    "SELECT 1 FROM databases WHERE id = ? AND rid = ?", [.text(database), .text(parent)])
                guard !parents.isEmpty else { throw CosmosFailure.parentMissing }
                try access.query(
                    "INSERT OR IGNORE INTO containers (db, id, rid, body, offer, lsn) VALUES (?, ?, ?, ?, ?, 0)",
                    [.text(database), .text(id), .text(rid), .text(body.text), .optional(offer)])
                guard access.changedRows == 1 else { throw CosmosFailure.exists }
            }
            return Self.resource(.created, body)
        default: throw CosmosFailure.unsupported
        }
    }

    func container(_ database: String, _ name: String) async throws -> HTTPResponse {
        let container: CosmosStore.Container
        do {
            container = try store.container(database, name)
        } catch let failure as CosmosFailure where failure.status == .notFound {
            throw CosmosFailure.missing
        }
        switch request.method {
        case .get: return Self.resource(.ok, container.body)
        case .put:
            try requireKey("replace of containers")
            return try await replace(container, try await request.cosmosBody())
        case .delete:
            try requireKey("delete of containers")
            try await store.changeSchema { access in try Self.remove(.integer(container.id), access) }
            return HTTPResponse(.noContent)
        default: throw CosmosFailure.unsupported
        }
    }

    private func replace(_ container: CosmosStore.Container, _ given: JSONValue) async throws -> HTTPResponse {
        guard given["id"] == container.body["id"] else {
            throw CosmosFailure.bad("The id of a container cannot be changed.")
        }
        for name in ["partitionKey", "uniqueKeyPolicy"] {
            let (old, new) = (container.body[name], given[name])
            guard new == nil || Self.essence(new) == Self.essence(old) else {
                throw CosmosFailure.bad("The \(name) of a container cannot be changed.")
            }
        }
        var object = try complete(given, parent: "", rid: container.rid)
        for name in ["partitionKey", "uniqueKeyPolicy", "_self"] {
            if let value = container.body[name] { object[name] = value }
        }
        let body = JSONValue.object(object)
        try await store.changeSchema { access in
            try access.query(
                "UPDATE containers SET body = ? WHERE key = ?", [.text(body.text), .integer(container.id)])
            guard access.changedRows == 1 else { throw CosmosFailure.missing }
        }
        return Self.resource(.ok, body)
    }

    /// What of a policy matters for comparing it.
    private static func essence(_ policy: JSONValue?) -> [String] {
        (policy?["paths"]?.array ?? policy?["uniqueKeys"]?.array ?? []).map(\.text)
    }

    private static func containerBytes() -> [UInt8] {
        var bytes = Digest.randomBytes(4)
        // The highest bit tells containers from other children of a database.
        bytes[0] |= 0x80
        return bytes
    }

    /// The body with what the service adds.
    private func complete(_ given: JSONValue, parent: String, rid: String) throws(CosmosFailure) -> JSONObject {
        let paths = given["partitionKey"]?["paths"]?.array?.compactMap(\.string) ?? []
        guard (1...3).contains(paths.count), paths.allSatisfy({ $0.hasPrefix("/") && $0.utf8.count > 1 }) else {
            throw .bad("The partition key definition needs 1 to 3 paths that begin with '/'.")
        }
        let kind = given["partitionKey"]?["kind"]?.string ?? "Hash"
        guard paths.count == 1 || kind == "MultiHash" else { throw .bad("Several paths need the kind MultiHash.") }
        if let ttl = given["defaultTtl"], !ttl.isNull {
            guard let seconds = ttl.int, seconds == -1 || (1...Int64(Int32.max)).contains(seconds) else {
                throw .bad("defaultTtl has to be -1 or 1 to 2147483647 seconds.")
            }
        }
        do {
            _ = try ContainerRules(definition: given)
        } catch {
            throw CosmosFailure(error)
        }
        var body = given.object ?? JSONObject()
        for (name, value) in body.members where value.isNull { body[name] = nil }
        var key = given["partitionKey"]?.object ?? JSONObject()
        key["kind"] = .string(kind)
        key["version"] = 2
        body["partitionKey"] = .object(key)
        let defaults: JSONObject = [
            "indexingPolicy": [
                "indexingMode": "consistent", "automatic": true, "includedPaths": [["path": "/*"]],
                "excludedPaths": [["path": "/\"_etag\"/?"]],
            ],
            "conflictResolutionPolicy": [
                "mode": "LastWriterWins", "conflictResolutionPath": "/_ts", "conflictResolutionProcedure": "",
            ], "geospatialConfig": ["type": "Geography"],
        ]
        for (name, value) in defaults.members where body[name] == nil { body[name] = value }
        let system: JSONObject = [
            "_rid": .string(rid), "_ts": .int(store.clock.seconds),
            "_self": .string("dbs/\(parent)/colls/\(rid)/"), "_etag": .string(CosmosStore.newETag()), "_docs": "docs/",
            "_sprocs": "sprocs/", "_triggers": "triggers/", "_udfs": "udfs/", "_conflicts": "conflicts/",
        ]
        for (name, value) in system.members { body[name] = value }
        return body
    }

    private static func remove(_ container: SQLiteValue, _ access: borrowing SQLiteDatabase.Access) throws {
        try access.query("DELETE FROM items WHERE container = ?", [container])
        try access.query("DELETE FROM unique_values WHERE container = ?", [container])
        try access.query("DELETE FROM containers WHERE key = ?", [container])
        guard access.changedRows == 1 else { throw CosmosFailure.missing }
    }

    // MARK: - Parts

    /// A list, or what a query selects of it, in pages.
    private func listed(
        _ name: String, _ sql: String, _ values: [SQLiteValue], rid: String
    ) async throws -> HTTPResponse {
        var rows = try store.reader.query(sql, values).map { try JSONParser.parse($0[0].string ?? "") }
        if isQuery {
            let asked = try QueryRequest(try await request.cosmosBody())
            let evaluator = Evaluator(parameters: asked.parameters, now: store.clock.milliseconds)
            rows = try evaluator.results(of: asked.query, rows: evaluator.rows(of: asked.query, over: rows))
        }
        let start = try Continuation.offset(request.fields["x-ms-continuation"])
        let size = try QueryRequest.pageSize(request)
        let page = Array(rows.dropFirst(start).prefix(size))
        var response = CosmosService.feed(name, page, rid: rid)
        if start + page.count < rows.count {
            response.fields["x-ms-continuation"] = Continuation.text(offset: start + page.count)
        }
        return response
    }

    static func resource(_ status: HTTPStatus, _ body: JSONValue) -> HTTPResponse {
        var response = HTTPResponse(status, json: body)
        response.fields["etag"] = body["_etag"]?.string
        return response
    }

    static func validID(_ value: JSONValue?, limit: Int) throws(CosmosFailure) -> String {
        guard let id = value?.string, !id.isEmpty else {
            throw .bad(
                "The input content is invalid because the required properties - 'id; ' - are missing or not a text.")
        }
        guard id.utf8.count <= limit, !id.contains(where: { "/\\?#".contains($0) }), !id.hasSuffix(" ") else {
            throw .bad("The id has to have at most \(limit) bytes, none of / \\ ? # and no space at its end.")
        }
        return id
    }
}
