import HTTPMessages
public import Problems

/// How much one workspace may hold.
public struct WorkspaceLimits: Sendable {
    /// As many as one question searches: what is beyond would be kept and never found.
    public var documents = 10_000
    public var chats = 100_000
    public var experiments = 10_000
    public var vectorStores = 10_000
    /// Answers that are kept for whoever asked for them by OpenAI's API.
    public var responses = 100_000

    /// The defaults.
    public init() {}
}

/// A workspace holds as much as it may.
public struct WorkspaceFull: ProblemConvertible {
    let what: String
    let limit: Int

    public var problem: Problem {
        Problem(.conflict, "The workspace holds \(limit) \(what), which is the limit. Delete some, and try again.")
    }
}

extension WorkspaceCatalog {
    /// A condition that is true while a table has fewer rows of a workspace than the limit. Callers side by side may pass
    /// it by their number.
    static func hasRoom(_ table: String, _ limit: Int, workspace: String) -> String {
        "NOT EXISTS (SELECT FROM \(table) WHERE workspace_id = \(workspace) OFFSET \(limit - 1))"
    }

    /// - Throws: `WorkspaceFull` when there is none.
    func requireRoom(_ table: String, _ limit: Int) async throws {
        let rows = try await query("SELECT 1 WHERE " + Self.hasRoom(table, limit, workspace: "$1"), [workspace])
        if rows.isEmpty { throw WorkspaceFull(what: table, limit: limit) }
    }
}
