import CSQLite
import Dispatch
import Glibc
import Synchronization

/// A value of a column or a parameter.
public enum SQLiteValue: Sendable, Equatable {
    case null
    case integer(Int64)
    case real(Double)
    case text(String)
    case blob([UInt8])

    /// The integer, if this is one.
    public var int: Int64? { if case .integer(let value) = self { value } else { nil } }
    /// The text, if this is one.
    public var string: String? { if case .text(let value) = self { value } else { nil } }
    /// The bytes, if this is a blob.
    public var bytes: [UInt8]? { if case .blob(let value) = self { value } else { nil } }

    /// A text, or NULL for `nil`.
    public static func optional(_ text: String?) -> SQLiteValue { text.map { .text($0) } ?? .null }
}

/// A failed statement.
public struct SQLiteError: Error, Sendable, CustomStringConvertible {
    /// SQLite's result code.
    public let code: Int32
    public let message: String

    /// Whether a uniqueness rule refused the row.
    public var isConstraint: Bool { code & 0xFF == SQLITE_CONSTRAINT }

    public var description: String { "SQLite error \(code): \(message)" }
}

/// One database file in write-ahead mode; what was committed survives a crash.
///
/// The connection is behind a lock: statements are short, and writers queue up here instead of meeting
/// `SQLITE_BUSY`.
public final class SQLiteDatabase: Sendable {
    // Used under the lock only.
    fileprivate final class Connection: @unchecked Sendable {
        let pointer: OpaquePointer?
        var statements: [String: OpaquePointer] = [:]

        init(pointer: OpaquePointer?) { self.pointer = pointer }

        deinit {
            for statement in statements.values { sqlite3_finalize(statement) }
            sqlite3_close_v2(pointer)
        }
    }

    /// When a commit is on disk.
    public enum Durability: Sendable {
        /// Before it returns.
        case commit
        /// After the next `synchronise()`, which may serve many commits at once.
        case synchronise
    }

    private let connection: Connection
    private let lock = Mutex(())
    private let queue = DispatchQueue(label: "apus.sqlite")
    private let pending = Mutex<[PendingWrite]>([])
    private let path: String
    private let log = Mutex<Int32>(-1)

    /// Opens or makes the file.
    ///
    /// - Parameters:
    ///   - schema: Statements that are run each time, so they have to be repeatable.
    ///   - isReader: Opens for reading only; the file must exist.
    public init(
        path: String, schema: String, durability: Durability = .commit, isReader: Bool = false
    ) throws(SQLiteError) {
        self.path = path
        var pointer: OpaquePointer?
        let access = isReader ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE
        let code = sqlite3_open_v2(path, &pointer, access | SQLITE_OPEN_NOMUTEX, nil)
        guard code == SQLITE_OK else {
            let message = pointer.map { String(cString: sqlite3_errmsg($0)) } ?? "out of memory"
            sqlite3_close_v2(pointer)
            throw SQLiteError(code: code, message: message)
        }
        sqlite3_extended_result_codes(pointer, 1)
        sqlite3_busy_timeout(pointer, 5000)
        connection = Connection(pointer: pointer)
        guard !isReader else {
            try execute("PRAGMA cache_size=-2000;" + schema)
            return
        }
        // FULL: a commit is on disk before it returns. NORMAL leaves that to `synchronise`.
        let pragmas =
            "PRAGMA journal_mode=WAL; PRAGMA synchronous=\(durability == .commit ? "FULL" : "NORMAL"); "
            + "PRAGMA foreign_keys=ON; PRAGMA cache_size=-2000; "
            + "PRAGMA secure_delete=ON; PRAGMA journal_size_limit=4194304;"
        try execute(pragmas + schema)
    }

    deinit { log.withLock { if $0 >= 0 { close($0) } } }

    /// Brings every commit so far to the disk.
    ///
    /// In write-ahead mode a commit is a run of frames in the log file, so that file's contents are what has to be
    /// on disk (sqlite.org/wal.html); SQLite itself synchronises log and database around checkpoints.
    public func synchronise() throws(SQLiteError) {
        let code: Int32 = log.withLock { file in
            if file < 0 { file = open(path + "-wal", O_RDONLY | O_CLOEXEC) }
            guard file >= 0 else { return errno }
            return fdatasync(file) == 0 ? 0 : errno
        }
        guard code == 0 else {
            throw SQLiteError(code: SQLITE_IOERR, message: "fdatasync: " + String(cString: strerror(code)))
        }
    }

    /// How far a checkpoint goes (sqlite.org/pragma.html#pragma_wal_checkpoint).
    public enum Checkpoint: String, Sendable {
        /// As far as readers and writers allow.
        case passive = "PASSIVE"
        /// Also lets the next writer begin at the start of the log.
        case restart = "RESTART"
        /// Also cuts the log to nothing, so that overwritten content is gone.
        case truncate = "TRUNCATE"
    }

    /// Moves the log's contents into the database file.
    ///
    /// - Returns: Pages left in the log.
    @discardableResult
    public func checkpoint(_ kind: Checkpoint) throws -> Int {
        let row = try query("PRAGMA wal_checkpoint(\(kind.rawValue))").first ?? []
        guard row.count == 3, let pages = row[1].int, let moved = row[2].int else { return 0 }
        return Int(max(0, pages - moved))
    }

    /// Runs statements without parameters.
    public func execute(_ sql: String) throws(SQLiteError) {
        let error: SQLiteError? = lock.withLock { _ in
            let code = sqlite3_exec(connection.pointer, sql, nil, nil, nil)
            return code == SQLITE_OK ? nil : Self.error(code, connection.pointer)
        }
        if let error { throw error }
    }

    /// Runs one statement and collects its rows.
    ///
    /// - Throws: `SQLiteError`.
    @discardableResult
    public func query(_ sql: String, _ parameters: [SQLiteValue] = []) throws -> [[SQLiteValue]] {
        try perform(nil) { try $0.query(sql, parameters) }
    }

    /// What a transaction's body works with.
    public struct Access: ~Copyable {
        fileprivate let connection: Connection
        private var pointer: OpaquePointer? { connection.pointer }

        /// Runs one statement and collects its rows.
        @discardableResult
        public func query(_ sql: String, _ parameters: [SQLiteValue] = []) throws(SQLiteError) -> [[SQLiteValue]] {
            var rows: [[SQLiteValue]] = []
            try forEach(sql, parameters) { rows.append($0) }
            return rows
        }

        /// Runs one statement and visits its rows, for results that need not be in memory together.
        public func forEach(
            _ sql: String, _ parameters: [SQLiteValue], _ visit: ([SQLiteValue]) -> Void
        ) throws(SQLiteError) {
            try scan(sql, parameters) { row in
                visit((0..<row.count).map { Self.value(row.statement, $0) })
                return true
            }
        }

        /// Runs one statement and visits its rows without copying them, until `visit` returns false.
        public func scan(
            _ sql: String, _ parameters: [SQLiteValue] = [], _ visit: (borrowing SQLiteRow) -> Bool
        ) throws(SQLiteError) {
            let statement = try prepared(sql)
            defer {
                sqlite3_reset(statement)
                sqlite3_clear_bindings(statement)
            }
            for (index, value) in parameters.enumerated() {
                let place = Int32(index + 1)
                let code =
                    switch value {
                    case .null: sqlite3_bind_null(statement, place)
                    case .integer(let value): sqlite3_bind_int64(statement, place, value)
                    case .real(let value): sqlite3_bind_double(statement, place, value)
                    case .text(let value): apus_sqlite_bind_text(statement, place, value, Int32(value.utf8.count))
                    case .blob(let value): apus_sqlite_bind_blob(statement, place, value, Int32(value.count))
                    }
                guard code == SQLITE_OK else { throw SQLiteDatabase.error(code, pointer) }
            }
            let row = SQLiteRow(statement: statement, count: sqlite3_column_count(statement))
            while true {
                switch sqlite3_step(statement) {
                case SQLITE_ROW: if !visit(row) { return }
                case SQLITE_DONE: return
                case let code: throw SQLiteDatabase.error(code, pointer)
                }
            }
        }

        /// Rows that the last statement changed.
        public var changedRows: Int { Int(sqlite3_changes(pointer)) }

        private func prepared(_ sql: String) throws(SQLiteError) -> OpaquePointer {
            if let statement = connection.statements[sql] { return statement }
            var statement: OpaquePointer?
            let code = sqlite3_prepare_v3(pointer, sql, -1, UInt32(SQLITE_PREPARE_PERSISTENT), &statement, nil)
            guard code == SQLITE_OK, let statement else { throw SQLiteDatabase.error(code, pointer) }
            // Statements come from our own code, so their number is small; the bound is a safeguard.
            if connection.statements.count > 200 {
                for old in connection.statements.values { sqlite3_finalize(old) }
                connection.statements = [:]
            }
            connection.statements[sql] = statement
            return statement
        }

        fileprivate static func value(_ statement: OpaquePointer, _ column: Int32) -> SQLiteValue {
            switch sqlite3_column_type(statement, column) {
            case SQLITE_INTEGER: return .integer(sqlite3_column_int64(statement, column))
            case SQLITE_FLOAT: return .real(sqlite3_column_double(statement, column))
            case SQLITE_TEXT:
                let count = Int(sqlite3_column_bytes(statement, column))
                let bytes = UnsafeRawBufferPointer(start: sqlite3_column_text(statement, column), count: count)
                return .text(String(decoding: bytes, as: UTF8.self))
            case SQLITE_BLOB:
                let count = Int(sqlite3_column_bytes(statement, column))
                return .blob(Array(UnsafeRawBufferPointer(start: sqlite3_column_blob(statement, column), count: count)))
            default: return .null
            }
        }
    }

    /// Runs the body in one write transaction; rolls back when it throws.
    public func transaction<Value>(_ body: (borrowing Access) throws -> Value) throws -> Value {
        try perform("BEGIN IMMEDIATE", body)
    }

    /// Runs the body with the connection, without a transaction of its own: each statement sees what was committed when
    /// it began, so that two of them may see different moments.
    public func read<Value>(_ body: (borrowing Access) throws -> Value) throws -> Value {
        try perform(nil, body)
    }

    /// Runs the body in one read transaction: all of its statements see the moment at which the first began, whatever
    /// others commit meanwhile (sqlite.org/isolation.html).
    public func snapshot<Value>(_ body: (borrowing Access) throws -> Value) throws -> Value {
        try perform("BEGIN DEFERRED", body)
    }

    /// Runs the body as one atomic write on the database's own queue, since a commit waits for the disk. Writes that
    /// arrive while another is being committed share the next commit.
    @discardableResult
    public func write<Value: Sendable>(_ body: @escaping @Sendable (borrowing Access) throws -> Value) async throws
        -> Value
    {
        try await withCheckedThrowingContinuation { continuation in
            let write = PendingWrite(body, continuation)
            let isFirst = pending.withLock { pending in
                pending.append(write)
                return pending.count == 1
            }
            if isFirst { queue.async { self.commitPending() } }
        }
    }

    private func commitPending() {
        let batch = pending.withLock { pending in
            defer { pending = [] }
            return pending
        }
        do {
            let outcomes = try transaction { access in
                guard batch.count > 1 else { return try batch.map { try $0.run(access) } }
                // One that fails leaves nothing behind and does not touch the others.
                return try batch.map { write in
                    try access.query("SAVEPOINT one")
                    do {
                        let finish = try write.run(access)
                        try access.query("RELEASE one")
                        return finish
                    } catch {
                        try access.query("ROLLBACK TO one")
                        try access.query("RELEASE one")
                        return { write.fail(error) }
                    }
                }
            }
            for finish in outcomes { finish() }
        } catch {
            for write in batch { write.fail(error) }
        }
    }

    private func perform<Value>(_ begin: String?, _ body: (borrowing Access) throws -> Value) throws -> Value {
        // The lock's closure may not return what is not sendable; the box carries the value out of it unshared.
        let box = ResultBox<Value>()
        lock.withLock { _ in
            let access = Access(connection: connection)
            do {
                if let begin { try access.query(begin) }
                let value = try body(access)
                if begin != nil { try access.query("COMMIT") }
                box.result = .success(value)
            } catch {
                if begin != nil { _ = try? access.query("ROLLBACK") }
                box.result = .failure(error)
            }
        }
        return try box.result.get()
    }

    fileprivate static func error(_ code: Int32, _ pointer: OpaquePointer?) -> SQLiteError {
        SQLiteError(code: code, message: pointer.map { String(cString: sqlite3_errmsg($0)) } ?? "out of memory")
    }
}

/// A row while a statement stands on it.
public struct SQLiteRow: ~Copyable {
    fileprivate let statement: OpaquePointer
    /// Columns.
    public let count: Int32

    /// The integer in a column; 0 for NULL.
    public func int(_ column: Int32) -> Int64 { sqlite3_column_int64(statement, column) }

    /// The number in a column; 0 for NULL.
    public func double(_ column: Int32) -> Double { sqlite3_column_double(statement, column) }

    /// The text in a column, `nil` for NULL.
    public func text(_ column: Int32) -> String? {
        withBytes(column) { bytes in bytes.map { String(decoding: $0, as: UTF8.self) } }
    }

    /// Calls `body` with a text's or blob's bytes, `nil` for NULL; they are valid during the call only.
    public func withBytes<Value>(_ column: Int32, _ body: (UnsafeRawBufferPointer?) -> Value) -> Value {
        guard sqlite3_column_type(statement, column) != SQLITE_NULL else { return body(nil) }
        let start = sqlite3_column_blob(statement, column)
        return body(UnsafeRawBufferPointer(start: start, count: Int(sqlite3_column_bytes(statement, column))))
    }
}

/// A write that waits for the next commit.
private struct PendingWrite: Sendable {
    typealias Finish = @Sendable () -> Void

    /// Runs the body; what it returns tells the waiting task, once the commit is on disk.
    let run: @Sendable (borrowing SQLiteDatabase.Access) throws -> Finish
    let fail: @Sendable (any Error) -> Void

    init<Value: Sendable>(
        _ body: @escaping @Sendable (borrowing SQLiteDatabase.Access) throws -> Value,
        _ continuation: CheckedContinuation<Value, any Error>
    ) {
        run = { access in
            let value = try body(access)
            return { continuation.resume(returning: value) }
        }
        fail = { continuation.resume(throwing: $0) }
    }
}

private final class ResultBox<Value> {
    var result: Result<Value, any Error> = .failure(SQLiteError(code: SQLITE_MISUSE, message: "not run"))
}
