/// What a member of a workspace may do; each may also do what those before it may.
public enum Role: String, Sendable, CaseIterable, Comparable {
    /// Asks, and reads documents.
    case reader
    /// Adds and removes documents, too.
    case editor
    /// Decides about members, trials and limits, too.
    case owner

    public static func < (one: Role, other: Role) -> Bool { one.rank < other.rank }

    private var rank: Int {
        switch self {
        case .reader: 0
        case .editor: 1
        case .owner: 2
        }
    }
}
