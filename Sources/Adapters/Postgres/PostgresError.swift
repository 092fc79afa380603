/// A failed connection or statement.
public struct PostgresError: Error, Sendable, CustomStringConvertible, CustomDebugStringConvertible {
    /// SQLSTATE, five characters; of class 08 when there is no connection.
    public let state: String
    /// The server's words. They may quote data, so they belong in a log only.
    public let message: String
    /// The constraint that was violated, if one was.
    public let constraint: String?

    init(state: String, message: String, constraint: String? = nil) {
        self.state = state
        self.message = message
        self.constraint = constraint
    }

    /// Whether the server cannot be reached, is going down or has no room: SQLSTATE classes 08 and 53, and 57P.
    public var isUnavailable: Bool { state.hasPrefix("08") || state.hasPrefix("57P") || state.hasPrefix("53") }
    /// Whether a unique constraint refused the row.
    public var isUniqueViolation: Bool { state == "23505" }
    /// A row refers to one that is not there.
    public var isForeignKeyViolation: Bool { state == "23503" }

    public var description: String { isUnavailable ? "PostgreSQL is not available" : "PostgreSQL error \(state)" }
    public var debugDescription: String { "PostgreSQL error \(state): \(message)" }
}

extension PostgresError {
    /// Other writers were in the way each time; SQLSTATE 40001, serialization failure.
    public static let contention = PostgresError(state: "40001", message: "gave up after several tries")
}
