import Postgres

extension CatalogMigrations {
    /// Versions of documents, and what people say of them.
    static let versions = Migration(
        version: 20, name: "versions, tags and facts of documents",
        up: """
            ALTER TABLE documents
                -- Id of the first version; NULL for one that came first itself.
                ADD COLUMN family_id uuid,
                ADD COLUMN version integer NOT NULL DEFAULT 1,
                -- Since when a newer version is searched in its place. It stays when that one is deleted.
                ADD COLUMN superseded_at timestamptz,
                ADD COLUMN tags text[] NOT NULL DEFAULT '{}',
                ADD COLUMN source text,
                ADD COLUMN author text,
                ADD COLUMN dated date;
            -- What is searched, whatever writes it: one version of each document.
            CREATE UNIQUE INDEX documents_current ON documents (coalesce(family_id, id))
                WHERE status = 'ready' AND superseded_at IS NULL AND NOT deleting;
            CREATE INDEX documents_family ON documents (coalesce(family_id, id));
            CREATE INDEX documents_name ON documents (workspace_id, normalize(name, NFC));
            -- A later version may have the bytes of another document, and an old one comes back by being uploaded again.
            DROP INDEX documents_content;
            CREATE UNIQUE INDEX documents_content
                ON documents (workspace_id, sha256, coalesce(chat_id, '00000000-0000-0000-0000-000000000000'))
                WHERE NOT deleting AND NOT is_limited AND superseded_at IS NULL AND family_id IS NULL;
            """,
        // An older program would search all versions.
        down: """
            DO $$ BEGIN
                IF EXISTS (SELECT FROM documents WHERE superseded_at IS NOT NULL AND NOT deleting) THEN
                    RAISE EXCEPTION 'there are old versions of documents, which an older version of the program would \
            search again: delete them first';
                END IF;
                IF EXISTS (SELECT FROM documents WHERE NOT deleting AND NOT is_limited
                        GROUP BY workspace_id, sha256, chat_id HAVING count(*) > 1) THEN
                    RAISE EXCEPTION 'documents have the same content, which an older version of the program does not \
            allow: delete one of each first';
                END IF;
            END $$;
            DROP INDEX documents_content;
            CREATE UNIQUE INDEX documents_content
                ON documents (workspace_id, sha256, coalesce(chat_id, '00000000-0000-0000-0000-000000000000'))
                WHERE NOT deleting AND NOT is_limited;
            DROP INDEX documents_name; DROP INDEX documents_family; DROP INDEX documents_current;
            ALTER TABLE documents DROP COLUMN family_id, DROP COLUMN version, DROP COLUMN superseded_at,
                DROP COLUMN tags, DROP COLUMN source, DROP COLUMN author, DROP COLUMN dated;
            """)
}
