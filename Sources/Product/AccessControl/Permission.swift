/// What a route asks of whoever calls it. Every route of an app states one (`GuardedRoutes`).
public enum Permission: String, Sendable, CaseIterable {
    /// Sees documents and their own chats.
    case read
    /// Asks questions, and changes their own chats.
    case ask
    /// Adds and removes documents.
    case write
    /// Decides about the workspace.
    case manage
    /// Decides about the installation: workspaces, and people.
    case administer

    /// The least that a member has to be; `nil` where it is not the workspace that decides.
    public var role: Role? {
        switch self {
        case .read, .ask: .reader
        case .write: .editor
        case .manage: .owner
        case .administer: nil
        }
    }
}
