import Postgres

extension CatalogDatabase {
    /// A link that counts: it has not expired, its chat is there, and whoever made it still belongs to the workspace.
    ///
    /// - Parameter selector: What it is found by. Whoever asks has to compare the secret.
    public func share(_ selector: String) async throws -> OpenedShare? {
        try await query(
            """
            SELECT \(ShareRecord.columns), s.workspace_id, s.chat_id, s.name, s.secret, w.public_links
            FROM shares s JOIN chats c ON c.workspace_id = s.workspace_id AND c.id = s.chat_id
                JOIN workspaces w ON w.id = s.workspace_id
            WHERE s.selector = $1 AND s.expires_at > now() AND NOT c.deleting
                AND NOT EXISTS (
                    SELECT FROM unnest(ARRAY[s.person_id, c.person_id]) AS owner (id) WHERE owner.id IS NOT NULL
                        AND NOT EXISTS (SELECT FROM people p WHERE p.id = owner.id AND p.active AND (p.administrator
                            OR EXISTS (SELECT FROM members m
                                WHERE m.workspace_id = s.workspace_id AND m.person_id = p.id))))
            """, [selector]
        ).first.map(OpenedShare.init)
    }

    /// Removes links that have expired. Returns how many.
    @discardableResult
    public func removeExpiredShares() async throws -> Int {
        try await query("DELETE FROM shares WHERE expires_at <= now() RETURNING id").count
    }
}
