import FoundationEssentials
import JSONCoding
import SQLite

/// Takes over what earlier versions kept in databases of another layout, once, and removes those.
///
/// The new rows are committed before the old files go, and an import that a crash cut off begins again.
struct FirstFormat {
    private let path: String
    private let target: SQLiteDatabase

    /// - Parameters:
    ///   - name: The old database's file name.
    ///   - target: The new database.
    init(directory: String, name: String, target: SQLiteDatabase) {
        path = directory + "/" + name
        self.target = target
    }

    /// Runs the import when there is an old database and the new one's `table` is still empty.
    private func run(
        unlessFilled table: String, _ body: (SQLiteDatabase, borrowing SQLiteDatabase.Access) throws -> Void
    ) throws {
        guard FileManager.default.fileExists(atPath: path) else { return }
        do {
            let old = try SQLiteDatabase(path: path, schema: "")
            try target.transaction { access in
                guard try access.query("SELECT 1 FROM \(table) LIMIT 1").isEmpty else { return }
                try body(old, access)
            }
        }
        for suffix in ["", "-wal", "-shm"] { try? FileManager.default.removeItem(atPath: path + suffix) }
    }

    func importBlobs() throws {
        try run(unlessFilled: "containers") { old, access in
            for row in try old.query("SELECT account, name, etag, modified FROM containers") {
                try access.query(
                    """
                    INSERT INTO containers (account, name, etag, modified, metadata, public_access, acl, lease)
                    VALUES (?, ?, ?, ?, '', '', '', '')
                    """, row)
            }
            let blobs = try old.query(
                "SELECT account, container, name, file, size, content_type, md5, etag, modified, metadata FROM blobs")
            for row in blobs {
                let container = try access.query(
                    "SELECT id FROM containers WHERE account = ? AND name = ?", Array(row[..<2]))
                var record = BlobRecord(
                    container: container.first?[0].int ?? 0, name: row[2].string ?? "", now: row[8].int ?? 0)
                record.size = Int(row[4].int ?? 0)
                record.headers.type = row[5].string ?? ""
                record.headers.md5 = row[6].string ?? ""
                record.etag = row[7].string ?? ""
                let pairs = (row[9].string ?? "").split(separator: "\n").map {
                    $0.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
                }
                record.metadata = (try? Metadata(pairs.filter { $0.count == 2 }.map { ($0[0], $0[1]) })) ?? .none
                let stored = ContentFiles.Stored(file: row[3].string, bytes: [], size: record.size, md5: [], crc64: "")
                let part = BlobStore.Part(
                    blockID: "", content: try BlobStore.add(stored, access), size: record.size)
                _ = try BlobStore.replace(record, .init(parts: [part]), current: nil, access)
            }
        }
    }

    func importQueues() throws {
        try run(unlessFilled: "queues") { old, access in
            for row in try old.query("SELECT account, name FROM queues") {
                try access.query("INSERT INTO queues (account, name, metadata, acl) VALUES (?, ?, '', '')", row)
            }
            let messages = try old.query(
                """
                SELECT account, queue, id, receipt, body, inserted, expires, visible, dequeues FROM messages ORDER BY seq
                """)
            for row in messages {
                try access.query(
                    """
                    INSERT INTO messages (queue, id, receipt, body, inserted, expires, visible, dequeues)
                    VALUES ((SELECT id FROM queues WHERE account = ? AND name = ?), ?, ?, ?, ?, ?, ?, ?)
                    """, row)
            }
        }
    }

    func importItems(clock: EmulatorClock) throws {
        try run(unlessFilled: "databases") { old, access in
            for row in try old.query("SELECT id, rid, etag, ts FROM databases") {
                let (id, rid) = (row[0].string ?? "", row[1].string ?? "")
                let body: JSONValue = [
                    "id": .string(id), "_rid": .string(rid), "_self": .string("dbs/\(rid)/"),
                    "_etag": .optional(row[2].string), "_colls": "colls/", "_users": "users/",
                    "_ts": .int(row[3].int ?? 0),
                ]
                try access.query(
                    "INSERT INTO databases VALUES (?, ?, ?, NULL)", [.text(id), .text(rid), .text(body.text)])
            }
            for row in try old.query("SELECT db, id, rid, body FROM containers") {
                let key = try access.query(
                    "INSERT INTO containers (db, id, rid, body, lsn) VALUES (?, ?, ?, ?, 0) RETURNING key", row)
                let container = try CosmosStore.Container([key.first?[0] ?? .null] + row)
                for item in try old.query("SELECT body FROM items WHERE container = ? ORDER BY seq", [row[2]]) {
                    let value = try JSONParser.parse(item[0].string ?? "{}")
                    let writer = ItemWriter(
                        container: container, key: PartitionKey(of: value, paths: container.keyPaths),
                        clock: clock)
                    _ = try writer.create(value, access)
                }
            }
        }
    }

    func importSecrets() throws {
        try run(unlessFilled: "secrets") { old, access in
            for row in try old.query("SELECT name, version, value, created FROM secrets ORDER BY seq") {
                try access.query(
                    """
                    INSERT INTO secrets (name, version, value, enabled, created, updated) VALUES (?1, ?2, ?3, 1, ?4, ?4)
                    """, row)
            }
        }
    }
}
