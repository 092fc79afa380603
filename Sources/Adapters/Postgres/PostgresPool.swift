import Synchronization
import Telemetry

/// A bounded set of connections, made when needed and lent for the length of a closure.
///
/// A connection that the server has closed is replaced before it is lent, so a restarted server is found again
/// without restarting the program.
public final class PostgresPool: Sendable {
    private struct State {
        var idle: [PostgresConnection] = []
        var count = 0
        var waiters: [(id: Int, continuation: CheckedContinuation<Void, any Error>)] = []
        var nextWaiter = 0
    }

    private let conninfo: String
    private let password: (@Sendable () async throws -> String)?
    private let maximumConnections: Int
    private let state = Mutex(State())

    /// A pool that has not connected yet.
    ///
    /// - Parameters:
    ///   - conninfo: libpq connection string or URI.
    ///   - password: Gives the password of each new connection; for passwords that expire.
    public init(
        _ conninfo: String, maximumConnections: Int = 8, password: (@Sendable () async throws -> String)? = nil
    ) {
        self.conninfo = conninfo
        self.password = password
        self.maximumConnections = maximumConnections
    }

    /// Lends a connection.
    ///
    /// - Throws: what the body throws; `PostgresError` when no connection can be made.
    public func withConnection<Value: Sendable>(
        _ body: (PostgresConnection) async throws -> Value
    ) async throws -> Value {
        let connection = try await lease()
        do {
            let value = try await body(connection)
            giveBack(connection)
            return value
        } catch let error as PostgresError where error.isUnavailable {
            discard()
            throw error
        } catch {
            giveBack(connection)
            throw error
        }
    }

    /// Runs one statement on any connection.
    @discardableResult
    public func query(_ sql: String, _ parameters: [String?] = []) async throws -> [PostgresRow] {
        // The statement is ours and has no data in it, but its first word is enough to tell what takes the time.
        let word = sql.split(maxSplits: 1, whereSeparator: \.isWhitespace).first.map(String.init) ?? ""
        return try await Span.run(
            "postgresql \(word)", kind: .client,
            attributes: ["db.system.name": "postgresql", "db.operation.name": .string(word)]
        ) {
            try await withConnection { try await $0.query(sql, parameters) }
        }
    }

    /// Runs the body in a transaction on one connection.
    public func transaction<Value: Sendable>(
        _ body: @Sendable (isolated PostgresConnection) throws -> Value
    ) async throws -> Value {
        try await withConnection { try await $0.transaction(body) }
    }

    /// Runs the body while the rows that a statement has changed are locked: whoever wants to change them waits until the
    /// body has ended. The body is not cancelled with the task, so that nothing of it goes on behind the lock; it has to
    /// limit its own time, below the minute after which the server ends a transaction that does nothing.
    ///
    /// - Returns: What the body returns; `nil`, without running it, when the statement gave no row.
    public func holding<Value: Sendable>(
        _ sql: String, _ parameters: [String?], _ body: @escaping @Sendable () async throws -> Value
    ) async throws -> Value? {
        try await withConnection { connection in
            try await connection.execute("BEGIN")
            do {
                guard try await !connection.query(sql, parameters).isEmpty else {
                    try await connection.execute("ROLLBACK")
                    return nil
                }
                let value = try await Task { try await body() }.value
                try await connection.execute("COMMIT")
                return value
            } catch {
                try? await connection.execute("ROLLBACK")
                throw error
            }
        }
    }

    private func lease() async throws -> PostgresConnection {
        while true {
            enum Step { case use(PostgresConnection), make, wait }
            let step: Step = state.withLock { state in
                if let connection = state.idle.popLast() { return .use(connection) }
                if state.count < maximumConnections {
                    state.count += 1
                    return .make
                }
                return .wait
            }
            switch step {
            case .use(let connection):
                if await connection.isHealthy() { return connection }
                discard()
            case .make:
                let connection = PostgresConnection()
                do {
                    try await connection.connect(conninfo, password: try await password?())
                    return connection
                } catch {
                    discard()
                    throw error
                }
            case .wait: try await waitForRoom()
            }
        }
    }

    private func waitForRoom() async throws {
        let id = state.withLock { state in
            state.nextWaiter += 1
            return state.nextWaiter
        }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let ready = state.withLock { state in
                    if !state.idle.isEmpty || state.count < maximumConnections || Task.isCancelled { return true }
                    state.waiters.append((id, continuation))
                    return false
                }
                if ready { continuation.resume() }
            }
            // The room that was announced to a task that no longer wants it is announced to the next.
            if Task.isCancelled { wakeOne() }
            try Task.checkCancellation()
        } onCancel: {
            let waiter = state.withLock { state in
                state.waiters.firstIndex { $0.id == id }.map { state.waiters.remove(at: $0).continuation }
            }
            waiter?.resume()
        }
    }

    private func giveBack(_ connection: PostgresConnection) {
        state.withLock { $0.idle.append(connection) }
        wakeOne()
    }

    private func discard() {
        state.withLock { $0.count -= 1 }
        wakeOne()
    }

    /// Tells the task that has waited longest that there is room; it looks for itself.
    private func wakeOne() {
        let waiter = state.withLock { $0.waiters.isEmpty ? nil : $0.waiters.removeFirst().continuation }
        waiter?.resume()
    }
}
