import Catalog

/// Who asks, and what they may: one request's.
public struct Access: Sendable, Equatable {
    /// The workspace that the request is about.
    public let workspace: String
    /// Who asks; `nil` where nobody signs in.
    public let person: String?
    /// What they are in the workspace.
    public let role: Role
    /// Whether the installation is theirs to administer.
    public let isAdministrator: Bool
    /// What the key that they ask with may at most; `nil` without a key.
    public let scopes: Set<Permission>?
    /// The id of that key.
    public let key: String?

    /// What somebody may in a workspace.
    public init(
        workspace: String, person: String?, role: Role, isAdministrator: Bool, scopes: Set<Permission>? = nil,
        key: String? = nil
    ) {
        self.workspace = workspace
        self.person = person
        self.role = role
        self.isAdministrator = isAdministrator
        self.scopes = scopes
        self.key = key
    }

    /// Of the one person of an installation where nobody signs in.
    public static let everything = Access(
        workspace: CatalogDatabase.firstWorkspace, person: nil, role: .owner, isAdministrator: true)

    /// Whether it has what a route asks for.
    public func permits(_ permission: Permission) -> Bool {
        if let scopes, !scopes.contains(permission) { return false }
        return permission.role.map { role >= $0 } ?? isAdministrator
    }

    /// - Throws: `Problem` 403, which says what would.
    public func require(_ permission: Permission) throws {
        guard permits(permission) else { throw AccessProblem.forbidden(permission, self) }
    }

    /// Everything that it permits.
    public var permissions: [Permission] { Permission.allCases.filter(permits) }
}
