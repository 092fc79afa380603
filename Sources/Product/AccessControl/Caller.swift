import Catalog

/// Who a request is from, before it is looked at which workspace it is about.
public struct Caller: Sendable, Equatable {
    /// What they have shown.
    public enum Credential: Sendable, Equatable {
        /// Nothing: nobody signs in here.
        case nobody
        /// The token of a session of this id.
        case session(String)
        /// A key of this id.
        case key(String)
    }

    public let credential: Credential
    let standing: StandingRecord?

    /// The one person of an installation where nobody signs in.
    static let everybody = Caller(credential: .nobody, standing: nil)

    /// Their id; `nil` where nobody signs in.
    public var person: String? { standing?.person }

    /// Their session's id; `nil` without one.
    public var session: String? { if case .session(let id) = credential { id } else { nil } }

    /// The id of the key that they ask with; `nil` without one.
    public var key: String? { if case .key(let id) = credential { id } else { nil } }

    /// Whether the installation is theirs to administer; never by a key, which has no such scope.
    public var isAdministrator: Bool { standing.map { $0.isAdministrator && $0.scopes == nil } ?? true }

    /// What a key may at most; `nil` without one.
    public var scopes: Set<Permission>? { standing?.scopes.map { Set($0.compactMap(Permission.init)) } }

    /// Whether a permission is out of the question, whatever the workspace: a key has no scope for it.
    public func lacks(_ permission: Permission) -> Bool { scopes.map { !$0.contains(permission) } ?? false }

    /// What they are in a workspace, as far as membership tells; `nil` when they are no member. Administrators own every one.
    func role(in workspace: String) -> Role? {
        guard let standing else { return .owner }
        return standing.isAdministrator ? .owner : standing.roles[workspace].flatMap(Role.init)
    }

    /// The workspace that a request is about which does not say: the key's, the one that was chosen, or the first by its id.
    func standingWorkspace() -> String? {
        guard let standing else { return CatalogDatabase.firstWorkspace }
        if let workspace = standing.workspace, role(in: workspace) != nil { return workspace }
        if standing.scopes != nil { return nil }
        if standing.roles[CatalogDatabase.firstWorkspace] != nil || standing.isAdministrator {
            return CatalogDatabase.firstWorkspace
        }
        return standing.roles.keys.min()
    }
}
