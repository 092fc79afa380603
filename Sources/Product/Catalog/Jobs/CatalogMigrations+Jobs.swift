import Postgres

extension CatalogMigrations {
    /// Work on many documents at once, and what became of each.
    static let jobs = Migration(
        version: 22, name: "jobs",
        up: """
            CREATE TABLE jobs (
                id uuid PRIMARY KEY,
                workspace_id text NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
                -- Who wanted it; NULL where nobody signs in, and for what a timer began.
                person_id uuid REFERENCES people (id) ON DELETE SET NULL,
                kind text NOT NULL CHECK (kind IN ('batch', 'process', 'check', 'repair')),
                -- A batch is received before it is open, or cut off; a check is open, then worked on, then finished or given up. What
                -- becomes of documents is told by the items.
                stage text NOT NULL CHECK (stage IN ('receiving', 'cut', 'open', 'working', 'finished', 'failed')),
                report jsonb,
                cancelled_at timestamptz,
                created_at timestamptz NOT NULL DEFAULT now(),
                updated_at timestamptz NOT NULL DEFAULT now(),
                CONSTRAINT jobs_of_workspace UNIQUE (workspace_id, id));
            CREATE INDEX jobs_newest ON jobs (workspace_id, id DESC);

            CREATE TABLE job_items (
                workspace_id text NOT NULL,
                job_id uuid NOT NULL,
                -- From 1, as the files came.
                number integer NOT NULL,
                -- NULL when its document is gone.
                name text,
                document_id uuid,
                state text NOT NULL CHECK (state IN
                    ('waiting', 'working', 'ready', 'failed', 'refused', 'cancelled', 'deleted')),
                -- What the document was before it is read anew: what it becomes when that is cancelled.
                earlier text,
                -- How often it had been begun then: what has been begun since has lost its passages.
                attempt bigint,
                duplicate boolean NOT NULL DEFAULT false,
                -- Of the answer that the file alone would have had.
                status integer,
                code text,
                detail text,
                updated_at timestamptz NOT NULL DEFAULT now(),
                PRIMARY KEY (job_id, number),
                CONSTRAINT job_items_job FOREIGN KEY (workspace_id, job_id)
                    REFERENCES jobs (workspace_id, id) ON DELETE CASCADE);
            CREATE INDEX job_items_document ON job_items (document_id) WHERE document_id IS NOT NULL;

            -- Whoever changes a document, its items say so: there is no moment at which they tell something else.
            CREATE FUNCTION document_moves_items() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                IF TG_OP = 'DELETE' THEN
                    UPDATE job_items SET name = NULL, document_id = NULL,
                        state = CASE WHEN state IN ('waiting', 'working') THEN 'deleted' ELSE state END
                    WHERE document_id = OLD.id;
                ELSE
                    UPDATE job_items SET updated_at = now(), state = CASE
                            WHEN NEW.deleting THEN 'deleted'
                            WHEN NEW.status = 'queued' THEN 'waiting'
                            WHEN NEW.status IN ('extracting', 'embedding') THEN 'working'
                            ELSE NEW.status END,
                        code = NEW.error_code, detail = NEW.error_detail
                    WHERE document_id = NEW.id AND state IN ('waiting', 'working');
                END IF;
                RETURN NULL;
            END $$;
            CREATE TRIGGER documents_move_items AFTER UPDATE OF status, deleting ON documents FOR EACH ROW
                WHEN (OLD.status <> NEW.status OR OLD.deleting <> NEW.deleting) EXECUTE FUNCTION document_moves_items();
            CREATE TRIGGER documents_leave_items AFTER DELETE ON documents FOR EACH ROW
                EXECUTE FUNCTION document_moves_items();
            """,
        down: """
            DROP TRIGGER documents_move_items ON documents; DROP TRIGGER documents_leave_items ON documents;
            DROP FUNCTION document_moves_items; DROP TABLE job_items; DROP TABLE jobs;
            """)
}
