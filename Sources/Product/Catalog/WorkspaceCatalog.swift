import HTTPMessages
import Postgres
public import Problems

/// One workspace's part of the index, as somebody sees it: its chats, its documents, and what belongs to them. Made for each
/// request from who asks; there is no workspace that is meant when none is said.
///
/// A chat belongs to whoever began it. One that belongs to nobody was begun where nobody signs in, and is everybody's.
public struct WorkspaceCatalog: Sendable {
    /// The index that this is a part of.
    public let index: CatalogDatabase
    /// Whose rows these are; part of every statement.
    public let workspace: String
    /// Whose chats are seen beside those of nobody; `nil` for all chats, which is what the product itself works with.
    public let person: String?
    /// Whose documents are seen of those that are limited to some; `nil` for all.
    public let reader: String?

    var database: PostgresPool { index.database }
    var limits: WorkspaceLimits { index.limits }

    func prepare() async throws { try await index.prepare() }

    @discardableResult
    func query(_ sql: String, _ parameters: [String?] = []) async throws -> [PostgresRow] {
        try await index.query(sql, parameters)
    }

    /// A common table expression `person` that keeps the person from being deleted until the statement has ended: no chat of
    /// theirs comes after their deletion.
    static func presentPerson(_ person: String) -> String {
        "person AS (SELECT id FROM people WHERE id = \(person)::uuid FOR KEY SHARE)"
    }

    /// A condition beside `presentPerson`: whether the person is there.
    static func isPersonPresent(_ person: String) -> String {
        "(\(person)::uuid IS NULL OR EXISTS (SELECT FROM person))"
    }

    /// - Throws: `PersonGone` when the person has been deleted.
    func requirePerson() async throws {
        guard let person else { return }
        if try await query("SELECT 1 FROM people WHERE id = $1::uuid", [person]).isEmpty { throw PersonGone() }
    }

    /// A condition on rows of chats: whether a person sees them.
    ///
    /// - Parameters:
    ///   - chats: The table, or what it is called in the statement.
    ///   - person: The parameter with the person's id, which may be NULL.
    static func isSeen(_ chats: String, by person: String) -> String {
        "(\(person)::uuid IS NULL OR \(chats).person_id IS NULL OR \(chats).person_id = \(person)::uuid)"
    }

    /// A condition on rows of documents: whether a person sees them. Those of a chat go with it, and come back with it when its
    /// deletion is undone.
    ///
    /// - Parameter reader: The parameter with the id of whoever asks, where documents may be limited to others.
    static func isDocumentSeen(_ documents: String, by person: String, reader: String) -> String {
        """
        (\(documents).chat_id IS NULL OR EXISTS (SELECT FROM chats seen WHERE seen.id = \(documents).chat_id
            AND seen.undo_until IS NULL AND \(isSeen("seen", by: person))))
            AND \(isReader(reader, of: documents))
        """
    }
}

/// Whoever asks has been deleted since it was last looked who they are.
public struct PersonGone: ProblemConvertible {
    public var problem: Problem {
        Problem(.unauthorized, "The sign-in does not count any more. Please sign in again.", code: "sign_in_required")
    }
}
