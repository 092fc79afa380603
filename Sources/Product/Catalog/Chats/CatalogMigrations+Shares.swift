import Postgres

extension CatalogMigrations {
    /// Links that show a chat to others.
    static let shares = Migration(
        version: 18, name: "links that show a chat to others",
        up: """
            -- Whether links are for whoever has them, and not for the workspace's members alone.
            ALTER TABLE workspaces ADD COLUMN public_links boolean NOT NULL DEFAULT false;

            CREATE TABLE shares (
                id uuid PRIMARY KEY,
                workspace_id text NOT NULL,
                chat_id uuid NOT NULL,
                -- Who made it; NULL where nobody signs in.
                person_id uuid REFERENCES people (id) ON DELETE CASCADE,
                -- What the row is found by, and SHA-256 of what opens it.
                selector text NOT NULL UNIQUE,
                secret text NOT NULL,
                -- The chat's name and path as they were then. An answer that failed may have been tried again since: its
                -- attempt tells; it is empty for a message that no attempt has written.
                name text NOT NULL,
                message_ids uuid[] NOT NULL,
                attempts text[] NOT NULL,
                -- The documents that answers were made from, and the place of the first message that was, from 1.
                document_ids uuid[] NOT NULL,
                document_places integer[] NOT NULL,
                created_at timestamptz NOT NULL DEFAULT now(),
                expires_at timestamptz NOT NULL,
                CHECK (cardinality(message_ids) = cardinality(attempts)),
                CHECK (cardinality(document_ids) = cardinality(document_places)),
                CONSTRAINT shares_chat FOREIGN KEY (workspace_id, chat_id)
                    REFERENCES chats (workspace_id, id) ON DELETE CASCADE);
            CREATE INDEX shares_of_chat ON shares (workspace_id, chat_id);
            CREATE INDEX shares_of_person ON shares (workspace_id, person_id);
            CREATE INDEX shares_age ON shares (expires_at);
            """,
        down: "DROP TABLE shares; ALTER TABLE workspaces DROP COLUMN public_links;")
}
