import Digests
import HTTPMessages
import HTTPServing
public import Postgres
public import Problems
public import Settings
import TaskTools

/// The relational index of everything: workspaces, chats, documents. One workspace's view of it.
public struct Catalog: Sendable {
    /// The first workspace.
    public static let defaultWorkspace = "default"

    let database: PostgresPool
    /// Whose rows these are; part of every statement.
    public let workspace: String
    private let schema: RunOnce

    /// A view; nothing is connected yet.
    public init(database: PostgresPool, workspace: String = Catalog.defaultWorkspace) {
        self.database = database
        self.workspace = workspace
        schema = RunOnce()
    }

    /// Reads `APUS_DATABASE_URL`.
    public init(_ settings: inout SettingsReader) {
        let url = settings.required("APUS_DATABASE_URL", "a PostgreSQL connection string or URI")
        self.init(database: PostgresPool(url))
    }

    /// Brings the schema up to date, once per process; later calls return at once.
    public func prepare() async throws { try await schema.ensure { try await database.migrate(CatalogMigrations.all) } }

    /// Undoes every migration; for tests and for leaving.
    public func dropSchema() async throws { try await database.migrate(CatalogMigrations.all, to: 0) }

    /// Whether the server answers.
    public func probe() async throws { try await database.query("SELECT 1") }

    @discardableResult
    func query(_ sql: String, _ parameters: [String?] = []) async throws -> [PostgresRow] {
        try await prepare()
        return try await database.query(sql, parameters)
    }

    /// Whether a text can be an id at all; PostgreSQL refuses others with an error instead of finding nothing.
    static func isID(_ text: String) -> Bool { UUIDv7.isValid(text) }
}

extension PostgresError: ProblemConvertible {
    public var problem: Problem {
        isUnavailable
            ? Problem(.serviceUnavailable, "The database (PostgreSQL) is not available. Please try again in a moment.")
            : Problem(
                .internalServerError, "The database refused the request. The log has the reason under the request id.")
    }
}
