import Digests
import FoundationEssentials
import HTTPMessages
import SQLite
import Telemetry

/// Containers, blobs and blocks in a database, large contents in files.
///
/// A blob's content is a list of parts, each a block that was uploaded on its own; copies and snapshots share them. A
/// small blob that was put as a whole has its bytes in its own row.
final class BlobStore: Sendable {
    /// A row of `containers`.
    struct Container: Sendable {
        let id: Int64
        let name: String
        var etag: String
        var modified: Int64
        var metadata: Metadata
        /// `blob`, `container` or empty.
        var publicAccess: String
        /// The document of stored access policies.
        var acl: String
        var lease: Lease

        static let columns = "id, name, etag, modified, metadata, public_access, acl, lease"

        init(_ row: [SQLiteValue]) {
            id = row[0].int ?? 0
            name = row[1].string ?? ""
            etag = row[2].string ?? ""
            modified = row[3].int ?? 0
            metadata = Metadata(stored: row[4].string ?? "")
            publicAccess = row[5].string ?? ""
            acl = row[6].string ?? ""
            lease = Lease(stored: row[7].string ?? "")
        }
    }

    /// A piece of a blob's content.
    struct Part: Sendable {
        let blockID: String
        let content: Int64
        let size: Int
    }

    /// The content of a blob: its parts, or its bytes.
    struct Content: Sendable {
        var parts: [Part] = []
        var bytes: [UInt8]?

        static let none = Content()

        var size: Int { bytes?.count ?? parts.reduce(0) { $0 + $1.size } }
    }

    /// The value of `snapshot` for the blob itself; sorts behind every snapshot's time.
    static let base = "~"
    /// The value of `snapshot` for a name that has blocks but no blob yet.
    static let uncommitted = "!"

    let database: SQLiteDatabase
    /// Reads never wait for a commit.
    let reader: SQLiteDatabase
    let files: ContentFiles
    let clock: EmulatorClock
    let holds: ContentHolds

    init(directory: String, clock: EmulatorClock) throws {
        self.clock = clock
        files = try ContentFiles(directory: directory + "/blobs")
        let path = directory + "/blob.sqlite"
        database = try SQLiteDatabase(
            path: path,
            schema: """
                CREATE TABLE IF NOT EXISTS containers (
                    id INTEGER PRIMARY KEY AUTOINCREMENT, account TEXT NOT NULL, name TEXT NOT NULL, etag TEXT NOT NULL,
                    modified INTEGER NOT NULL, metadata TEXT NOT NULL, public_access TEXT NOT NULL, acl TEXT NOT NULL,
                    lease TEXT NOT NULL, UNIQUE (account, name));
                CREATE TABLE IF NOT EXISTS blobs (
                    id INTEGER PRIMARY KEY AUTOINCREMENT, container INTEGER NOT NULL, name TEXT NOT NULL,
                    snapshot TEXT NOT NULL, size INTEGER NOT NULL, type TEXT NOT NULL, encoding TEXT NOT NULL,
                    language TEXT NOT NULL, cache_control TEXT NOT NULL, disposition TEXT NOT NULL, md5 TEXT NOT NULL,
                    etag TEXT NOT NULL, created INTEGER NOT NULL, modified INTEGER NOT NULL, metadata TEXT NOT NULL,
                    tags TEXT NOT NULL, tier TEXT NOT NULL, lease TEXT NOT NULL, copy TEXT NOT NULL, data BLOB,
                    UNIQUE (container, name, snapshot));
                CREATE TABLE IF NOT EXISTS contents (
                    id INTEGER PRIMARY KEY AUTOINCREMENT, size INTEGER NOT NULL, file TEXT, data BLOB);
                CREATE TABLE IF NOT EXISTS parts (
                    blob INTEGER NOT NULL, place INTEGER NOT NULL, block TEXT NOT NULL, content INTEGER NOT NULL,
                    size INTEGER NOT NULL, PRIMARY KEY (blob, place)) WITHOUT ROWID;
                CREATE INDEX IF NOT EXISTS parts_by_content ON parts (content);
                CREATE TABLE IF NOT EXISTS blocks (
                    container INTEGER NOT NULL, name TEXT NOT NULL, block TEXT NOT NULL, content INTEGER NOT NULL,
                    size INTEGER NOT NULL, written INTEGER NOT NULL, PRIMARY KEY (container, name, block)) WITHOUT ROWID;
                CREATE INDEX IF NOT EXISTS blocks_by_content ON blocks (content);
                CREATE TABLE IF NOT EXISTS properties (account TEXT PRIMARY KEY, document TEXT NOT NULL) WITHOUT ROWID;
                CREATE TABLE IF NOT EXISTS delegation_keys (
                    start TEXT NOT NULL, expiry TEXT NOT NULL, object TEXT NOT NULL, value TEXT NOT NULL,
                    PRIMARY KEY (start, expiry, object)) WITHOUT ROWID;
                PRAGMA wal_autocheckpoint=4000;
                """)
        reader = try SQLiteDatabase(path: path, schema: "", isReader: true)
        holds = ContentHolds { [files, database] contents in
            for case .file(let name) in contents { files.remove(name) }
            let rows = contents.compactMap { content in if case .row(let id) = content { id } else { nil } }
            // What is not removed now is removed at the next start.
            if !rows.isEmpty { Task { try? await Self.remove(rows, database) } }
        }
        try FirstFormat(directory: directory, name: "blobs.sqlite", target: database).importBlobs()
        try removeOrphans()
    }

    private func removeOrphans() throws {
        try database.transaction { access in
            try access.query(
                """
                DELETE FROM blobs WHERE snapshot = '!' AND NOT EXISTS (
                    SELECT 1 FROM blocks WHERE blocks.container = blobs.container AND blocks.name = blobs.name)
                """)
            try access.query(
                """
                DELETE FROM contents WHERE NOT EXISTS (SELECT 1 FROM parts WHERE content = contents.id)
                AND NOT EXISTS (SELECT 1 FROM blocks WHERE content = contents.id)
                """)
        }
        var known: Set<String> = []
        for row in try database.query("SELECT file FROM contents WHERE file IS NOT NULL") {
            known.insert(row[0].string ?? "")
        }
        try files.removeAll(except: known)
    }

    /// Drops blocks that nobody has committed for a week, as the service does.
    func removeExpired() async throws {
        let weekAgo = clock.seconds - 7 * 86_400
        let dropped = try await database.write { access in
            let names = try access.query(
                "SELECT container, name FROM blocks GROUP BY container, name HAVING max(written) < ? LIMIT 1000",
                [.integer(weekAgo)])
            return try names.flatMap { row in
                try Self.dropBlocks(row[0].int ?? 0, row[1].string ?? "", access)
            }
        }
        await discard(dropped)
    }

    // MARK: - Removing

    /// Removes contents that no row names any more, now or when their last reader is done.
    func discard(_ contents: [ContentHolds.Content]) async {
        var rows: [Int64] = []
        for content in holds.release(unnamed: contents) {
            switch content {
            case .file(let name): files.remove(name)
            case .row(let id): rows.append(id)
            }
        }
        if !rows.isEmpty { try? await Self.remove(rows, database) }
    }

    private static func remove(_ rows: [Int64], _ database: SQLiteDatabase) async throws {
        try await database.write { access in
            for row in rows {
                try access.query(
                    """
                    DELETE FROM contents WHERE id = ?1 AND NOT EXISTS (SELECT 1 FROM parts WHERE content = ?1)
                    AND NOT EXISTS (SELECT 1 FROM blocks WHERE content = ?1)
                    """, [.integer(row)])
            }
        }
    }

    static func newETag() -> String { "\"0x8D\(Digest.hex(Digest.randomBytes(7)).uppercased())\"" }

    // MARK: - Reading

    func container(_ account: String, _ name: String) throws -> Container {
        let rows = try reader.query(
            "SELECT \(Container.columns) FROM containers WHERE account = ? AND name = ?", [.text(account), .text(name)])
        guard let row = rows.first else { throw Self.noContainer }
        return Container(row)
    }

    /// Reads what belongs together as it was at one moment; the contents that it names stay until the body returns,
    /// which opens or holds what it needs.
    func reading<Value>(_ body: (borrowing SQLiteDatabase.Access) throws -> Value) throws -> Value {
        try holds.whileLooking { try reader.snapshot(body) }
    }

    /// Whether a blob of that name is there, committed or not.
    func hasBlob(_ container: Int64, _ name: String) throws -> Bool {
        try !reader.query(
            "SELECT 1 FROM blobs WHERE container = ? AND name = ? AND snapshot = ?",
            [.integer(container), .text(name), .text(Self.base)]
        ).isEmpty
    }

    static func blob(
        _ access: borrowing SQLiteDatabase.Access, _ container: Int64, _ name: String, _ snapshot: String = base
    ) throws -> BlobRecord? {
        var found: BlobRecord?
        try access.scan(
            "SELECT \(BlobRecord.columns) FROM blobs WHERE container = ? AND name = ? AND snapshot = ?",
            [.integer(container), .text(name), .text(snapshot)]
        ) { row in
            found = BlobRecord(row)
            return false
        }
        return found
    }

    static let noContainer = StorageFailure(404, "ContainerNotFound", "The specified container does not exist.")
    static let noBlob = StorageFailure(404, "BlobNotFound", "The specified blob does not exist.")

    static func parts(_ access: borrowing SQLiteDatabase.Access, of blob: Int64) throws -> [Part] {
        try access.query("SELECT block, content, size FROM parts WHERE blob = ? ORDER BY place", [.integer(blob)]).map {
            Part(blockID: $0[0].string ?? "", content: $0[1].int ?? 0, size: Int($0[2].int ?? 0))
        }
    }

    static func content(_ access: borrowing SQLiteDatabase.Access, of blob: Int64) throws -> Content {
        let bytes = try access.query("SELECT data FROM blobs WHERE id = ?", [.integer(blob)]).first?[0].bytes
        if let bytes { return Content(bytes: bytes) }
        return Content(parts: try parts(access, of: blob))
    }

    // MARK: - Writing, inside a transaction

    /// Adds a content and returns its id.
    static func add(_ stored: ContentFiles.Stored, _ access: borrowing SQLiteDatabase.Access) throws -> Int64 {
        let data: SQLiteValue = stored.file == nil ? .blob(stored.bytes) : .null
        return try access.query(
            "INSERT INTO contents (size, file, data) VALUES (?, ?, ?) RETURNING id",
            [.integer(Int64(stored.size)), .optional(stored.file), data]
        ).first?[0].int ?? 0
    }

    private static let insertion = """
        INSERT INTO blobs (\(BlobRecord.columns.dropFirst(4)), data) VALUES \
        (\(Array(repeating: "?", count: 19).joined(separator: ", "))) RETURNING id
        """

    /// Puts a blob in the place of the one that has its name and snapshot. Returns contents that nothing names any more.
    ///
    /// - Parameter current: The blob that is there, if it has parts or is there at all.
    static func replace(
        _ record: BlobRecord, _ content: Content, current: BlobRecord?, _ access: borrowing SQLiteDatabase.Access
    ) throws -> [ContentHolds.Content] {
        if let current { try access.query("DELETE FROM blobs WHERE id = ?", [.integer(current.id)]) }
        let data: SQLiteValue = content.bytes.map { .blob($0) } ?? .null
        let id = try access.query(insertion, record.values + [data]).first?[0].int ?? 0
        for (place, part) in content.parts.enumerated() {
            try access.query(
                "INSERT INTO parts VALUES (?, ?, ?, ?, ?)",
                [
                    .integer(id), .integer(Int64(place)), .text(part.blockID), .integer(part.content),
                    .integer(Int64(part.size)),
                ])
        }
        return try current.map { try removeParts(of: [$0.id], access) } ?? []
    }

    /// Writes the columns of a blob that keeps its content.
    static func update(_ record: BlobRecord, _ access: borrowing SQLiteDatabase.Access) throws {
        try access.query(
            """
            UPDATE blobs SET container = ?, name = ?, snapshot = ?, size = ?, type = ?, encoding = ?, language = ?,
            cache_control = ?, disposition = ?, md5 = ?, etag = ?, created = ?, modified = ?, metadata = ?, tags = ?,
            tier = ?, lease = ?, copy = ? WHERE id = ?
            """, record.values + [.integer(record.id)])
    }

    /// Drops a name's blocks that were not committed. Returns contents that nothing names any more.
    static func dropBlocks(
        _ container: Int64, _ name: String, _ access: borrowing SQLiteDatabase.Access
    ) throws -> [ContentHolds.Content] {
        let contents = try access.query(
            "DELETE FROM blocks WHERE container = ? AND name = ? RETURNING content", [.integer(container), .text(name)]
        ).compactMap { $0[0].int }
        guard !contents.isEmpty else { return [] }
        try access.query(
            "DELETE FROM blobs WHERE container = ? AND name = ? AND snapshot = '!'", [.integer(container), .text(name)])
        return try sweep(contents, access)
    }

    /// Removes the parts of blobs that are gone.
    static func removeParts(
        of blobs: [Int64], _ access: borrowing SQLiteDatabase.Access
    ) throws -> [ContentHolds.Content] {
        var contents: [Int64] = []
        for blob in blobs {
            contents += try access.query("DELETE FROM parts WHERE blob = ? RETURNING content", [.integer(blob)])
                .compactMap { $0[0].int }
        }
        return try sweep(contents, access)
    }

    /// The contents among these that nothing names any more. Those in files lose their rows at once; those that are
    /// rows stay for readers who have seen them.
    static func sweep(
        _ contents: [Int64], _ access: borrowing SQLiteDatabase.Access
    ) throws -> [ContentHolds.Content] {
        var gone: [ContentHolds.Content] = []
        for content in contents {
            let found = try access.query(
                """
                SELECT file FROM contents WHERE id = ?1 AND NOT EXISTS (SELECT 1 FROM parts WHERE content = ?1)
                AND NOT EXISTS (SELECT 1 FROM blocks WHERE content = ?1)
                """, [.integer(content)])
            guard let row = found.first else { continue }
            guard let file = row[0].string else {
                gone.append(.row(content))
                continue
            }
            try access.query("DELETE FROM contents WHERE id = ?", [.integer(content)])
            gone.append(.file(file))
        }
        return gone
    }
}
