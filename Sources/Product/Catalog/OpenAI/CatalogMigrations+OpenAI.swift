import Postgres

extension CatalogMigrations {
    /// What programs for OpenAI's API know beside documents and chats. JSON stands in columns of text: what strings of callers
    /// hold is not all that `jsonb` takes.
    static let openAI = Migration(
        version: 21, name: "vector stores, conversations and responses",
        up: """
            CREATE TABLE vector_stores (
                id uuid PRIMARY KEY,
                workspace_id text NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
                name text NOT NULL,
                description text,
                metadata text NOT NULL,
                created_at timestamptz NOT NULL DEFAULT now(),
                last_active_at timestamptz NOT NULL DEFAULT now(),
                CONSTRAINT vector_stores_of_workspace UNIQUE (workspace_id, id));
            CREATE INDEX vector_stores_age ON vector_stores (workspace_id, created_at, id);

            CREATE TABLE vector_store_files (
                workspace_id text NOT NULL,
                store_id uuid NOT NULL,
                document_id uuid NOT NULL REFERENCES documents (id) ON DELETE CASCADE,
                attributes text NOT NULL,
                created_at timestamptz NOT NULL DEFAULT now(),
                PRIMARY KEY (store_id, document_id),
                CONSTRAINT vector_store_files_store FOREIGN KEY (workspace_id, store_id)
                    REFERENCES vector_stores (workspace_id, id) ON DELETE CASCADE);
            CREATE INDEX vector_store_files_document ON vector_store_files (document_id);

            -- Which documents were added together; how far they are is theirs to say.
            CREATE TABLE vector_store_batches (
                id uuid PRIMARY KEY,
                workspace_id text NOT NULL,
                store_id uuid NOT NULL,
                document_ids uuid[] NOT NULL,
                created_at timestamptz NOT NULL DEFAULT now(),
                CONSTRAINT vector_store_batches_store FOREIGN KEY (workspace_id, store_id)
                    REFERENCES vector_stores (workspace_id, id) ON DELETE CASCADE);
            CREATE INDEX vector_store_batches_of_store ON vector_store_batches (workspace_id, store_id);

            -- A document without a row is for answers, as are all that came in some other way.
            CREATE TABLE file_purposes (
                document_id uuid PRIMARY KEY REFERENCES documents (id) ON DELETE CASCADE,
                purpose text NOT NULL);

            CREATE TABLE conversations (
                workspace_id text NOT NULL,
                chat_id uuid NOT NULL,
                metadata text NOT NULL,
                PRIMARY KEY (workspace_id, chat_id),
                CONSTRAINT conversations_chat FOREIGN KEY (workspace_id, chat_id)
                    REFERENCES chats (workspace_id, id) ON DELETE CASCADE);

            -- What of a conversation is no message of a chat: calls of functions, their results, instructions.
            CREATE TABLE conversation_items (
                id uuid PRIMARY KEY,
                workspace_id text NOT NULL,
                chat_id uuid NOT NULL,
                -- Of the same form as the messages', among which it stands.
                created_at text NOT NULL,
                item text NOT NULL,
                CONSTRAINT conversation_items_chat FOREIGN KEY (workspace_id, chat_id)
                    REFERENCES chats (workspace_id, id) ON DELETE CASCADE);
            CREATE INDEX conversation_items_of_chat ON conversation_items (workspace_id, chat_id, created_at, id);

            CREATE TABLE responses (
                id uuid PRIMARY KEY,
                workspace_id text NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
                -- Who asked; NULL where nobody signs in.
                person_id uuid REFERENCES people (id) ON DELETE CASCADE,
                -- The conversation that it is of.
                chat_id uuid,
                -- No reference: a chain that has lost a part is told from one that never had it.
                previous_id uuid,
                status text NOT NULL,
                input text NOT NULL,
                response text NOT NULL,
                created_at timestamptz NOT NULL DEFAULT now(),
                -- While it is written in the background: when its writer was last alive.
                alive_at timestamptz NOT NULL DEFAULT now(),
                CONSTRAINT responses_chat FOREIGN KEY (workspace_id, chat_id)
                    REFERENCES chats (workspace_id, id) ON DELETE CASCADE);
            CREATE INDEX responses_age ON responses (created_at);
            CREATE INDEX responses_of_workspace ON responses (workspace_id);
            CREATE INDEX responses_of_person ON responses (person_id) WHERE person_id IS NOT NULL;
            CREATE INDEX responses_of_chat ON responses (workspace_id, chat_id) WHERE chat_id IS NOT NULL;
            CREATE INDEX responses_after ON responses (previous_id) WHERE previous_id IS NOT NULL;
            """,
        down: """
            DROP TABLE responses; DROP TABLE conversation_items; DROP TABLE conversations; DROP TABLE file_purposes;
            DROP TABLE vector_store_batches; DROP TABLE vector_store_files; DROP TABLE vector_stores;
            """)
}
