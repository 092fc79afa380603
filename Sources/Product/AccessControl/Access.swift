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

    /// What somebody may in a workspace.
    public init(workspace: String, person: String?, role: Role, isAdministrator: Bool) {
        self.workspace = workspace
        self.person = person
        self.role = role
        self.isAdministrator = isAdministrator
    }

    /// Of the one person of an installation where nobody signs in.
    public static let everything = Access(
        workspace: CatalogDatabase.firstWorkspace, person: nil, role: .owner, isAdministrator: true)

    /// Whether it has what a route asks for.
    public func permits(_ permission: Permission) -> Bool { permission.role.map { role >= $0 } ?? isAdministrator }
}
