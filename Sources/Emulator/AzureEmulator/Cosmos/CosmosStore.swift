import CosmosQuery
import Digests
import HTTPMessages
import JSONCoding
import SQLite
import Synchronization
import Telemetry

/// Databases, containers and items on disk.
final class CosmosStore: Sendable {
    /// A container as requests on items need it.
    struct Container: Sendable {
        let id: Int64
        let database: String
        let name: String
        let rid: String
        /// The address made of ids that never change.
        let link: String
        let body: JSONValue
        /// Member names on the way to each component of the partition key.
        let keyPaths: [[String]]
        /// `nil`: items live for ever. -1: they do unless they say otherwise. Otherwise seconds.
        let defaultTTL: Int64?
        /// For each unique key the paths of its parts.
        let uniqueKeys: [[[String]]]
        /// What the definition means for queries.
        let rules: ContainerRules

        init(_ row: [SQLiteValue]) throws {
            id = row[0].int ?? 0
            database = row[1].string ?? ""
            name = row[2].string ?? ""
            rid = row[3].string ?? ""
            body = try JSONParser.parse(row[4].string ?? "{}")
            link = body["_self"]?.string ?? ""
            func path(_ text: String) -> [String] {
                text.split(separator: "/").map { String($0.filter { $0 != "\"" }) }
            }
            keyPaths = (body["partitionKey"]?["paths"]?.array ?? []).compactMap { $0.string.map(path) }
            defaultTTL = body["defaultTtl"]?.int
            // Definitions of earlier versions were not checked.
            rules = (try? ContainerRules(definition: body)) ?? ContainerRules()
            uniqueKeys = (body["uniqueKeyPolicy"]?["uniqueKeys"]?.array ?? []).map { key in
                (key["paths"]?.array ?? []).compactMap { $0.string.map(path) }
            }
        }
    }

    let database: SQLiteDatabase
    /// Reads never wait for a commit.
    let reader: SQLiteDatabase
    let clock: EmulatorClock
    private struct Cache {
        var containers: [String: Container] = [:]
        /// Grows with each change, so that what was read before one is not kept after it.
        var generation = 0
    }

    private let cache = Mutex(Cache())

    init(directory: String, clock: EmulatorClock) throws {
        self.clock = clock
        let path = directory + "/cosmosdb.sqlite"
        database = try SQLiteDatabase(
            path: path,
            schema: """
                CREATE TABLE IF NOT EXISTS databases (
                    id TEXT PRIMARY KEY, rid TEXT NOT NULL UNIQUE, body TEXT NOT NULL, offer TEXT) WITHOUT ROWID;
                CREATE TABLE IF NOT EXISTS containers (
                    key INTEGER PRIMARY KEY AUTOINCREMENT, db TEXT NOT NULL, id TEXT NOT NULL, rid TEXT NOT NULL UNIQUE,
                    body TEXT NOT NULL, offer TEXT, lsn INTEGER NOT NULL, UNIQUE (db, id));
                CREATE TABLE IF NOT EXISTS items (
                    seq INTEGER PRIMARY KEY AUTOINCREMENT, container INTEGER NOT NULL, partition TEXT NOT NULL,
                    epk TEXT NOT NULL, id TEXT NOT NULL, rid TEXT NOT NULL, etag TEXT NOT NULL, ts INTEGER NOT NULL,
                    expires INTEGER, lsn INTEGER NOT NULL, body TEXT NOT NULL);
                CREATE UNIQUE INDEX IF NOT EXISTS items_by_key ON items (container, partition, id);
                CREATE INDEX IF NOT EXISTS items_by_change ON items (container, lsn);
                CREATE INDEX IF NOT EXISTS items_by_expiry ON items (expires) WHERE expires IS NOT NULL;
                CREATE TABLE IF NOT EXISTS unique_values (
                    container INTEGER NOT NULL, partition TEXT NOT NULL, key INTEGER NOT NULL, value TEXT NOT NULL,
                    item INTEGER NOT NULL, PRIMARY KEY (container, partition, key, value)) WITHOUT ROWID;
                CREATE INDEX IF NOT EXISTS unique_values_by_item ON unique_values (item);
                PRAGMA wal_autocheckpoint=4000;
                """)
        try FirstFormat(directory: directory, name: "cosmos.sqlite", target: database).importItems(clock: clock)
        reader = try SQLiteDatabase(path: path, schema: "", isReader: true)
    }

    private static let columns = "key, db, id, rid, body"

    /// A container by name or resource id, 404 when it or its database is missing.
    func container(_ database: String, _ name: String) throws -> Container {
        let key = database + "/" + name
        let (known, generation) = cache.withLock { ($0.containers[key], $0.generation) }
        if let known { return known }
        let rows = try reader.query(
            """
            SELECT \(Self.columns) FROM containers WHERE (id = ?2 OR rid = ?2)
            AND db IN (SELECT id FROM databases WHERE id = ?1 OR rid = ?1)
            """, [.text(database), .text(name)])
        guard let row = rows.first else { throw CosmosFailure.parentMissing }
        let container = try Container(row)
        cache.withLock { if $0.generation == generation { $0.containers[key] = container } }
        return container
    }

    /// Changes databases or containers; what was known of them is read again.
    @discardableResult
    func changeSchema<Value: Sendable>(
        _ body: @escaping @Sendable (borrowing SQLiteDatabase.Access) throws -> Value
    ) async throws -> Value {
        let value = try await database.write(body)
        cache.withLock { $0 = Cache(generation: $0.generation + 1) }
        return value
    }

    /// Removes items whose time is over; nobody sees them any more anyway.
    func removeExpired() async throws {
        let now = clock.seconds
        try await database.write { access in
            let gone = try access.query(
                "DELETE FROM items WHERE seq IN (SELECT seq FROM items WHERE expires <= ? LIMIT 1000) RETURNING seq",
                [.integer(now)])
            for row in gone { try access.query("DELETE FROM unique_values WHERE item = ?", [row[0]]) }
        }
    }

    /// A resource id: base64 of `count` bytes after the parent's, `/` written as `-`.
    static func newRid(parent: String = "", _ bytes: [UInt8]) -> String {
        let start = Base64.decode(parent.replacing("-", with: "/")) ?? []
        return Base64.encode(start + bytes).replacing("/", with: "-")
    }

    /// The resource id of an item, which sorts by its number.
    static func itemRid(_ container: Container, _ seq: Int64) -> String {
        newRid(parent: container.rid, (0..<8).map { UInt8(truncatingIfNeeded: seq >> (56 - 8 * Int64($0))) })
    }

    /// The number in an item's resource id; `nil` for an id of another container, or of nothing.
    static func itemNumber(_ container: Container, _ rid: String) -> Int64? {
        func bytes(_ text: String) -> [UInt8]? { Base64.decode(text.replacing("-", with: "/")) }
        guard let own = bytes(container.rid), let all = bytes(rid), all.count == own.count + 8, all.starts(with: own)
        else { return nil }
        return Int64(bitPattern: all.dropFirst(own.count).reduce(0) { $0 << 8 | UInt64($1) })
    }

    static func newETag() -> String { "\"\(UUIDv7.random())\"" }
}
