public import JSONCoding
import Postgres

/// Somebody who signs in. It has no password: who needs that asks for it (`CatalogDatabase.credential`).
public struct PersonRecord: Sendable, Equatable {
    public let id: String
    /// What they sign in with, as it was given.
    public let login: String
    public let name: String
    /// Whether the installation is theirs to administer.
    public let isAdministrator: Bool
    /// Whether they may sign in.
    public let isActive: Bool
    /// Whether they have chosen a password.
    public let hasPassword: Bool
    /// Whether an identity provider has signed them in. Of whoever has neither, the link still waits for them.
    public let hasIdentity: Bool
    public let createdAt: String

    static let columns = """
        id, login, name, administrator, active, password IS NOT NULL AS has_password,
        EXISTS (SELECT FROM identities i WHERE i.person_id = people.id) AS has_identity, \(SQLTime.column("created_at"))
        """

    /// True of somebody who has come, of a table `p`: they have a password, or an identity provider has signed them in.
    static let hasCome =
        "(p.password IS NOT NULL OR EXISTS (SELECT FROM identities i WHERE i.person_id = p.id))"

    init(_ row: PostgresRow) throws(PostgresError) {
        id = try row.string("id")
        login = try row.string("login")
        name = try row.string("name")
        isAdministrator = try row.bool("administrator")
        isActive = try row.bool("active")
        hasPassword = try row.bool("has_password")
        hasIdentity = try row.bool("has_identity")
        createdAt = try row.string("created_at")
    }

    /// The wire form, for those who administer.
    public var json: JSONValue {
        [
            "id": .string(id), "login": .string(login), "name": .string(name), "administrator": .bool(isAdministrator),
            "active": .bool(isActive), "hasPassword": .bool(hasPassword), "hasIdentity": .bool(hasIdentity),
            "createdAt": .string(createdAt),
        ]
    }
}
