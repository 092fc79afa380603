import Digests
import HTTPMessages
import JSONCoding
import Postgres
public import Problems

/// Somebody who sees a document that is limited to some.
public struct DocumentReader: Sendable {
    public let person: String
    public let login: String
    public let name: String
}

/// A document cannot be opened to everybody, or limited to somebody.
public enum ReadersRefused: ProblemConvertible {
    /// Somebody who is named is no member of the workspace.
    case noMember
    /// Everybody sees another document with the same bytes.
    case duplicate

    public var problem: Problem {
        switch self {
        case .noMember:
            Problem(
                .badRequest, "Somebody of these is no member of the workspace.",
                fields: [FieldProblem(field: "people", detail: "Every entry must be the id of a member.")])
        case .duplicate:
            Problem(
                .conflict,
                "Everybody sees a document with the same content already. Delete this one, or leave it as it is.")
        }
    }
}

extension WorkspaceCatalog {
    /// Members to whom one document may be limited.
    public static let mostReaders = 1000

    /// A condition on rows of documents: whether somebody sees them, as far as documents are limited to some.
    ///
    /// - Parameter reader: The parameter with the id of whoever asks; NULL sees all.
    static func isReader(_ reader: String, of documents: String) -> String {
        """
        (\(reader)::uuid IS NULL OR NOT \(documents).is_limited OR EXISTS (SELECT FROM document_readers readers
            WHERE readers.document_id = \(documents).id AND readers.person_id = \(reader)::uuid))
        """
    }

    /// Whom a document is limited to; `nil` where everybody in the workspace sees it.
    ///
    /// - Returns: `nil` in place of a pair when there is no such document for whoever asks.
    public func readers(of id: String) async throws -> (isLimited: Bool, readers: [DocumentReader])? {
        guard let document = try await document(id), !document.isDeleting else { return nil }
        let rows = try await query(
            """
            SELECT p.id, p.login, p.name FROM document_readers r JOIN people p ON p.id = r.person_id
            WHERE r.workspace_id = $1 AND r.document_id = $2::uuid ORDER BY p.login LIMIT \(Self.mostReaders)
            """, [workspace, id])
        let readers = try rows.map { row throws(PostgresError) in
            DocumentReader(person: try row.string("id"), login: try row.string("login"), name: try row.string("name"))
        }
        return (document.isLimited, readers)
    }

    /// Limits a document to some people, or opens it to everybody in the workspace.
    ///
    /// - Parameter people: `nil` for everybody; owners of the workspace see it whatever is said.
    /// - Returns: Whether there is such a document that belongs to no chat.
    /// - Throws: `ReadersRefused`.
    public func setReaders(_ people: [String]?, of id: String) async throws -> Bool {
        guard UUIDv7.isValid(id) else { return false }
        try await prepare()
        do {
            return try await database.transaction { [workspace] connection in
                // Who may not see a document does not see its old versions either.
                let changed = try connection.query(
                    """
                    UPDATE documents d SET is_limited = $3::boolean, updated_at = now()
                    WHERE \(Self.isOfFamily("d", of: "$2")) AND NOT deleting AND chat_id IS NULL RETURNING id
                    """, [workspace, id, people == nil ? "false" : "true"])
                guard !changed.isEmpty else { return false }
                let versions = PostgresArray.text(try changed.map { try $0.string("id") })
                try connection.query("DELETE FROM document_readers WHERE document_id = ANY ($1::uuid[])", [versions])
                // What is remembered may quote it.
                try connection.query("DELETE FROM answer_cache WHERE workspace_id = $1", [workspace])
                try connection.query(
                    """
                    INSERT INTO document_readers (workspace_id, document_id, person_id)
                    SELECT $1, version, person FROM unnest($2::uuid[]) version, unnest($3::uuid[]) person
                    """, [workspace, versions, PostgresArray.text(Set(people ?? []))])
                return true
            }
        } catch let error as PostgresError where error.isForeignKeyViolation {
            throw ReadersRefused.noMember
        } catch let error as PostgresError where error.isUniqueViolation {
            throw ReadersRefused.duplicate
        }
    }
}
