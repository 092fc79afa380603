import Chroma
import JSONCoding
import SQLite
import Synchronization

/// Tenants, databases and collections: in a small database, and in memory, where every request looks.
final class CollectionCatalog: Sendable {
    struct Database: Sendable {
        let id: String
        let name: String
        let tenant: String
    }

    struct Place: Hashable {
        let tenant: String
        let database: String
        let name: String
    }

    struct State {
        /// Resource name by tenant.
        var tenants: [String: String?] = [:]
        var databases: [Place: Database] = [:]
        var collections: [String: CollectionInfo] = [:]
        var places: [Place: String] = [:]
        /// Forks ever made, by the root of the tree.
        var forks: [String: Int] = [:]
    }

    static let fileName = "catalog.sqlite"
    private static let formatVersion: Int64 = 1
    private let database: SQLiteDatabase
    private let state = Mutex(State())
    private let limits: VectorStore.Limits

    init(directory: String, limits: VectorStore.Limits = VectorStore.Limits()) throws {
        self.limits = limits
        database = try SQLiteDatabase(path: directory + "/" + Self.fileName, schema: "")
        let version = try database.query("PRAGMA user_version").first?[0].int ?? 0
        guard version <= Self.formatVersion else {
            throw VectorStorageError(
                "\(directory) has format \(version), written by a newer version; this one reads up to "
                    + "\(Self.formatVersion). Use that version, or another folder with --data")
        }
        try database.execute(Self.schema)
        try load()
    }

    private static let schema = """
        CREATE TABLE IF NOT EXISTS tenants (name TEXT PRIMARY KEY, resource_name TEXT) WITHOUT ROWID;
        CREATE TABLE IF NOT EXISTS databases (
            id TEXT PRIMARY KEY, name TEXT NOT NULL, tenant TEXT NOT NULL, UNIQUE (tenant, name));
        CREATE TABLE IF NOT EXISTS collections (
            id TEXT PRIMARY KEY, name TEXT NOT NULL, tenant TEXT NOT NULL, db TEXT NOT NULL, metadata TEXT,
            schema TEXT NOT NULL, root TEXT NOT NULL, UNIQUE (tenant, db, name));
        CREATE TABLE IF NOT EXISTS forks (root TEXT PRIMARY KEY, count INTEGER NOT NULL) WITHOUT ROWID;
        PRAGMA user_version = 1;
        INSERT OR IGNORE INTO tenants VALUES ('default_tenant', NULL);
        INSERT OR IGNORE INTO databases VALUES
            ('00000000-0000-0000-0000-000000000000', 'default_database', 'default_tenant');
        """

    private func load() throws {
        try database.read { access in
            var fresh = State()
            for row in try access.query("SELECT name, resource_name FROM tenants") {
                fresh.tenants[row[0].string ?? ""] = .some(row[1].string)
            }
            for row in try access.query("SELECT id, name, tenant FROM databases") {
                let found = Database(id: row[0].string ?? "", name: row[1].string ?? "", tenant: row[2].string ?? "")
                fresh.databases[Place(tenant: found.tenant, database: found.name, name: "")] = found
            }
            for row in try access.query("SELECT id, name, tenant, db, metadata, schema, root FROM collections") {
                let info = CollectionInfo(
                    id: row[0].string ?? "", name: row[1].string ?? "", tenant: row[2].string ?? "",
                    database: row[3].string ?? "",
                    metadata: try row[4].string.flatMap { try JSONParser.parse($0).object },
                    schema: CollectionSchema(
                        stored: try JSONParser.parse(row[5].string ?? "{}").object ?? JSONObject()),
                    root: row[6].string)
                fresh.insert(info)
            }
            for row in try access.query("SELECT root, count FROM forks") {
                fresh.forks[row[0].string ?? ""] = Int(row[1].int ?? 0)
            }
            let loaded = fresh
            state.withLock { $0 = loaded }
        }
    }

    func read<Value>(_ body: (borrowing State) throws -> sending Value) rethrows -> sending Value {
        try state.withLock { try body($0) }
    }

    /// Runs statements in a transaction and then, still in the order of transactions, changes what is in memory.
    ///
    /// - Parameter change: Checks the state and says what to write; throws to refuse.
    private func write<Value: Sendable>(
        _ change: @escaping @Sendable (inout State, borrowing SQLiteDatabase.Access) throws -> Value
    ) async throws -> Value {
        do {
            return try await database.write { access in
                var copy = self.state.withLock { $0 }
                let value = try change(&copy, access)
                let changed = copy
                self.state.withLock { $0 = changed }
                return value
            }
        } catch let error as SQLiteError {
            // The commit itself may have failed, after memory was changed.
            try load()
            throw error
        }
    }

    /// Takes over tenants, databases and collections of another store, in one transaction.
    func adopt(tenants: [String], databases: [Database], collections: [CollectionInfo]) throws {
        try database.transaction { access in
            for tenant in tenants {
                try access.query("INSERT OR IGNORE INTO tenants VALUES (?, NULL)", [.text(tenant)])
            }
            for found in databases {
                try access.query(
                    "INSERT OR IGNORE INTO databases VALUES (?, ?, ?)",
                    [.text(found.id), .text(found.name), .text(found.tenant)])
            }
            for info in collections { try Self.insert(info, access) }
        }
        try load()
    }

    private static func insert(_ info: CollectionInfo, _ access: borrowing SQLiteDatabase.Access) throws {
        try access.query(
            "INSERT INTO collections VALUES (?, ?, ?, ?, ?, ?, ?)",
            [
                .text(info.id), .text(info.name), .text(info.tenant), .text(info.database),
                .optional(info.metadata.map { JSONValue.object($0).text }),
                .text(JSONValue.object(info.schema.json).text), .text(info.root),
            ])
    }

    func reset() async throws {
        _ = try await database.write { access in
            for table in ["forks", "collections", "databases", "tenants"] { try access.query("DELETE FROM \(table)") }
            try access.query("INSERT INTO tenants VALUES ('default_tenant', NULL)")
            try access.query(
                "INSERT INTO databases VALUES ('00000000-0000-0000-0000-000000000000', 'default_database', 'default_tenant')"
            )
        }
        try load()
    }

    // MARK: - Tenants and databases

    func createTenant(_ name: String) async throws {
        try await write { [limits] state, access in
            guard state.tenants[name] == nil else {
                throw VectorError.tenantExists(name)
            }
            guard state.tenants.count < limits.tenants else {
                throw VectorError.tooMany(.tenants, limit: limits.tenants)
            }
            try access.query("INSERT INTO tenants VALUES (?, NULL)", [.text(name)])
            state.tenants[name] = .some(nil)
        }
    }

    func setResourceName(_ resource: String, tenant: String) async throws {
        try await write { state, access in
            guard state.tenants[tenant] != nil else { return }
            try access.query("UPDATE tenants SET resource_name = ? WHERE name = ?", [.text(resource), .text(tenant)])
            state.tenants[tenant] = .some(resource)
        }
    }

    func createDatabase(_ name: String, id: String, tenant: String) async throws {
        try await write { [limits] state, access in
            let place = Place(tenant: tenant, database: name, name: "")
            guard state.databases[place] == nil else {
                throw VectorError.databaseExists(name)
            }
            guard state.databases.values.count(where: { $0.tenant == tenant }) < limits.databasesPerTenant else {
                throw VectorError.tooMany(.databases, limit: limits.databasesPerTenant)
            }
            try access.query("INSERT INTO databases VALUES (?, ?, ?)", [.text(id), .text(name), .text(tenant)])
            state.databases[place] = Database(id: id, name: name, tenant: tenant)
        }
    }

    /// Removes a database; returns the ids of its collections.
    func deleteDatabase(_ name: String, tenant: String) async throws -> [String] {
        try await write { state, access in
            guard state.databases.removeValue(forKey: Place(tenant: tenant, database: name, name: "")) != nil else {
                throw VectorError.databaseMissing(name)
            }
            let gone = state.collections.values.filter { $0.tenant == tenant && $0.database == name }
            for info in gone {
                try access.query("DELETE FROM collections WHERE id = ?", [.text(info.id)])
                state.remove(info)
            }
            try access.query("DELETE FROM databases WHERE name = ? AND tenant = ?", [.text(name), .text(tenant)])
            return gone.map(\.id)
        }
    }

    // MARK: - Collections

    /// Makes a collection, or returns the one that exists if that is allowed.
    func create(_ info: CollectionInfo, orGet: Bool) async throws -> (info: CollectionInfo, isNew: Bool) {
        try await write { [limits] state, access in
            guard state.databases[Place(tenant: info.tenant, database: info.database, name: "")] != nil else {
                throw VectorError.homeMissing(database: info.database)
            }
            if let id = state.places[info.place], let found = state.collections[id] {
                if orGet { return (found, false) }
                throw VectorError.collectionExists(name: info.name)
            }
            guard state.collections.values.count(where: { $0.tenant == info.tenant }) < limits.collectionsPerTenant
            else { throw VectorError.tooMany(.collections, limit: limits.collectionsPerTenant) }
            try Self.insert(info, access)
            if info.root != info.id {
                try access.query(
                    "INSERT INTO forks VALUES (?, 1) ON CONFLICT (root) DO UPDATE SET count = count + 1",
                    [.text(info.root)])
                state.forks[info.root, default: 0] += 1
            }
            state.insert(info)
            return (info, true)
        }
    }

    /// Changes a collection's description as it is at that moment.
    func update(
        _ id: String, _ change: @escaping @Sendable (inout CollectionInfo) throws -> Void
    ) async throws -> (old: CollectionInfo, new: CollectionInfo) {
        try await write { state, access in
            guard let old = state.collections[id] else { throw VectorError.collectionMissing(id: id) }
            var info = old
            try change(&info)
            if let other = state.places[info.place], other != info.id {
                throw VectorError.collectionExists(name: info.name)
            }
            try access.query(
                "UPDATE collections SET name = ?, metadata = ?, schema = ? WHERE id = ?",
                [
                    .text(info.name), .optional(info.metadata.map { JSONValue.object($0).text }),
                    .text(JSONValue.object(info.schema.json).text), .text(info.id),
                ])
            state.remove(old)
            state.insert(info)
            return (old, info)
        }
    }

    func delete(_ id: String) async throws {
        try await write { state, access in
            guard let info = state.collections[id] else { throw VectorError.collectionMissing(id: id) }
            try access.query("DELETE FROM collections WHERE id = ?", [.text(id)])
            state.remove(info)
        }
    }
}

extension CollectionCatalog.State {
    mutating func insert(_ info: CollectionInfo) {
        collections[info.id] = info
        places[info.place] = info.id
    }

    mutating func remove(_ info: CollectionInfo) {
        collections[info.id] = nil
        places[info.place] = nil
    }
}

extension CollectionInfo {
    var place: CollectionCatalog.Place { .init(tenant: tenant, database: database, name: name) }
}
