public import AzureIdentity
public import HTTPClient
import HTTPMessages
public import Postgres
public import Problems
public import Settings
import TaskTools

/// The relational index of everything: workspaces, people, chats, documents. What belongs to a workspace is reached through
/// its view (`WorkspaceCatalog`) alone.
public struct CatalogDatabase: ConfiguredClient, Sendable {
    public static let secretNames = ["APUS_DATABASE_URL"]
    /// The first workspace.
    public static let firstWorkspace = "default"

    let database: PostgresPool
    let limits: WorkspaceLimits
    private let schema: RunOnce

    /// An index in a database; nothing is connected yet.
    ///
    /// - Parameter limits: How much each workspace may hold.
    public init(database: PostgresPool, limits: WorkspaceLimits = WorkspaceLimits()) {
        self.database = database
        self.limits = limits
        schema = RunOnce()
    }

    /// What somebody sees of a workspace.
    ///
    /// - Parameters:
    ///   - person: Whose chats are seen beside those of nobody; `nil` for all chats.
    ///   - seesEverything: Whether documents are seen that are limited to others.
    public func view(of workspace: String, for person: String? = nil, seesEverything: Bool = false) -> WorkspaceCatalog
    {
        WorkspaceCatalog(index: self, workspace: workspace, person: person, reader: seesEverything ? nil : person)
    }

    /// Ids of all workspaces, the first one first.
    public func workspaces() async throws -> [String] {
        let rows = try await query("SELECT id FROM workspaces ORDER BY created_at, id LIMIT \(PeopleLimits.workspaces)")
        return try rows.map { row throws(PostgresError) in try row.string("id") }
    }

    /// What Azure's database servers are called, and the resource that identities get tokens for.
    private static let azureDomain = ".postgres.database.azure.com"
    private static let azureResource = "https://ossrdbms-aad.database.windows.net"

    /// Reads `APUS_DATABASE_URL`. For a server of Azure without a password the identity's token is the password
    /// (Azure Database for PostgreSQL, "Microsoft Entra authentication").
    public init(_ settings: inout SettingsReader, identity: TokenSource, client: HTTPSession) {
        let url = settings.required("APUS_DATABASE_URL", "a PostgreSQL connection string or URI")
        let parameters = try? ConnectionParameters(url)
        if !url.isEmpty, parameters == nil {
            settings.add("APUS_DATABASE_URL", "is neither a PostgreSQL connection string nor a URI")
        }
        let usesIdentity = parameters?["password"] == nil && parameters?["host"]?.hasSuffix(Self.azureDomain) ?? false
        if usesIdentity {
            self.init(database: PostgresPool(url) { try await identity.token(for: Self.azureResource) })
        } else {
            self.init(database: PostgresPool(url))
        }
    }

    /// The schema's versions that this program knows.
    public static var knownMigrations: [(version: Int, name: String)] {
        CatalogMigrations.all.map { ($0.version, $0.name) }
    }

    /// Brings the schema up to date, once per process; later calls return at once.
    public func prepare() async throws { try await schema.ensure { try await database.migrate(CatalogMigrations.all) } }

    /// Undoes every migration; for tests and for leaving.
    public func dropSchema() async throws { try await migrate(to: 0) }

    /// Brings the schema to a version, upwards or downwards.
    ///
    /// - Returns: The versions that were applied or undone, in order.
    @discardableResult
    public func migrate(to version: Int?) async throws -> [Int] {
        try await database.migrate(CatalogMigrations.all, to: version)
    }

    /// The versions that were applied, in order.
    public func appliedMigrations() async throws -> [(version: Int, name: String, at: String)] {
        try await database.appliedMigrations()
    }

    /// Whether the server answers, and has a schema that this program knows.
    public func probe() async throws { try await query("SELECT 1") }

    @discardableResult
    func query(_ sql: String, _ parameters: [String?] = []) async throws -> [PostgresRow] {
        try await prepare()
        return try await database.query(sql, parameters)
    }
}

extension PostgresError: ProblemConvertible {
    public var problem: Problem {
        isUnavailable
            ? Problem(.serviceUnavailable, "The database (PostgreSQL) is not available. Please try again in a moment.")
            : Problem(
                .internalServerError, "The database refused the request. The log has the reason under the request id.")
    }
}

extension NewerSchemaError: ProblemConvertible {
    public var problem: Problem {
        Problem(
            .serviceUnavailable,
            "The database belongs to a newer version of Apus (schema \(version), here \(known)). Update this program.")
    }
}
