import Postgres

extension CatalogMigrations {
    /// How long workspaces keep things.
    static let retention = Migration(
        version: 16, name: "retention by workspace",
        up: """
            -- NULL keeps for ever.
            ALTER TABLE workspaces
                ADD COLUMN keep_chats_days integer CHECK (keep_chats_days > 0),
                ADD COLUMN keep_documents_days integer CHECK (keep_documents_days > 0);
            """,
        down: "ALTER TABLE workspaces DROP COLUMN keep_chats_days, DROP COLUMN keep_documents_days;")
}
