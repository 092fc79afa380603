import Digests
import SQLite
import Telemetry

/// Queues and messages on disk.
final class QueueStore: Sendable {
    /// A row of `queues`.
    struct Queue: Sendable {
        let id: Int64
        let name: String
        let metadata: Metadata
        /// The document of stored access policies.
        let acl: String

        static let columns = "id, name, metadata, acl"

        init(_ row: [SQLiteValue]) {
            id = row[0].int ?? 0
            name = row[1].string ?? ""
            metadata = Metadata(stored: row[2].string ?? "")
            acl = row[3].string ?? ""
        }
    }

    let database: SQLiteDatabase
    /// Reads never wait for a commit.
    let reader: SQLiteDatabase
    let clock: EmulatorClock

    init(directory: String, clock: EmulatorClock) throws {
        self.clock = clock
        let path = directory + "/queue.sqlite"
        database = try SQLiteDatabase(
            path: path,
            schema: """
                CREATE TABLE IF NOT EXISTS queues (
                    id INTEGER PRIMARY KEY AUTOINCREMENT, account TEXT NOT NULL, name TEXT NOT NULL,
                    metadata TEXT NOT NULL, acl TEXT NOT NULL, UNIQUE (account, name));
                CREATE TABLE IF NOT EXISTS messages (
                    seq INTEGER PRIMARY KEY AUTOINCREMENT, queue INTEGER NOT NULL, id TEXT NOT NULL,
                    receipt TEXT NOT NULL, body TEXT NOT NULL, inserted INTEGER NOT NULL, expires INTEGER NOT NULL,
                    visible INTEGER NOT NULL, dequeues INTEGER NOT NULL);
                CREATE INDEX IF NOT EXISTS messages_by_visibility ON messages (queue, visible);
                CREATE UNIQUE INDEX IF NOT EXISTS messages_by_id ON messages (id);
                CREATE TABLE IF NOT EXISTS properties (account TEXT PRIMARY KEY, document TEXT NOT NULL) WITHOUT ROWID;
                PRAGMA wal_autocheckpoint=4000;
                """)
        try FirstFormat(directory: directory, name: "queues.sqlite", target: database).importQueues()
        reader = try SQLiteDatabase(path: path, schema: "", isReader: true)
    }

    static let noQueue = StorageFailure(404, "QueueNotFound", "The specified queue does not exist.")

    func queue(_ account: String, _ name: String) throws -> Queue {
        try reader.read { try Self.queue($0, account, name) }
    }

    static func queue(
        _ access: borrowing SQLiteDatabase.Access, _ account: String, _ name: String
    ) throws -> Queue {
        let rows = try access.query(
            "SELECT \(Queue.columns) FROM queues WHERE account = ? AND name = ?", [.text(account), .text(name)])
        guard let row = rows.first else { throw Self.noQueue }
        return Queue(row)
    }

    /// Removes messages whose time is over; nobody sees them any more anyway.
    func removeExpired() async throws {
        let now = clock.milliseconds
        try await database.write { access in
            try access.query(
                "DELETE FROM messages WHERE seq IN (SELECT seq FROM messages WHERE expires <= ? LIMIT 1000)",
                [.integer(now)])
        }
    }

    static func newReceipt() -> String { Base64.encode(Digest.randomBytes(12)) }

    func properties(_ account: String) throws -> String? {
        try reader.query("SELECT document FROM properties WHERE account = ?", [.text(account)]).first?[0].string
    }

    func setProperties(_ account: String, _ document: String) async throws {
        try await database.write { access in
            try access.query("INSERT OR REPLACE INTO properties VALUES (?, ?)", [.text(account), .text(document)])
        }
    }
}
