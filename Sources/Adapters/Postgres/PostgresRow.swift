/// One row of a result; columns are found by name.
public struct PostgresRow: Sendable {
    let columns: [String: Int]
    let values: [String?]

    /// The column as text, `nil` for NULL.
    ///
    /// - Throws: `PostgresError` when the statement has no such column.
    public func optional(_ column: String) throws(PostgresError) -> String? {
        guard let index = columns[column] else {
            throw PostgresError(state: "42703", message: "no column \(column) in the result")
        }
        return values[index]
    }

    /// The column as text.
    public func string(_ column: String) throws(PostgresError) -> String {
        guard let value = try optional(column) else {
            throw PostgresError(state: "22004", message: "column \(column) is null")
        }
        return value
    }

    /// The column as an integer.
    public func int(_ column: String) throws(PostgresError) -> Int {
        guard let value = Int(try string(column)) else {
            throw PostgresError(state: "22P02", message: "column \(column) is not an integer")
        }
        return value
    }

    /// The column as an integer, `nil` for NULL.
    public func optionalInt(_ column: String) throws(PostgresError) -> Int? {
        try optional(column) == nil ? nil : try int(column)
    }

    /// The column as a number; `double precision` is written so that it reads back as it was.
    public func double(_ column: String) throws(PostgresError) -> Double {
        guard let value = Double(try string(column)) else {
            throw PostgresError(state: "22P02", message: "column \(column) is not a number")
        }
        return value
    }

    /// The column as a truth value.
    public func bool(_ column: String) throws(PostgresError) -> Bool { try string(column) == "t" }
}
