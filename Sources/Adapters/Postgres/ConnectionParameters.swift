import CPostgres
import Glibc
import ProgramSupport

/// The parameters of a connection string or URI, as libpq itself reads them.
public struct ConnectionParameters: Sendable {
    private static let timeoutSeconds = "5"

    private var values: [String: String] = [:]

    /// Reads a connection string or URI.
    ///
    /// - Throws: `PostgresError` with state 08001 when it is neither.
    public init(_ conninfo: String) throws(PostgresError) {
        var complaint: UnsafeMutablePointer<CChar>?
        guard let options = PQconninfoParse(conninfo, &complaint) else {
            defer { PQfreemem(complaint) }
            // libpq quotes what it cannot read, and that may be a password.
            throw PostgresError(state: "08001", message: "the connection string cannot be read")
        }
        defer { PQconninfoFree(options) }
        var option = options
        while let keyword = option.pointee.keyword {
            if let value = option.pointee.val { values[String(cString: keyword)] = String(cString: value) }
            option += 1
        }
    }

    /// A parameter by its libpq keyword.
    public subscript(_ keyword: String) -> String? {
        get { values[keyword] }
        set { values[keyword] = newValue }
    }

    /// Sets what is not given: how long to wait for a connection, and the certificates to check the server's with.
    mutating func complete() {
        values["connect_timeout"] = values["connect_timeout"] ?? Self.timeoutSeconds
        let mode = values["sslmode"] ?? ProgramLife.environment["PGSSLMODE"] ?? ""
        if mode.hasPrefix("verify-"), values["sslrootcert"] == nil, ProgramLife.environment["PGSSLROOTCERT"] == nil {
            values["sslrootcert"] = TrustedCertificates.file
        }
    }

    /// Begins a connection; `nil` when there is no memory for it.
    func open() -> OpaquePointer? {
        let pairs = values.sorted { $0.key < $1.key }
        let texts = (pairs.map(\.key) + pairs.map(\.value)).map { strdup($0) }
        defer { for text in texts { free(text) } }
        let keywords = texts.prefix(pairs.count).map { UnsafePointer($0) } + [nil]
        let contents = texts.suffix(pairs.count).map { UnsafePointer($0) } + [nil]
        return PQconnectdbParams(keywords, contents, 0)
    }
}
