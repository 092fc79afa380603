/// Whom a quota is set for, within a workspace.
public enum QuotaSubject: Sendable, Hashable {
    /// All who ask in the workspace together.
    case workspace
    /// Each person who has no quota of their own.
    case members
    case person(String)
    case key(String)
}

/// Who uses something up: somebody, perhaps by a key. Their workspace is the catalogue's.
public struct QuotaHolder: Sendable, Hashable {
    /// `nil` where nobody signs in.
    public let person: String?
    /// The key's id; `nil` without one.
    public let key: String?

    /// Describes who asks.
    public init(person: String?, key: String?) {
        self.person = person
        self.key = key
    }
}

/// What becomes of a question that a model may not be asked any more, because a budget of tokens or money is used up.
public enum BudgetPolicy: String, Sendable, CaseIterable {
    /// It is refused.
    case refuse
    /// Another model of the list is asked that still fits, and when there is none the documents are quoted.
    case model
    /// The documents are quoted.
    case quotes
}
