import HTTPMessages
public import Problems

/// What is to change about a chat; what is not named stays.
public struct ChatChanges: Sendable {
    /// A folder that a chat is put into, or taken out of all.
    public enum Folder: Sendable {
        case nowhere
        case named(String)
    }

    /// Stays whatever the product would call the chat.
    public var name: String?
    public var isPinned: Bool?
    public var folder: Folder?
    public var isArchived: Bool?
    /// Whether what was answered so far has been seen.
    public var isSeen: Bool?

    /// Changes nothing.
    public init() {}
}

/// Which chats are listed.
public struct ChatFilter: Sendable {
    /// `nil` for archived ones and others.
    public var isArchived: Bool?
    public var isPinned: Bool?
    public var folder: ChatChanges.Folder?

    /// All chats.
    public init() {}
}

/// There are as many folders as there may be.
public struct TooManyFolders: ProblemConvertible {
    public var problem: Problem {
        Problem(
            .conflict,
            "There are \(WorkspaceCatalog.mostFolders) folders, which is the limit. Use one of them, or empty one first.",
            code: "too_many_folders")
    }
}
