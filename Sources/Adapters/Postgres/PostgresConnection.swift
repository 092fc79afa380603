import CPostgres
import Dispatch
import Glibc

/// One connection. libpq blocks, so the actor runs on a serial queue of its own, off the cooperative pool.
public actor PostgresConnection {
    private struct Handle: ~Copyable {
        let pointer: OpaquePointer
        deinit { PQfinish(pointer) }
    }

    private nonisolated let executor: QueueExecutor
    public nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }
    private var handle: Handle?

    /// Makes an unconnected object; the first statement connects.
    init() { executor = QueueExecutor(label: "apus.postgres") }

    /// Connects.
    ///
    /// - Parameters:
    ///   - conninfo: libpq connection string or URI.
    ///   - password: Takes the place of the string's.
    /// - Throws: `PostgresError` with state 08001.
    func connect(_ conninfo: String, password: String? = nil) throws(PostgresError) {
        var parameters = try ConnectionParameters(conninfo)
        parameters.complete()
        if let password { parameters["password"] = password }
        guard let pointer = parameters.open() else {
            throw PostgresError(state: "08001", message: "out of memory")
        }
        guard PQstatus(pointer) == CONNECTION_OK else {
            defer { PQfinish(pointer) }
            throw PostgresError(state: "08001", message: String(cString: PQerrorMessage(pointer)))
        }
        PQsetNoticeProcessor(pointer, { _, _ in }, nil)
        handle = Handle(pointer: pointer)
        try execute("SET statement_timeout = '30s'; SET idle_in_transaction_session_timeout = '60s'")
    }

    /// Whether the connection can be used; notices a server that has closed it.
    func isHealthy() -> Bool {
        guard let pointer = handle?.pointer else { return false }
        guard PQstatus(pointer) == CONNECTION_OK, PQtransactionStatus(pointer) == PQTRANS_IDLE else { return false }
        // An idle connection has nothing to read; what is there is the server's farewell, or its end.
        var byte: UInt8 = 0
        let count = recv(PQsocket(pointer), &byte, 1, Int32(MSG_PEEK | MSG_DONTWAIT))
        return count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)
    }

    /// Runs one statement with parameters `$1`, `$2`, … as text; `nil` is NULL.
    @discardableResult
    public func query(_ sql: String, _ parameters: [String?] = []) throws(PostgresError) -> [PostgresRow] {
        guard let pointer = handle?.pointer else { throw PostgresError(state: "08003", message: "not connected") }
        let copies = parameters.map { $0.map { strdup($0) } }
        defer { for copy in copies { free(copy ?? nil) } }
        let pointers = copies.map { UnsafePointer($0 ?? nil) }
        let result = PQexecParams(pointer, sql, Int32(parameters.count), nil, pointers, nil, nil, 0)
        return try Self.rows(result, pointer)
    }

    /// Runs several statements without parameters, separated by semicolons.
    public func execute(_ sql: String) throws(PostgresError) {
        guard let pointer = handle?.pointer else { throw PostgresError(state: "08003", message: "not connected") }
        _ = try Self.rows(PQexec(pointer, sql), pointer)
    }

    /// Runs the body in a transaction; rolls back when it throws.
    public func transaction<Value: Sendable>(
        _ body: @Sendable (isolated PostgresConnection) throws -> Value
    ) throws -> Value {
        try execute("BEGIN")
        do {
            let value = try body(self)
            try execute("COMMIT")
            return value
        } catch {
            try? execute("ROLLBACK")
            throw error
        }
    }

    private static func rows(_ result: OpaquePointer?, _ pointer: OpaquePointer) throws(PostgresError) -> [PostgresRow]
    {
        guard let result else {
            throw PostgresError(state: "08006", message: String(cString: PQerrorMessage(pointer)))
        }
        defer { PQclear(result) }
        switch PQresultStatus(result) {
        case PGRES_COMMAND_OK, PGRES_EMPTY_QUERY: return []
        case PGRES_TUPLES_OK: break
        default:
            // Without a server's answer the connection itself has failed.
            let state = field(result, 67) ?? "08006"
            throw PostgresError(
                state: state, message: String(cString: PQresultErrorMessage(result)), constraint: field(result, 110))
        }
        let columnCount = PQnfields(result)
        var columns: [String: Int] = [:]
        for column in 0..<columnCount { columns[String(cString: PQfname(result, column))] = Int(column) }
        return (0..<PQntuples(result)).map { row in
            PostgresRow(
                columns: columns,
                values: (0..<columnCount).map { column in
                    PQgetisnull(result, row, column) == 1 ? nil : String(cString: PQgetvalue(result, row, column))
                })
        }
    }

    /// A field of the error report: `C` (67) is the SQLSTATE, `n` (110) the constraint's name.
    private static func field(_ result: OpaquePointer, _ code: Int32) -> String? {
        PQresultErrorField(result, code).map { String(cString: $0) }
    }
}

/// A serial queue as an actor's executor.
final class QueueExecutor: SerialExecutor {
    private let queue: DispatchQueue

    init(label: String) { queue = DispatchQueue(label: label) }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        queue.async { job.runSynchronously(on: self.asUnownedSerialExecutor()) }
    }
}
