import Postgres

extension CatalogMigrations {
    static let answers = Migration(
        version: 14, name: "answers that are being written, and their logs",
        up: """
            CREATE TABLE answers (
                workspace_id text NOT NULL,
                chat_id uuid NOT NULL,
                id uuid NOT NULL,
                parent_id uuid NOT NULL,
                attempt uuid NOT NULL,
                -- Whoever writes knows it; nobody else may.
                holder uuid NOT NULL,
                model text NOT NULL,
                -- Of the message, as the message store has it.
                created_at text NOT NULL,
                -- Events of this attempt have greater numbers.
                first_event bigint NOT NULL DEFAULT 0,
                -- Known when it has ended.
                last_event bigint NOT NULL DEFAULT 0,
                -- NULL while it is written.
                finish_reason text,
                stop_wanted boolean NOT NULL DEFAULT false,
                lease_until timestamptz NOT NULL,
                -- When somebody first saw that the lease had ended.
                suspected_at timestamptz,
                started_at timestamptz NOT NULL DEFAULT now(),
                ended_at timestamptz,
                PRIMARY KEY (workspace_id, chat_id, id),
                CONSTRAINT answers_chat FOREIGN KEY (workspace_id, chat_id)
                    REFERENCES chats (workspace_id, id) ON DELETE CASCADE);
            CREATE INDEX answers_id ON answers (workspace_id, id);
            CREATE UNIQUE INDEX answers_holder ON answers (holder);
            -- Its columns do not change with the lease: renewing that touches no index.
            CREATE INDEX answers_open ON answers (started_at) WHERE finish_reason IS NULL;
            ALTER TABLE answers SET (fillfactor = 70);

            CREATE TABLE answer_events (
                workspace_id text NOT NULL,
                chat_id uuid NOT NULL,
                answer_id uuid NOT NULL,
                -- Number of the last event in the row.
                last bigint NOT NULL,
                -- A line for each: number, name, data.
                events text NOT NULL,
                PRIMARY KEY (workspace_id, chat_id, answer_id, last),
                CONSTRAINT answer_events_answer FOREIGN KEY (workspace_id, chat_id, answer_id)
                    REFERENCES answers (workspace_id, chat_id, id) ON DELETE CASCADE);
            """,
        down: "DROP TABLE answer_events; DROP TABLE answers;")
}
