import Digests
import HTTPMessages
import HTTPServing
import JSONCoding
import Problems
import SQLite
import Telemetry

/// Databases, containers and items on disk.
final class CosmosStore: Sendable {
    struct Container: Sendable {
        let database: String
        let name: String
        let rid: String
        let body: JSONValue

        /// Member names of the partition key's path.
        var keyPath: [String] {
            let path = body["partitionKey"]?["paths"]?[0]?.string ?? "/id"
            return path.split(separator: "/").map(String.init)
        }
    }

    let database: SQLiteDatabase

    init(directory: String) throws {
        database = try SQLiteDatabase(
            path: directory + "/cosmos.sqlite",
            schema: """
                CREATE TABLE IF NOT EXISTS databases (
                    id TEXT PRIMARY KEY, rid TEXT NOT NULL, etag TEXT NOT NULL, ts INTEGER NOT NULL) WITHOUT ROWID;
                CREATE TABLE IF NOT EXISTS containers (
                    db TEXT NOT NULL, id TEXT NOT NULL, rid TEXT NOT NULL, body TEXT NOT NULL,
                    PRIMARY KEY (db, id)) WITHOUT ROWID;
                CREATE TABLE IF NOT EXISTS items (
                    seq INTEGER PRIMARY KEY AUTOINCREMENT, container TEXT NOT NULL, partition TEXT NOT NULL,
                    id TEXT NOT NULL, etag TEXT NOT NULL, body TEXT NOT NULL, UNIQUE (container, partition, id));
                """)
    }

    /// The container, 404 when it or its database is missing.
    func container(_ database: String, _ name: String) throws -> Container {
        let rows = try self.database.query(
            "SELECT rid, body FROM containers WHERE db = ? AND id = ?", [.text(database), .text(name)])
        guard let row = rows.first else {
            throw CosmosFailure(404, "NotFound", "The container does not exist.", subStatus: 1003)
        }
        let body = try JSONParser.parse(row[1].string ?? "{}")
        return Container(database: database, name: name, rid: row[0].string ?? "", body: body)
    }

    /// A resource id: base64 of `count` random bytes after the parent's, `/` written as `-`.
    static func newRid(parent: String = "", _ count: Int) -> String {
        let start = Base64.decode(parent.replacing("-", with: "/")) ?? []
        return Base64.encode(start + Digest.randomBytes(count)).replacing("/", with: "-")
    }

    static func newETag() -> String { "\"\(UUIDv7.random())\"" }
    static func now() -> JSONValue { .int(Timestamp.nowMilliseconds() / 1000) }
}

/// Databases and containers.
struct CosmosContainers: Sendable {
    let store: CosmosStore

    func databases(_ request: HTTPRequest) async throws -> HTTPResponse {
        switch request.method {
        case .get:
            let rows = try store.database.query("SELECT id, rid, etag, ts FROM databases ORDER BY id")
            return Self.feed("Databases", rows.map(Self.databaseJSON), rid: "")
        case .post where request.fields["x-ms-documentdb-isquery"] == nil:
            let body = try JSONParser.parse(try await request.body.collect(limit: CosmosService.bodyLimit))
            let id = try Self.validID(body["id"])
            let row: [SQLiteValue] = [
                .text(id), .text(CosmosStore.newRid(4)), .text(CosmosStore.newETag()),
                .integer(Timestamp.nowMilliseconds() / 1000),
            ]
            try await store.database.write { access in
                try access.query("INSERT OR IGNORE INTO databases VALUES (?, ?, ?, ?)", row)
                guard access.changedRows == 1 else { throw Self.exists }
            }
            return HTTPResponse(.created, json: Self.databaseJSON(row))
        default: throw Self.unsupported
        }
    }

    func database(_ request: HTTPRequest, _ id: String) async throws -> HTTPResponse {
        let rows = try store.database.query("SELECT id, rid, etag, ts FROM databases WHERE id = ?", [.text(id)])
        guard let row = rows.first else { throw Self.missing }
        switch request.method {
        case .get: return HTTPResponse(json: Self.databaseJSON(row))
        case .delete:
            try await store.database.write { access in
                try access.query(
                    "DELETE FROM items WHERE container IN (SELECT rid FROM containers WHERE db = ?)", [.text(id)])
                try access.query("DELETE FROM containers WHERE db = ?", [.text(id)])
                try access.query("DELETE FROM databases WHERE id = ?", [.text(id)])
            }
            return HTTPResponse(.noContent)
        default: throw Self.unsupported
        }
    }

    func containers(_ request: HTTPRequest, _ database: String) async throws -> HTTPResponse {
        let rows = try store.database.query("SELECT rid FROM databases WHERE id = ?", [.text(database)])
        guard let parent = rows.first?[0].string else { throw Self.missing }
        switch request.method {
        case .get:
            let bodies = try store.database.query(
                "SELECT body FROM containers WHERE db = ? ORDER BY id", [.text(database)])
            return Self.feed(
                "DocumentCollections", bodies.compactMap { $0[0].string.flatMap { try? JSONParser.parse($0) } },
                rid: parent)
        case .post where request.fields["x-ms-documentdb-isquery"] == nil:
            let given = try JSONParser.parse(try await request.body.collect(limit: CosmosService.bodyLimit))
            let id = try Self.validID(given["id"])
            guard given["partitionKey"]?["paths"]?.array?.count == 1 else {
                throw CosmosFailure(400, "BadRequest", "The emulator needs a partition key with exactly one path.")
            }
            let rid = CosmosStore.newRid(parent: parent, 4)
            var body = given.object ?? JSONObject()
            if body["indexingPolicy"] == nil {
                body["indexingPolicy"] = [
                    "indexingMode": "consistent", "automatic": true, "includedPaths": [["path": "/*"]],
                    "excludedPaths": [],
                ]
            }
            body["_rid"] = .string(rid)
            body["_self"] = .string("dbs/\(parent)/colls/\(rid)/")
            body["_etag"] = .string(CosmosStore.newETag())
            body["_ts"] = CosmosStore.now()
            body["_docs"] = "docs/"
            let complete = JSONValue.object(body)
            try await store.database.write { access in
                try access.query(
                    "INSERT OR IGNORE INTO containers VALUES (?, ?, ?, ?)",
                    [.text(database), .text(id), .text(rid), .text(complete.text)])
                guard access.changedRows == 1 else { throw Self.exists }
            }
            return HTTPResponse(.created, json: complete)
        default: throw Self.unsupported
        }
    }

    func container(_ request: HTTPRequest, _ database: String, _ name: String) async throws -> HTTPResponse {
        let container = try store.container(database, name)
        switch request.method {
        case .get: return HTTPResponse(json: container.body)
        case .delete:
            try await store.database.write { access in
                try access.query("DELETE FROM items WHERE container = ?", [.text(container.rid)])
                try access.query("DELETE FROM containers WHERE rid = ?", [.text(container.rid)])
            }
            return HTTPResponse(.noContent)
        default: throw Self.unsupported
        }
    }

    static let unsupported = CosmosFailure(501, "NotImplemented", "The emulator does not support this operation.")
    private static let missing = CosmosFailure(404, "NotFound", "The database does not exist.")
    private static let exists = CosmosFailure(409, "Conflict", "A resource with that id exists already.")

    static func feed(_ name: String, _ items: [JSONValue], rid: String) -> HTTPResponse {
        HTTPResponse(json: .object(["_rid": .string(rid), name: .array(items), "_count": .int(Int64(items.count))]))
    }

    static func validID(_ value: JSONValue?) throws(CosmosFailure) -> String {
        guard let id = value?.string, (1...1023).contains(id.utf8.count), !id.contains(where: { "/\\?#".contains($0) })
        else {
            throw CosmosFailure(400, "BadRequest", "The id has to be a text of 1 to 1023 bytes without / \\ ? #.")
        }
        return id
    }

    private static func databaseJSON(_ row: [SQLiteValue]) -> JSONValue {
        let rid = row[1].string ?? ""
        return [
            "id": .optional(row[0].string), "_rid": .string(rid), "_self": .string("dbs/\(rid)/"),
            "_etag": .optional(row[2].string), "_colls": "colls/", "_users": "users/", "_ts": .int(row[3].int ?? 0),
        ]
    }
}
