import Chroma
import HTTPMessages
import JSONCoding
import SQLite

extension VectorStore {
    // MARK: - Tenants and databases

    /// Makes a tenant.
    public func createTenant(_ name: String) async throws {
        try await database.write { access in
            try access.query("INSERT OR IGNORE INTO tenants VALUES (?)", [.text(name)])
            guard access.changedRows == 1 else {
                throw ChromaError(.conflict, "ChromaError", "Tenant [\(name)] already exists")
            }
        }
    }

    /// Whether there is such a tenant.
    public func hasTenant(_ name: String) throws -> Bool {
        try !reader.query("SELECT 1 FROM tenants WHERE name = ?", [.text(name)]).isEmpty
    }

    /// Makes a database.
    public func createDatabase(_ name: String, id: String, tenant: String) async throws {
        try await database.write { access in
            try access.query(
                "INSERT OR IGNORE INTO databases VALUES (?, ?, ?)", [.text(id), .text(name), .text(tenant)])
            guard access.changedRows == 1 else {
                throw ChromaError(.conflict, "ChromaError", "Database [\(name)] already exists")
            }
        }
    }

    /// The id of a database, `nil` when there is none.
    public func databaseID(_ name: String, tenant: String) throws -> String? {
        try reader.query("SELECT id FROM databases WHERE name = ? AND tenant = ?", [.text(name), .text(tenant)])
            .first?[0].string
    }

    /// Names and ids of a tenant's databases, by name.
    public func databases(tenant: String, offset: Int, limit: Int) throws -> [(id: String, name: String)] {
        try reader.query(
            "SELECT id, name FROM databases WHERE tenant = ? ORDER BY name LIMIT ? OFFSET ?",
            [.text(tenant), .integer(Int64(limit)), .integer(Int64(offset))]
        ).map { ($0[0].string ?? "", $0[1].string ?? "") }
    }

    /// Removes a database with its collections.
    public func deleteDatabase(_ name: String, tenant: String) async throws {
        let collections = try collections(tenant: tenant, database: name, offset: 0, limit: Int(Int32.max))
        try await database.write { access in
            for collection in collections {
                try access.query("DELETE FROM records WHERE collection = ?", [.text(collection.id)])
                try access.query("DELETE FROM collections WHERE id = ?", [.text(collection.id)])
            }
            try access.query("DELETE FROM databases WHERE name = ? AND tenant = ?", [.text(name), .text(tenant)])
            guard access.changedRows == 1 else { throw ChromaError.notFound("Database [\(name)] not found") }
        }
        for collection in collections { forget(collection.id) }
    }

    // MARK: - Collections

    /// Makes a collection, or returns the one that exists if that is allowed.
    public func createCollection(_ info: CollectionInfo, orGet: Bool) async throws -> CollectionInfo {
        try await database.write { access in
            let databases = try access.query(
                "SELECT 1 FROM databases WHERE name = ? AND tenant = ?", [.text(info.database), .text(info.tenant)])
            guard !databases.isEmpty else { throw ChromaError.invalid("Database [\(info.database)] does not exist") }
            let rows = try access.query(
                Self.select + " WHERE tenant = ? AND db = ? AND name = ?",
                [.text(info.tenant), .text(info.database), .text(info.name)])
            if let row = rows.first {
                if orGet { return Self.info(row) }
                throw ChromaError(.conflict, "ChromaError", "Collection [\(info.name)] already exists")
            }
            try access.query(
                "INSERT INTO collections VALUES (?, ?, ?, ?, ?, ?, ?, NULL)",
                [
                    .text(info.id), .text(info.name), .text(info.tenant), .text(info.database),
                    Self.text(info.metadata),
                    Self.text(info.hnsw), .text(info.embeddingFunction.text),
                ])
            return info
        }
    }

    /// The collection of that name, `nil` when there is none.
    public func collection(named name: String, tenant: String, database: String) throws -> CollectionInfo? {
        try reader.query(
            Self.select + " WHERE tenant = ? AND db = ? AND name = ?", [.text(tenant), .text(database), .text(name)]
        ).first.map(Self.info)
    }

    /// The collection of that id, if it belongs to the tenant and database.
    ///
    /// - Throws: `ChromaError` 404 otherwise.
    public func collection(id: String, tenant: String, database: String) throws -> CollectionInfo {
        let rows = try reader.query(
            Self.select + " WHERE id = ? AND tenant = ? AND db = ?", [.text(id), .text(tenant), .text(database)])
        guard let row = rows.first else { throw Self.missing(id) }
        return Self.info(row)
    }

    /// A database's collections, by id.
    public func collections(tenant: String, database: String, offset: Int, limit: Int) throws -> [CollectionInfo] {
        try reader.query(
            Self.select + " WHERE tenant = ? AND db = ? ORDER BY id LIMIT ? OFFSET ?",
            [.text(tenant), .text(database), .integer(Int64(limit)), .integer(Int64(offset))]
        ).map(Self.info)
    }

    /// Writes a changed description.
    public func update(_ info: CollectionInfo) async throws {
        try await database.write { access in
            do {
                try access.query(
                    "UPDATE collections SET name = ?, metadata = ?, hnsw = ?, embedding_function = ? WHERE id = ?",
                    [
                        .text(info.name), Self.text(info.metadata), Self.text(info.hnsw),
                        .text(info.embeddingFunction.text), .text(info.id),
                    ])
            } catch let error as SQLiteError where error.isConstraint {
                throw ChromaError(.conflict, "ChromaError", "Collection [\(info.name)] already exists")
            }
        }
    }

    /// Removes a collection with its records.
    public func delete(_ info: CollectionInfo) async throws {
        try await database.write { access in
            try access.query("DELETE FROM records WHERE collection = ?", [.text(info.id)])
            try access.query("DELETE FROM collections WHERE id = ?", [.text(info.id)])
        }
        forget(info.id)
    }

    private static let select =
        "SELECT id, name, tenant, db, metadata, hnsw, embedding_function, dimension FROM collections"

    private static func info(_ row: [SQLiteValue]) -> CollectionInfo {
        CollectionInfo(
            id: row[0].string ?? "", name: row[1].string ?? "", tenant: row[2].string ?? "",
            database: row[3].string ?? "", metadata: object(row[4]), hnsw: object(row[5]) ?? JSONObject(),
            embeddingFunction: row[6].string.flatMap { try? JSONParser.parse($0) } ?? .null,
            dimension: row[7].int.map { Int($0) })
    }
}
