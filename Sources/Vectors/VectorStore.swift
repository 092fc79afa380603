public import Chroma
import FoundationEssentials
public import JSONCoding
import SQLite
import Synchronization

/// Collections of vectors with documents and metadata: searched exactly, in memory; written to disk before a write
/// returns.
public final class VectorStore: Sendable {
    /// A record as it is returned.
    public struct Record: Sendable {
        public let id: String
        public let metadata: JSONObject?
        public let document: String?
        public let uri: String?
        public let embedding: [Float]?
        public let distance: Float?
    }

    final class Loaded: Sendable {
        let table = Mutex(RecordTable())
    }

    let database: SQLiteDatabase
    // A second connection, so that reading documents does not wait for a commit.
    let reader: SQLiteDatabase
    private let loaded = Mutex<[String: Loaded]>([:])

    /// Opens the store in a folder, which is made when missing.
    public init(directory: String) throws {
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        let path = directory + "/vectors.sqlite"
        database = try SQLiteDatabase(path: path, schema: Self.schema)
        reader = try SQLiteDatabase(path: path, schema: "")
    }

    private static let schema = """
        CREATE TABLE IF NOT EXISTS tenants (name TEXT PRIMARY KEY) WITHOUT ROWID;
        CREATE TABLE IF NOT EXISTS databases (
            id TEXT PRIMARY KEY, name TEXT NOT NULL, tenant TEXT NOT NULL, UNIQUE (tenant, name));
        CREATE TABLE IF NOT EXISTS collections (
            id TEXT PRIMARY KEY, name TEXT NOT NULL, tenant TEXT NOT NULL, db TEXT NOT NULL, metadata TEXT,
            hnsw TEXT NOT NULL, embedding_function TEXT NOT NULL, dimension INTEGER, UNIQUE (tenant, db, name));
        CREATE TABLE IF NOT EXISTS records (
            seq INTEGER PRIMARY KEY AUTOINCREMENT, collection TEXT NOT NULL, id TEXT NOT NULL, document TEXT,
            uri TEXT, metadata TEXT, embedding BLOB NOT NULL, UNIQUE (collection, id));
        INSERT OR IGNORE INTO tenants VALUES ('default_tenant');
        INSERT OR IGNORE INTO databases VALUES
            ('00000000-0000-0000-0000-000000000000', 'default_database', 'default_tenant');
        """

    /// Removes everything and makes the default tenant and database again.
    public func reset() async throws {
        try await database.write { access in
            for table in ["records", "collections", "databases", "tenants"] { try access.query("DELETE FROM \(table)") }
            try access.query("INSERT INTO tenants VALUES ('default_tenant')")
            try access.query(
                "INSERT INTO databases VALUES (?, 'default_database', 'default_tenant')",
                [.text("00000000-0000-0000-0000-000000000000")])
        }
        loaded.withLock { $0 = [:] }
    }

    // MARK: - Records

    /// Applies a write as a whole: on disk first, then in memory.
    public func write(_ batch: RecordBatch, kind: RecordBatch.Kind, to collection: CollectionInfo) async throws {
        let loaded = try self.loaded(collection.id)
        let dimension = batch.dimension
        try await writeOrForget(collection.id) { access in
            let known = try access.query("SELECT dimension FROM collections WHERE id = ?", [.text(collection.id)])
            guard let row = known.first else { throw Self.missing(collection.id) }
            if let dimension {
                if let expected = row[0].int {
                    guard expected == Int64(dimension) else {
                        throw ChromaError.invalid(
                            "Collection expecting embedding with dimension of \(expected), got \(dimension)")
                    }
                } else {
                    try access.query(
                        "UPDATE collections SET dimension = ? WHERE id = ?",
                        [.integer(Int64(dimension)), .text(collection.id)])
                }
            }
            // Memory follows the disk only when the whole batch is on it: changes are collected and applied
            // after the last statement, still inside the transaction so that writes stay in one order.
            var changes: [Change] = []
            var fresh: [String: JSONObject?] = [:]
            for index in batch.ids.indices {
                if let change = try Self.change(batch, index, kind, collection.id, loaded, &fresh, access) {
                    changes.append(change)
                }
            }
            let applied = changes
            loaded.table.withLock { table in for change in applied { change.apply(to: &table) } }
        }
    }

    private enum Change: Sendable {
        case insert(id: String, row: Int64, metadata: JSONObject?, vector: [Float])
        case update(id: String, metadata: JSONObject?, vector: [Float]?)

        func apply(to table: inout RecordTable) {
            switch self {
            case .insert(let id, let row, let metadata, let vector):
                table.append(id: id, row: row, metadata: metadata, vector: vector)
            case .update(let id, let metadata, let vector):
                if let place = table.places[id] { table.update(place, metadata: metadata, vector: vector) }
            }
        }
    }

    private static func change(
        _ batch: RecordBatch, _ index: Int, _ kind: RecordBatch.Kind, _ collection: String, _ loaded: Loaded,
        _ fresh: inout [String: JSONObject?], _ access: borrowing SQLiteDatabase.Access
    ) throws -> Change? {
        let id = batch.ids[index]
        let given = batch.metadatas?[index]
        let vector = batch.embeddings?[index]
        let document = SQLiteValue.optional(batch.documents?[index])
        let uri = SQLiteValue.optional(batch.uris?[index])
        let stored: JSONObject??
        if let seen = fresh[id] {
            stored = .some(seen)
        } else {
            stored = loaded.table.withLock { table in table.places[id].map { table.metadatas[$0] } }
        }
        guard let stored else {
            guard kind != .update, let vector else { return nil }
            let metadata = given.map { object in
                JSONObject(object.members.filter { !$0.value.isNull }.map { ($0.name, $0.value) })
            }
            let kept = metadata?.isEmpty == true ? nil : metadata
            let rows = try access.query(
                "INSERT INTO records (collection, id, document, uri, metadata, embedding) VALUES (?, ?, ?, ?, ?, ?) RETURNING seq",
                [.text(collection), .text(id), document, uri, text(kept), .blob(bytes(vector))])
            fresh[id] = kept
            return .insert(id: id, row: rows.first?[0].int ?? 0, metadata: kept, vector: vector)
        }
        if kind == .add { return nil }
        var merged = stored
        for (key, value) in given?.members ?? [] {
            if merged == nil { merged = JSONObject() }
            // Not a conditional expression: its nil would be JSON's null.
            if value.isNull { merged?[key] = Optional<JSONValue>.none } else { merged?[key] = value }
        }
        try access.query(
            """
            UPDATE records SET document = COALESCE(?, document), uri = COALESCE(?, uri), metadata = ?,
                embedding = COALESCE(?, embedding) WHERE collection = ? AND id = ?
            """,
            [document, uri, text(merged), vector.map { .blob(bytes($0)) } ?? .null, .text(collection), .text(id)])
        fresh[id] = merged
        return .update(id: id, metadata: merged, vector: vector)
    }

    /// Deletes records; returns how many there were.
    public func delete(_ ids: [String], from collection: CollectionInfo) async throws -> Int {
        let loaded = try self.loaded(collection.id)
        return try await writeOrForget(collection.id) { access in
            var removed: Set<String> = []
            for id in ids {
                try access.query(
                    "DELETE FROM records WHERE collection = ? AND id = ?", [.text(collection.id), .text(id)])
                if access.changedRows > 0 { removed.insert(id) }
            }
            let gone = removed
            if !gone.isEmpty { loaded.table.withLock { $0.remove(gone) } }
            return gone.count
        }
    }

    /// The number of records.
    public func count(_ collection: CollectionInfo) throws -> Int {
        try loaded(collection.id).table.withLock { $0.count }
    }

    /// A failed write may have changed memory before the disk refused; what is in memory is then read again.
    private func writeOrForget<Value: Sendable>(
        _ id: String, _ body: @escaping @Sendable (borrowing SQLiteDatabase.Access) throws -> Value
    ) async throws -> Value {
        do {
            return try await database.write(body)
        } catch {
            forget(id)
            throw error
        }
    }

    // MARK: - Loading

    func loaded(_ id: String) throws -> Loaded {
        try loaded.withLock { all in
            if let found = all[id] { return found }
            let fresh = Loaded()
            var table = RecordTable()
            try database.read { access in
                try access.forEach(
                    "SELECT seq, id, metadata, embedding FROM records WHERE collection = ? ORDER BY seq", [.text(id)]
                ) { row in
                    table.append(
                        id: row[1].string ?? "", row: row[0].int ?? 0, metadata: Self.object(row[2]),
                        vector: Self.floats(row[3].bytes ?? []))
                }
            }
            let complete = table
            fresh.table.withLock { $0 = complete }
            all[id] = fresh
            return fresh
        }
    }

    func forget(_ id: String) { loaded.withLock { $0[id] = nil } }

    static func missing(_ id: String) -> ChromaError { .notFound("Collection [\(id)] does not exist.") }

    static func object(_ value: SQLiteValue) -> JSONObject? {
        value.string.flatMap { try? JSONParser.parse($0).object }
    }

    static func text(_ object: JSONObject?) -> SQLiteValue { .optional(object.map { JSONValue.object($0).text }) }

    private static func bytes(_ vector: [Float]) -> [UInt8] { vector.withUnsafeBytes { Array($0) } }

    private static func floats(_ bytes: [UInt8]) -> [Float] {
        bytes.withUnsafeBytes { raw in
            (0..<raw.count / 4).map { raw.loadUnaligned(fromByteOffset: $0 * 4, as: Float.self) }
        }
    }
}
