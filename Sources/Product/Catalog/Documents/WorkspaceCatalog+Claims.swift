import Digests
public import JSONCoding
import Postgres

/// The right to work on a document, until somebody else claims it, or it is deleted.
public struct DocumentClaim: Sendable {
    /// The document as it was found.
    public let document: DocumentRecord
    let attempt: Int
}

/// The document was deleted, or somebody else has begun to work on it: whatever was to be written is not.
public struct ClaimLost: Error {
    public init() {}
}

extension WorkspaceCatalog {
    private static let held = "workspace_id = $1 AND id = $2 AND attempt = $3::bigint AND NOT deleting"

    private func parameters(_ claim: DocumentClaim) -> [String?] {
        [workspace, claim.document.id, String(claim.attempt)]
    }

    /// Begins to work on a document that is not ready and has not failed. Whoever worked on it before loses it: a message
    /// that comes a second time comes because its first worker is gone, or will soon be.
    ///
    /// - Returns: `nil` when there is nothing to be done.
    public func claim(_ id: String) async throws -> DocumentClaim? {
        guard UUIDv7.isValid(id) else { return nil }
        let rows = try await query(
            """
            UPDATE documents SET status = 'extracting', attempt = attempt + 1, error_code = NULL, error_detail = NULL,
                updated_at = now()
            WHERE workspace_id = $1 AND id = $2 AND NOT deleting AND status IN ('queued', 'extracting', 'embedding')
            RETURNING attempt, \(DocumentRecord.columns)
            """,
            [workspace, id])
        return try rows.first.map { DocumentClaim(document: try DocumentRecord($0), attempt: try $0.int("attempt")) }
    }

    /// Says that the work goes on. Returns whether it may.
    public func renew(_ claim: DocumentClaim) async throws -> Bool {
        try await !query("UPDATE documents SET updated_at = now() WHERE \(Self.held) RETURNING id", parameters(claim))
            .isEmpty
    }

    /// Writes something for the document into another store. Nobody can delete or claim the document meanwhile, and nothing
    /// is written once somebody has: so a deletion finds everything that there will ever be.
    ///
    /// - Parameter write: Takes less than a minute.
    /// - Throws: `ClaimLost`, and what the body throws.
    public func whileHeld<Value: Sendable>(
        _ claim: DocumentClaim, _ write: @escaping @Sendable () async throws -> Value
    ) async throws -> Value {
        try await prepare()
        let lock = "UPDATE documents SET updated_at = now() WHERE \(Self.held) RETURNING id"
        guard let value = try await database.holding(lock, parameters(claim), write) else { throw ClaimLost() }
        return value
    }

    /// The document waits for its turn again.
    ///
    /// - Throws: `ClaimLost`.
    public func setQueued(_ claim: DocumentClaim) async throws {
        try await change(claim, "status = 'queued'")
    }

    /// The text is extracted, passages come next.
    ///
    /// - Throws: `ClaimLost`.
    public func setEmbedding(_ claim: DocumentClaim) async throws {
        try await change(claim, "status = 'embedding'")
    }

    /// The document can be asked.
    ///
    /// - Throws: `ClaimLost`.
    public func setReady(_ claim: DocumentClaim, _ findings: Findings) async throws {
        let assignments = """
            status = 'ready', pages = $4, pages_without_text = $5, passages = $6, language = $7, report = $8::jsonb,
                ready_at = now()
            """
        let values = [
            String(findings.pages), String(findings.pagesWithoutText), String(findings.passages), findings.language,
            findings.report.text,
        ]
        guard claim.document.version > 1 else { return try await change(claim, assignments, values) }
        // In the same moment the version before it is searched no longer.
        try await supersede(by: claim.document, Self.statement(assignments), parameters(claim) + values)
    }

    /// The document cannot be read.
    ///
    /// - Throws: `ClaimLost`.
    public func setFailed(_ claim: DocumentClaim, code: String, detail: String) async throws {
        try await change(claim, "status = 'failed', error_code = $4, error_detail = $5", [code, detail])
    }

    private func change(_ claim: DocumentClaim, _ assignments: String, _ values: [String?] = []) async throws {
        if try await query(Self.statement(assignments), parameters(claim) + values).isEmpty { throw ClaimLost() }
    }

    private static func statement(_ assignments: String) -> String {
        "UPDATE documents SET \(assignments), updated_at = now() WHERE \(held) RETURNING id"
    }

    /// What extraction learnt about a document.
    public struct Findings: Sendable {
        public let pages: Int
        public let pagesWithoutText: Int
        public let passages: Int
        public let language: String?
        /// What was left out of the text, and why.
        public let report: JSONValue

        /// The counts, and the report.
        public init(pages: Int, pagesWithoutText: Int, passages: Int, language: String?, report: JSONValue) {
            self.pages = pages
            self.pagesWithoutText = pagesWithoutText
            self.passages = passages
            self.language = language
            self.report = report
        }
    }
}
