import Postgres

extension CatalogMigrations {
    /// How people keep their chats, and deletions that can be undone.
    static let keeping = Migration(
        version: 19, name: "how chats are kept, and deletions that can be undone",
        up: """
            ALTER TABLE chats
                ADD COLUMN pinned boolean NOT NULL DEFAULT false,
                ADD COLUMN folder text,
                ADD COLUMN archived boolean NOT NULL DEFAULT false,
                -- Whether an answer has come since somebody last said that they have seen the chat.
                ADD COLUMN unseen boolean NOT NULL DEFAULT false,
                -- Until when a deletion can be undone; set only while the chat is being deleted. It is whole until this
                -- becomes NULL, which is the first step of its removal.
                ADD COLUMN undo_until timestamptz;
            CREATE INDEX chats_in_folders ON chats (workspace_id, folder) WHERE folder IS NOT NULL;
            CREATE INDEX chats_pinned ON chats (workspace_id, updated_at DESC, id DESC) WHERE pinned;
            """,
        // What waits to be removed is one whose deletion was cut off, to an older program.
        down: """
            ALTER TABLE chats DROP COLUMN pinned, DROP COLUMN folder, DROP COLUMN archived, DROP COLUMN unseen,
                DROP COLUMN undo_until;
            """)
}
