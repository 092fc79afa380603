import Digests
import HTTPMessages
import Postgres
public import Problems

/// What becomes of a file whose name a document in the same place has.
public enum OnExisting: String, Sendable, CaseIterable {
    /// It is refused, and says which document that is.
    case ask
    /// It becomes that document's next version.
    case replace
    /// It stands beside that document.
    case keep
    /// It is left out.
    case skip
}

/// A document of the name is there, and the file is to be left out or asked about.
public struct NameTaken: Error {
    public let document: DocumentRecord
}

/// Which versions of documents are listed.
public enum ListedVersions: Sendable {
    /// What is searched, and what is on its way to that.
    case current
    /// Those, and of documents whose current version was deleted the newest that is left.
    case newest
    case all
    /// Those of the document that this id names a version of.
    case of(String)
}

/// A version cannot be brought back.
public enum RestoreRefused: ProblemConvertible {
    case isCurrent
    case isUnread

    public var problem: Problem {
        switch self {
        case .isCurrent:
            Problem(.conflict, "This is the current version; there is nothing to be restored.", code: "is_current")
        case .isUnread:
            Problem(.conflict, "This version was never read, and cannot be searched. Upload its file again.")
        }
    }
}

extension WorkspaceCatalog {
    /// What all versions of a document have in common.
    static func family(_ documents: String) -> String { "coalesce(\(documents).family_id, \(documents).id)" }

    /// A condition on rows of documents: whether they are of the family of one of them.
    static func isOfFamily(_ documents: String, of id: String) -> String {
        """
        \(documents).workspace_id = $1 AND \(family(documents)) =
            (SELECT \(family("one")) FROM documents one WHERE one.workspace_id = $1 AND one.id = \(id)::uuid)
        """
    }

    /// Whoever makes or changes a version waits for others who do so for documents of the same name in the same place.
    static func lockName(
        _ name: String, of workspace: String, _ chatId: String?, _ connection: isolated PostgresConnection
    ) throws {
        try connection.query(
            """
            SELECT pg_advisory_xact_lock(hashtextextended(
                'apus document ' || $1 || ' ' || coalesce($2, '') || ' ' || normalize($3, NFC), 0))
            """, [workspace, chatId, name])
    }

    private static let named = """
        workspace_id = $1 AND normalize(name, NFC) = normalize($2, NFC) AND chat_id IS NOT DISTINCT FROM $3::uuid
            AND NOT deleting AND superseded_at IS NULL AND \(isDocumentSeen("documents", by: "$4", reader: "$5"))
        """

    /// One that is limited to some people comes before what more see: a version that takes its place is never seen by more than
    /// whoever uploads it has to expect.
    private static let newestNamed =
        "SELECT \(DocumentRecord.columns) FROM documents WHERE \(named) ORDER BY is_limited DESC, created_at DESC, id DESC LIMIT 1"

    /// The document of that name in a place, the newest where there are several; names are compared as Unicode's form NFC, and
    /// capitals are not small letters.
    ///
    /// - Parameter chatId: The place; `nil` for the workspace.
    public func document(named name: String, chatId: String?) async throws -> DocumentRecord? {
        try await query(Self.newestNamed, [workspace, name, chatId, person, reader]).first.map(DocumentRecord.init)
    }

    /// That document, which nobody can supersede until the transaction has ended.
    func heldDocument(named name: String, chatId: String?, _ connection: isolated PostgresConnection) throws
        -> DocumentRecord?
    {
        try Self.lockName(name, of: workspace, chatId, connection)
        return try connection.query(Self.newestNamed, [workspace, name, chatId, person, reader]).first
            .map(DocumentRecord.init)
    }

    /// Supersedes what came before a version, and has it searched instead, in one step.
    ///
    /// - Parameter assignments: The version's own change; gives no row when it may not be made any more.
    /// - Throws: `ClaimLost`.
    func supersede(
        by document: DocumentRecord, _ assignments: String, _ parameters: [String?]
    ) async throws {
        try await prepare()
        try await database.transaction { [workspace] connection in
            try Self.lockName(document.name, of: workspace, document.chatId, connection)
            try connection.query(
                """
                UPDATE documents d SET superseded_at = now(), updated_at = now()
                WHERE \(Self.isOfFamily("d", of: "$2")) AND d.superseded_at IS NULL
                    AND d.version < (SELECT version FROM documents WHERE id = $2::uuid)
                """, [workspace, document.id])
            if try connection.query(assignments, parameters).isEmpty { throw ClaimLost() }
        }
    }

    /// Makes an old version the newest one, which is searched from then on.
    ///
    /// - Returns: The version; `nil` when it is not there.
    /// - Throws: `RestoreRefused`.
    public func restoreVersion(_ id: String) async throws -> DocumentRecord? {
        guard let document = try await document(id), !document.isDeleting else { return nil }
        guard document.status == .ready else { throw RestoreRefused.isUnread }
        try await prepare()
        return try await database.transaction { [workspace] connection in
            try Self.lockName(document.name, of: workspace, document.chatId, connection)
            let isOld = try connection.query(
                "SELECT 1 FROM documents WHERE workspace_id = $1 AND id = $2::uuid AND superseded_at IS NOT NULL",
                [workspace, id])
            guard !isOld.isEmpty else { throw RestoreRefused.isCurrent }
            try connection.query(
                """
                UPDATE documents d SET superseded_at = now(), updated_at = now()
                WHERE \(Self.isOfFamily("d", of: "$2")) AND d.superseded_at IS NULL
                """, [workspace, id])
            // With the id of its family its bytes may be another document's, too.
            return try connection.query(
                """
                UPDATE documents v SET superseded_at = NULL, updated_at = now(), family_id = coalesce(v.family_id, v.id),
                    version = 1 + (SELECT max(d.version) FROM documents d WHERE \(Self.isOfFamily("d", of: "$2")))
                WHERE v.workspace_id = $1 AND v.id = $2::uuid AND NOT v.deleting RETURNING \(DocumentRecord.columns)
                """, [workspace, id]
            ).first.map(DocumentRecord.init)
        }
    }

    /// Marks a version as being deleted whose upload is refused after all. Was it searched already, the one before it is again.
    ///
    /// - Returns: Whether there was one.
    public func takeBack(_ document: DocumentRecord) async throws -> Bool {
        guard document.version > 1 else { return try await markDeleting(document.id) }
        try await prepare()
        return try await database.transaction { [workspace] connection in
            try Self.lockName(document.name, of: workspace, document.chatId, connection)
            let taken = try connection.query(
                """
                UPDATE documents SET deleting = true, updated_at = now()
                WHERE workspace_id = $1 AND id = $2::uuid AND NOT deleting
                RETURNING status = 'ready' AND superseded_at IS NULL AS was_searched, created_at::text AS since
                """, [workspace, document.id])
            guard let row = taken.first else { return false }
            guard try row.bool("was_searched") else { return true }
            try connection.query(
                """
                UPDATE documents v SET superseded_at = NULL, updated_at = now(), family_id = coalesce(v.family_id, v.id)
                WHERE v.workspace_id = $1 AND v.id = (
                    SELECT d.id FROM documents d WHERE \(Self.isOfFamily("d", of: "$2")) AND NOT d.deleting
                        AND d.status = 'ready' AND d.superseded_at >= $3::timestamptz ORDER BY d.version DESC LIMIT 1)
                """, [workspace, document.id, try row.string("since")])
            return true
        }
    }

    /// The versions that are searched in place of others, by the ids of those.
    public func currentVersions(of ids: [String]) async throws -> [String: String] {
        guard !ids.isEmpty else { return [:] }
        let rows = try await query(
            """
            SELECT o.id AS old, d.id AS current FROM documents o JOIN documents d
                ON \(Self.family("d")) = \(Self.family("o")) AND d.workspace_id = o.workspace_id AND d.id <> o.id
            WHERE o.workspace_id = $1 AND o.id = ANY ($2::uuid[]) AND d.status = 'ready' AND d.superseded_at IS NULL
                AND NOT d.deleting AND \(Self.isDocumentSeen("d", by: "$3", reader: "$4"))
            """, [workspace, PostgresArray.text(ids.filter(UUIDv7.isValid)), person, reader])
        return Dictionary(
            try rows.map { (try $0.string("old"), try $0.string("current")) }, uniquingKeysWith: { first, _ in first })
    }

    /// How many other versions of a document there are.
    public func otherVersions(of id: String) async throws -> Int {
        guard UUIDv7.isValid(id) else { return 0 }
        return try await query(
            """
            SELECT count(*) AS count FROM documents d WHERE \(Self.isOfFamily("d", of: "$2")) AND d.id <> $2::uuid
                AND NOT d.deleting AND \(Self.isDocumentSeen("d", by: "$3", reader: "$4"))
            """, [workspace, id, person, reader]
        ).first?.int("count") ?? 0
    }

    /// Marks all versions of a document as being deleted, as `markDeleting` does one.
    ///
    /// - Returns: Their ids; none when there is no such document.
    public func markAllVersionsDeleting(_ id: String) async throws -> [String] {
        guard UUIDv7.isValid(id) else { return [] }
        let rows = try await query(
            """
            WITH forgotten AS (DELETE FROM answer_cache WHERE workspace_id = $1)
            UPDATE documents d SET deleting = true, updated_at = now()
            WHERE \(Self.isOfFamily("d", of: "$2")) AND \(Self.isDocumentSeen("d", by: "$3", reader: "$4"))
                AND EXISTS (SELECT FROM documents asked WHERE asked.workspace_id = $1 AND asked.id = $2::uuid
                    AND \(Self.isDocumentSeen("asked", by: "$3", reader: "$4")))
            RETURNING d.id
            """, [workspace, id, person, reader])
        return try rows.map { row throws(PostgresError) in try row.string("id") }
    }
}
