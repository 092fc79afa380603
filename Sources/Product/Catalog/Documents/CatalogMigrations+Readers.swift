import Postgres

extension CatalogMigrations {
    /// Documents that only some people see.
    static let readers = Migration(
        version: 15, name: "readers of documents",
        up: """
            ALTER TABLE documents ADD COLUMN is_limited boolean NOT NULL DEFAULT false,
                ADD CONSTRAINT documents_of_workspace UNIQUE (workspace_id, id);
            -- Whoever leaves the workspace reads nothing of it any more.
            CREATE TABLE document_readers (
                workspace_id text NOT NULL,
                document_id uuid NOT NULL,
                person_id uuid NOT NULL,
                PRIMARY KEY (document_id, person_id),
                FOREIGN KEY (workspace_id, document_id) REFERENCES documents (workspace_id, id) ON DELETE CASCADE,
                FOREIGN KEY (workspace_id, person_id) REFERENCES members (workspace_id, person_id) ON DELETE CASCADE);
            CREATE INDEX document_readers_person ON document_readers (workspace_id, person_id);
            -- That somebody else has the same bytes is not told: what is limited is nobody's duplicate.
            DROP INDEX documents_content;
            CREATE UNIQUE INDEX documents_content
                ON documents (workspace_id, sha256, coalesce(chat_id, '00000000-0000-0000-0000-000000000000'))
                WHERE NOT deleting AND NOT is_limited;
            """,
        // An older program would show everybody what is limited.
        down: """
            DO $$ BEGIN
                IF EXISTS (SELECT FROM documents WHERE is_limited AND NOT deleting) THEN
                    RAISE EXCEPTION 'documents are limited to people, of which an older version knows nothing: \
            open them to everybody or delete them first';
                END IF;
            END $$;
            DROP INDEX documents_content;
            CREATE UNIQUE INDEX documents_content
                ON documents (workspace_id, sha256, coalesce(chat_id, '00000000-0000-0000-0000-000000000000'))
                WHERE NOT deleting;
            DROP TABLE document_readers;
            ALTER TABLE documents DROP CONSTRAINT documents_of_workspace, DROP COLUMN is_limited;
            """)
}
