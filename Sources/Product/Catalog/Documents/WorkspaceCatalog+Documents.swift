import Digests
public import JSONCoding
import Postgres

extension WorkspaceCatalog {
    /// A new document's facts.
    public struct NewDocument: Sendable {
        public let id: String
        public let name: String
        public let mediaType: String
        public let bytes: Int
        public let sha256: String
        public let chatId: String?
        /// Members to whom it is limited from the first moment; `nil` for everybody in the workspace.
        public let readers: [String]?
        /// What is said of it; what is not comes from the version that it replaces.
        public var facts = DocumentFacts()
        /// What becomes of it where its place has a document of its name.
        public var onExisting = OnExisting.keep

        /// Describes a document whose bytes are stored.
        public init(
            id: String, name: String, mediaType: String, bytes: Int, sha256: String, chatId: String?,
            readers: [String]? = nil
        ) {
            self.id = id
            self.name = name
            self.mediaType = mediaType
            self.bytes = bytes
            self.sha256 = sha256
            self.chatId = chatId
            self.readers = readers
        }
    }

    /// Enters a document, or finds the one that has the same bytes.
    ///
    /// - Parameter hasQuotas: Whether the workspace has quotas of what it holds: uploads side by side do not pass them then.
    /// - Returns: The row, and whether it was there before.
    /// - Throws: `ChatGone` when it is to belong to a chat that is not there, or is being deleted; `WorkspaceFull`;
    ///   `QuotaExceeded`; `ReadersRefused`; `NameTaken`.
    public func addDocument(_ document: NewDocument, hasQuotas: Bool = false) async throws
        -> (document: DocumentRecord, isDuplicate: Bool)
    {
        // Two uploads of the same bytes may meet: one inserts, the other finds.
        for _ in 0..<3 {
            do {
                if let row = try await insert(document, hasQuotas: hasQuotas) {
                    return (try DocumentRecord(row), false)
                }
            } catch let same as SameBytes {
                return (same.document, true)
            } catch let error as PostgresError where error.isForeignKeyViolation {
                throw ReadersRefused.noMember
            }
            if let chatId = document.chatId, try await chat(chatId) == nil { throw ChatGone() }
            if let existing = try await self.document(sha256: document.sha256, chatId: document.chatId) {
                return (existing, true)
            }
            try await requireRoom("documents", limits.documents)
        }
        throw PostgresError.contention
    }

    /// The document in a place that has these bytes; `nil` when there is none whose duplicate it may be called.
    public func document(sha256: String, chatId: String?) async throws -> DocumentRecord? {
        try await query(
            """
            SELECT \(DocumentRecord.columns) FROM documents
            WHERE \(Self.hasSameBytes("$1", "$2", "$3")) ORDER BY created_at LIMIT 1
            """,
            [workspace, sha256, chatId]
        ).first.map(DocumentRecord.init)
    }

    /// The newest version of the document that is to be replaced has the bytes of the file.
    private struct SameBytes: Error {
        let document: DocumentRecord
    }

    /// That somebody else has the same bytes is not told: what is limited is nobody's duplicate. What was superseded is not
    /// searched, and none either.
    private static func hasSameBytes(_ workspace: String, _ hash: String, _ chat: String) -> String {
        """
        workspace_id = \(workspace) AND sha256 = \(hash) AND chat_id IS NOT DISTINCT FROM \(chat)::uuid
            AND NOT deleting AND NOT is_limited AND superseded_at IS NULL
        """
    }

    private static let replaced = "FROM documents WHERE workspace_id = $2 AND id = $10::uuid"

    private func insert(_ document: NewDocument, hasQuotas: Bool) async throws -> PostgresRow? {
        let statement = """
            WITH chat AS (SELECT id FROM chats WHERE workspace_id = $2 AND id = $3::uuid AND NOT deleting
                AND \(Self.isSeen("chats", by: "$8")) FOR SHARE),
            replaced AS (SELECT *, coalesce(family_id, id) AS family \(Self.replaced)),
            added AS (
                INSERT INTO documents (id, workspace_id, chat_id, name, media_type, bytes, sha256, status, is_limited,
                    family_id, version, tags, source, author, dated)
                SELECT $1::uuid, $2, $3::uuid, $4, $5, $6::bigint, $7, 'queued',
                    $9::uuid[] IS NOT NULL OR coalesce((SELECT is_limited FROM replaced), false),
                    (SELECT family FROM replaced),
                    1 + coalesce((SELECT max(o.version) FROM documents o, replaced
                        WHERE o.workspace_id = $2 AND \(Self.family("o")) = replaced.family), 0),
                    coalesce($11::text[], (SELECT tags FROM replaced), '{}'),
                    nullif(coalesce($12, (SELECT source FROM replaced)), ''),
                    nullif(coalesce($13, (SELECT author FROM replaced)), ''), nullif($14, '')::date
                WHERE ($3::uuid IS NULL OR EXISTS (SELECT FROM chat))
                    AND \(Self.hasRoom("documents", limits.documents, workspace: "$2"))
                    AND ($9::uuid[] IS NOT NULL OR EXISTS (SELECT FROM replaced)
                        OR NOT EXISTS (SELECT FROM documents WHERE \(Self.hasSameBytes("$2", "$7", "$3"))))
                ON CONFLICT DO NOTHING RETURNING *),
            readers AS (
                INSERT INTO document_readers (workspace_id, document_id, person_id)
                SELECT $2, id, unnest($9::uuid[]) FROM added
                UNION ALL SELECT $2, added.id, r.person_id FROM added, document_readers r
                WHERE $9::uuid[] IS NULL AND r.document_id = $10::uuid)
            SELECT \(DocumentRecord.columns) FROM added
            """
        let facts = document.facts
        let values = [
            document.id, workspace, document.chatId, document.name, document.mediaType, String(document.bytes),
            document.sha256, person, document.readers.map { PostgresArray.text(Set($0)) },
        ]
        let said = [facts.tags.map { PostgresArray.text($0) }, facts.source, facts.author, facts.date]
        let insert: @Sendable (isolated PostgresConnection) throws -> PostgresRow? = { connection in
            let earlier = try earlier(document, connection)
            return try connection.query(statement, values + [earlier?.id] + said).first
        }
        if hasQuotas { return try await withinHeldQuotas(insert) }
        // A statement by itself is a transaction already.
        if document.onExisting == .keep { return try await query(statement, values + [nil] + said).first }
        try await prepare()
        return try await database.transaction(insert)
    }

    /// The document that a file replaces.
    ///
    /// - Throws: `SameBytes`; `NameTaken` where it is to replace none.
    private func earlier(_ document: NewDocument, _ connection: isolated PostgresConnection) throws -> DocumentRecord? {
        guard document.onExisting != .keep else { return nil }
        let held = try heldDocument(named: document.name, chatId: document.chatId, connection)
        guard let earlier = held else { return nil }
        if earlier.sha256 == document.sha256 { throw SameBytes(document: earlier) }
        guard document.onExisting == .replace else { throw NameTaken(document: earlier) }
        return earlier
    }

    /// A document, also one that is being deleted; `nil` when unknown.
    public func document(_ id: String) async throws -> DocumentRecord? {
        guard UUIDv7.isValid(id) else { return nil }
        let rows = try await query(
            """
            SELECT \(DocumentRecord.columns) FROM documents
            WHERE workspace_id = $1 AND id = $2 AND \(Self.isDocumentSeen("documents", by: "$3", reader: "$4"))
            """,
            [workspace, id, person, reader])
        return try rows.first.map(DocumentRecord.init)
    }

    /// How a document was read: what was left out of its text, and why; `nil` when it has not been read, or is unknown.
    public func report(of id: String) async throws -> JSONValue? {
        guard UUIDv7.isValid(id) else { return nil }
        let rows = try await query(
            "SELECT report::text AS report FROM documents WHERE workspace_id = $1 AND id = $2", [workspace, id])
        return try rows.first?.optional("report").map { try JSONParser.parse($0) }
    }

    /// Documents, newest first.
    ///
    /// - Parameters:
    ///   - chatId: Only those of this chat.
    ///   - after: Id of the last document of the page before.
    ///   - filter: Only those of which this is said.
    ///   - versions: Only the current ones, or others, too.
    public func documents(
        chatId: String?, limit: Int, after: String?, filter: DocumentFilter = DocumentFilter(),
        versions: ListedVersions = .current
    ) async throws -> [DocumentRecord] {
        if let chatId, !UUIDv7.isValid(chatId) { return [] }
        if let after, !UUIDv7.isValid(after) { return [] }
        var one: String?
        if case .of(let id) = versions {
            guard UUIDv7.isValid(id) else { return [] }
            one = id
        }
        let isListed =
            switch versions {
            case .current: "superseded_at IS NULL"
            case .newest:
                """
                (superseded_at IS NULL OR NOT EXISTS (SELECT FROM documents n WHERE n.workspace_id = d.workspace_id
                    AND \(Self.family("n")) = \(Self.family("d")) AND n.version > d.version AND NOT n.deleting
                    AND \(Self.isDocumentSeen("n", by: "$4", reader: "$5"))))
                """
            case .all, .of: "true"
            }
        let rows = try await query(
            """
            SELECT \(DocumentRecord.columns) FROM documents d
            WHERE workspace_id = $1 AND NOT deleting AND ($2::uuid IS NULL OR chat_id = $2::uuid) AND \(isListed)
                AND ($6::uuid IS NULL OR \(Self.family("d")) = $6::uuid OR \(Self.isOfFamily("d", of: "$6")))
                AND \(DocumentFilter.condition(on: "d", first: 7))
                AND \(Self.isDocumentSeen("d", by: "$4", reader: "$5"))
                AND ($3::uuid IS NULL OR (d.created_at, d.id) <
                    (SELECT p.created_at, p.id FROM documents p WHERE p.workspace_id = $1 AND p.id = $3::uuid
                        AND \(Self.isDocumentSeen("p", by: "$4", reader: "$5"))))
            ORDER BY d.created_at DESC, d.id DESC LIMIT \(limit)
            """,
            [workspace, chatId, after, person, reader, one] + filter.parameters)
        return try rows.map(DocumentRecord.init)
    }

    /// Ids of the ready documents that a chat can see, of each the current version: the workspace's and its own.
    ///
    /// - Parameters:
    ///   - only: Restricts the answer to these. Whichever version of a document is named, its current one is meant;
    ///     the first also when it is gone.
    ///   - filter: Restricts it to those of which this is said.
    public func searchableDocuments(chatId: String?, only: [String]?, filter: DocumentFilter = DocumentFilter())
        async throws -> [String]
    {
        if let only, only.isEmpty { return [] }
        let chosen = only.map { PostgresArray.text($0.filter(UUIDv7.isValid)) }
        let rows = try await query(
            """
            SELECT id FROM documents d
            WHERE workspace_id = $1 AND status = 'ready' AND NOT deleting AND superseded_at IS NULL
                AND (chat_id IS NULL OR chat_id = $2::uuid) AND ($3::uuid[] IS NULL OR \(Self.family("d")) IN (
                    SELECT \(Self.family("named")) FROM documents named
                    WHERE named.workspace_id = $1 AND named.id = ANY ($3::uuid[]) AND NOT named.deleting)
                    OR \(Self.family("d")) = ANY ($3::uuid[]))
                AND \(DocumentFilter.condition(on: "d", first: 5)) AND \(Self.isReader("$4", of: "d"))
            LIMIT \(limits.documents)
            """,
            [workspace, chatId, chosen, reader] + filter.parameters)
        return try rows.map { row throws(PostgresError) in try row.string("id") }
    }

    /// How many documents that a chat will see are still being read.
    public func unreadDocuments(chatId: String?) async throws -> Int {
        let rows = try await query(
            """
            SELECT count(*) AS count FROM documents
            WHERE workspace_id = $1 AND status IN ('queued', 'extracting', 'embedding') AND NOT deleting
                AND superseded_at IS NULL
                AND (chat_id IS NULL OR chat_id = $2::uuid) AND \(Self.isReader("$3", of: "documents"))
            """,
            [workspace, chatId, reader])
        return try rows.first?.int("count") ?? 0
    }

    /// Has a document that failed worked on again.
    ///
    /// - Returns: The document, queued; `nil` when it has not failed, or is not there.
    public func requeue(_ id: String) async throws -> DocumentRecord? {
        guard UUIDv7.isValid(id) else { return nil }
        let rows = try await query(
            """
            UPDATE documents SET status = 'queued', error_code = NULL, error_detail = NULL, updated_at = now()
            WHERE workspace_id = $1 AND id = $2 AND status = 'failed' AND NOT deleting
                AND \(Self.isDocumentSeen("documents", by: "$3", reader: "$4"))
            RETURNING \(DocumentRecord.columns)
            """,
            [workspace, id, person, reader])
        return try rows.first.map(DocumentRecord.init)
    }

    /// Gives up on a document that has not moved since, whoever worked on it. Returns whether there was one.
    ///
    /// - Parameter seconds: Unix time from when on nothing may have happened.
    public func giveUp(
        _ id: String, unmovedSince seconds: Int64, error: (code: String, detail: String)
    ) async throws -> Bool {
        guard UUIDv7.isValid(id) else { return false }
        return try await !query(
            """
            UPDATE documents SET status = 'failed', error_code = $3, error_detail = $4, attempt = attempt + 1,
                updated_at = now()
            WHERE workspace_id = $1 AND id = $2 AND NOT deleting AND status IN ('queued', 'extracting', 'embedding')
                AND updated_at < to_timestamp(\(seconds)) RETURNING id
            """,
            [workspace, id, error.code, error.detail]
        ).isEmpty
    }

    /// Marks a document as being deleted, from when on nobody sees it and nothing is written for it any more: a write that
    /// is under way (`whileHeld`) is waited for. Returns whether there was one.
    public func markDeleting(_ id: String) async throws -> Bool {
        guard UUIDv7.isValid(id) else { return false }
        // A remembered answer may quote the document, so what is remembered goes with it.
        return try await !query(
            """
            WITH forgotten AS (DELETE FROM answer_cache WHERE workspace_id = $1)
            UPDATE documents SET deleting = true, updated_at = now()
            WHERE workspace_id = $1 AND id = $2 AND \(Self.isDocumentSeen("documents", by: "$3", reader: "$4"))
            RETURNING id
            """,
            [workspace, id, person, reader]
        ).isEmpty
    }

    /// Removes a document's row, the last step of its deletion. Returns the number of rows.
    public func removeDocument(_ id: String) async throws -> Int {
        try await query(
            "DELETE FROM documents WHERE workspace_id = $1 AND id = $2 AND deleting RETURNING id", [workspace, id]
        ).count
    }

    /// Documents that have not moved for a while: unfinished ones and ones whose deletion was cut off.
    ///
    /// - Parameter isBegun: Whether those count that somebody has begun to work on.
    public func stuckDocuments(olderThanSeconds age: Int, isBegun: Bool = true, limit: Int = 500) async throws
        -> [DocumentRecord]
    {
        let rows = try await query(
            """
            SELECT \(DocumentRecord.columns) FROM documents
            WHERE workspace_id = $1 AND (deleting OR status IN (\(isBegun ? "'queued', 'extracting', 'embedding'" : "'queued'")))
                AND updated_at < now() - make_interval(secs => \(age)) ORDER BY updated_at LIMIT \(limit)
            """,
            [workspace])
        return try rows.map(DocumentRecord.init)
    }

    /// Which of the ids have a row, or belong to an upload whose document is still to be made.
    public func knownDocuments(_ ids: [String]) async throws -> Set<String> {
        let list = PostgresArray.text(ids.filter(UUIDv7.isValid))
        let rows = try await query(
            """
            SELECT id FROM documents WHERE workspace_id = $1 AND id = ANY ($2::uuid[])
            UNION SELECT id FROM uploads WHERE workspace_id = $1 AND id = ANY ($2::uuid[]) AND document_id IS NULL
                AND stage IN ('open', 'done')
            """, [workspace, list])
        return Set(try rows.map { row throws(PostgresError) in try row.string("id") })
    }
}

extension CatalogDatabase {
    /// How many documents of all workspaces there are in each status; those being deleted are left out.
    public func documentsByStatus() async throws -> [String: Int] {
        let rows = try await query("SELECT status, count(*) AS count FROM documents WHERE NOT deleting GROUP BY status")
        return Dictionary(
            try rows.map { (try $0.string("status"), try $0.int("count")) }, uniquingKeysWith: { $1 })
    }
}

/// The chat that a document is to belong to is not there, or is being deleted.
public struct ChatGone: Error {
    public init() {}
}
