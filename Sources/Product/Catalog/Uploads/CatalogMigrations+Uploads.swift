import Postgres

extension CatalogMigrations {
    /// Files that come in several requests, and how far each is.
    static let uploads = Migration(
        version: 23, name: "resumable uploads",
        up: """
            CREATE TABLE uploads (
                id uuid PRIMARY KEY,
                workspace_id text NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
                -- Who sends it, and nobody else may; NULL where nobody signs in.
                person_id uuid REFERENCES people (id) ON DELETE CASCADE,
                -- Whether that was an owner, who sees every document.
                sees_everything boolean NOT NULL,
                -- NULL as long as its sender has not said it.
                length bigint,
                -- Bytes that are stored; those of them that are blocks of the blob. What is between are pieces.
                received bigint NOT NULL DEFAULT 0,
                blocked bigint NOT NULL DEFAULT 0,
                -- As its sender has written it.
                metadata text NOT NULL,
                media_type text,
                -- Others are put together with it.
                is_part boolean NOT NULL DEFAULT false,
                -- What it was put together from, as its sender has written it.
                parts text,
                -- One that is being removed is no upload any more; one that is gone says that there was one.
                stage text NOT NULL CHECK (stage IN ('open', 'done', 'removing', 'gone')),
                -- Until then somebody makes the document of it.
                busy_until timestamptz,
                -- Why no document could be made of it, as it is.
                refusal jsonb,
                document_id uuid,
                outcome text CHECK (outcome IN ('new', 'duplicate', 'skipped')),
                created_at timestamptz NOT NULL DEFAULT now(),
                expires_at timestamptz NOT NULL,
                CONSTRAINT uploads_of_workspace UNIQUE (workspace_id, id));
            CREATE INDEX uploads_open ON uploads (workspace_id, person_id) WHERE stage = 'open';
            CREATE INDEX uploads_expiry ON uploads (expires_at);

            CREATE TABLE upload_blocks (
                workspace_id text NOT NULL,
                upload_id uuid NOT NULL,
                -- Where in the file it begins.
                start bigint NOT NULL,
                block text NOT NULL,
                PRIMARY KEY (upload_id, start),
                CONSTRAINT upload_blocks_upload FOREIGN KEY (workspace_id, upload_id)
                    REFERENCES uploads (workspace_id, id) ON DELETE CASCADE);

            -- What is too little for a block; all together less than one.
            CREATE TABLE upload_pieces (
                workspace_id text NOT NULL,
                upload_id uuid NOT NULL,
                start bigint NOT NULL,
                bytes bytea NOT NULL,
                PRIMARY KEY (upload_id, start),
                CONSTRAINT upload_pieces_upload FOREIGN KEY (workspace_id, upload_id)
                    REFERENCES uploads (workspace_id, id) ON DELETE CASCADE);
            """,
        down: "DROP TABLE upload_pieces; DROP TABLE upload_blocks; DROP TABLE uploads;")
}
