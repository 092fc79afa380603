import Postgres

/// The relational schema, migration by migration.
enum CatalogMigrations {
    static let all = [
        Migration(
            version: 1, name: "workspaces, chats, documents",
            up: """
                CREATE TABLE workspaces (
                    id text PRIMARY KEY,
                    created_at timestamptz NOT NULL DEFAULT now());
                INSERT INTO workspaces (id) VALUES ('default');

                CREATE TABLE chats (
                    id uuid PRIMARY KEY,
                    workspace_id text NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
                    name text NOT NULL,
                    messages integer NOT NULL DEFAULT 0,
                    deleting boolean NOT NULL DEFAULT false,
                    created_at timestamptz NOT NULL DEFAULT now(),
                    updated_at timestamptz NOT NULL DEFAULT now());
                CREATE INDEX chats_newest ON chats (workspace_id, updated_at DESC, id DESC);

                CREATE TABLE documents (
                    id uuid PRIMARY KEY,
                    workspace_id text NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
                    -- A chat's own documents are deleted by the application, which has blobs and passages to delete too.
                    chat_id uuid REFERENCES chats (id) ON DELETE RESTRICT,
                    name text NOT NULL,
                    media_type text NOT NULL,
                    bytes bigint NOT NULL,
                    sha256 text NOT NULL,
                    status text NOT NULL CHECK (status IN ('queued', 'extracting', 'embedding', 'ready', 'failed')),
                    error_code text,
                    error_detail text,
                    pages integer,
                    pages_without_text integer,
                    passages integer,
                    language text,
                    deleting boolean NOT NULL DEFAULT false,
                    created_at timestamptz NOT NULL DEFAULT now(),
                    updated_at timestamptz NOT NULL DEFAULT now(),
                    ready_at timestamptz);
                -- The same bytes once per workspace and chat; NULL chats count as one.
                CREATE UNIQUE INDEX documents_content
                    ON documents (workspace_id, sha256, coalesce(chat_id, '00000000-0000-0000-0000-000000000000'))
                    WHERE NOT deleting;
                CREATE INDEX documents_newest ON documents (workspace_id, created_at DESC, id DESC);
                CREATE INDEX documents_unfinished ON documents (updated_at) WHERE deleting OR status NOT IN ('ready', 'failed');
                """,
            down: "DROP TABLE documents; DROP TABLE chats; DROP TABLE workspaces;"),
        Migration(
            version: 2, name: "presets and summaries of chats, model circuits, usage, answer cache",
            up: """
                ALTER TABLE chats
                    ADD COLUMN preset text,
                    ADD COLUMN named_by_user boolean NOT NULL DEFAULT false,
                    ADD COLUMN summary text,
                    -- Time of the newest message that the summary covers.
                    ADD COLUMN summarised_until text;

                -- What every instance has learnt about services that fail; a row goes when its model answers again.
                CREATE TABLE model_circuits (
                    model text PRIMARY KEY,
                    failures integer NOT NULL,
                    reason text NOT NULL,
                    open_until timestamptz NOT NULL,
                    updated_at timestamptz NOT NULL DEFAULT now());

                CREATE TABLE usage_days (
                    workspace_id text NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
                    day date NOT NULL,
                    model text NOT NULL,
                    answers bigint NOT NULL DEFAULT 0,
                    failures bigint NOT NULL DEFAULT 0,
                    cache_hits bigint NOT NULL DEFAULT 0,
                    prompt_tokens bigint NOT NULL DEFAULT 0,
                    completion_tokens bigint NOT NULL DEFAULT 0,
                    cached_tokens bigint NOT NULL DEFAULT 0,
                    cost double precision NOT NULL DEFAULT 0,
                    milliseconds double precision NOT NULL DEFAULT 0,
                    PRIMARY KEY (workspace_id, day, model));

                CREATE TABLE answer_cache (
                    workspace_id text NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
                    key text NOT NULL,
                    answer text NOT NULL,
                    expires_at timestamptz NOT NULL,
                    PRIMARY KEY (workspace_id, key));
                CREATE INDEX answer_cache_expiry ON answer_cache (expires_at);
                """,
            down: """
                DROP TABLE answer_cache; DROP TABLE usage_days; DROP TABLE model_circuits;
                ALTER TABLE chats DROP COLUMN preset, DROP COLUMN named_by_user, DROP COLUMN summary,
                    DROP COLUMN summarised_until;
                """),
        Migration(
            version: 3, name: "whose turn it is to work on a document",
            // Counts who has begun to work on the document: only the last of them may write.
            up: "ALTER TABLE documents ADD COLUMN attempt bigint NOT NULL DEFAULT 0;",
            down: "ALTER TABLE documents DROP COLUMN attempt;"),
        Migration(
            version: 4, name: "how a document was read",
            // A small object: what was left out of its text, and why.
            up: "ALTER TABLE documents ADD COLUMN report jsonb;",
            down: "ALTER TABLE documents DROP COLUMN report;"),
        Migration(
            version: 5, name: "what evaluations came to",
            up: """
                CREATE TABLE experiments (
                    id uuid PRIMARY KEY,
                    workspace_id text NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
                    name text NOT NULL,
                    -- As it was sent: figures with their intervals, and how they were measured.
                    result json NOT NULL,
                    created_at timestamptz NOT NULL DEFAULT now());
                CREATE INDEX experiments_newest ON experiments (workspace_id, created_at DESC, id DESC);
                """,
            down: "DROP TABLE experiments;"),
        Migration(
            version: 6, name: "what people think of answers",
            up: """
                CREATE TABLE feedback (
                    workspace_id text NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
                    -- Goes with its chat, whose question it repeats.
                    chat_id uuid NOT NULL REFERENCES chats (id) ON DELETE CASCADE,
                    answer_id uuid NOT NULL,
                    rating text NOT NULL CHECK (rating IN ('up', 'down')),
                    reason text,
                    comment text,
                    question text NOT NULL,
                    model text NOT NULL,
                    created_at timestamptz NOT NULL DEFAULT now(),
                    updated_at timestamptz NOT NULL DEFAULT now(),
                    PRIMARY KEY (chat_id, answer_id));
                CREATE INDEX feedback_newest ON feedback (workspace_id, created_at DESC, chat_id DESC, answer_id DESC);
                """,
            down: "DROP TABLE feedback;"),
        Migration(
            version: 7, name: "trials in service",
            up: """
                CREATE TABLE splits (
                    id uuid PRIMARY KEY REFERENCES experiments (id) ON DELETE CASCADE,
                    workspace_id text NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
                    share double precision NOT NULL CHECK (share > 0 AND share < 1),
                    variant json NOT NULL,
                    started_at timestamptz NOT NULL DEFAULT now(),
                    ended_at timestamptz,
                    winner text CHECK (winner IN ('control', 'variant')));
                -- One at a time, or nobody could tell what made the difference.
                CREATE UNIQUE INDEX splits_running ON splits (workspace_id) WHERE ended_at IS NULL;

                CREATE TABLE split_answers (
                    split_id uuid NOT NULL REFERENCES splits (id) ON DELETE CASCADE,
                    chat_id uuid NOT NULL REFERENCES chats (id) ON DELETE CASCADE,
                    answer_id uuid NOT NULL,
                    arm text NOT NULL CHECK (arm IN ('control', 'variant')),
                    refused boolean NOT NULL,
                    failed boolean NOT NULL,
                    sentences integer NOT NULL,
                    supported integer NOT NULL,
                    milliseconds double precision NOT NULL,
                    -- NULL where the price is not known.
                    cost double precision,
                    PRIMARY KEY (split_id, chat_id, answer_id));
                CREATE INDEX split_answers_chat ON split_answers (chat_id);
                """,
            down: "DROP TABLE split_answers; DROP TABLE splits;"),
        Migration(
            version: 8, name: "texts of chats, so that they are found",
            up: """
                ALTER TABLE chats
                    ADD COLUMN name_terms tsvector,
                    -- Whether its messages are copied into chat_texts. Those from before are copied by the history app.
                    ADD COLUMN texts_kept boolean NOT NULL DEFAULT false;
                CREATE INDEX chats_name_terms ON chats USING gin (name_terms);
                CREATE INDEX chats_without_texts ON chats (workspace_id, updated_at DESC) WHERE NOT texts_kept;

                -- Copies of the messages, which are items of Cosmos DB.
                CREATE TABLE chat_texts (
                    chat_id uuid NOT NULL REFERENCES chats (id) ON DELETE CASCADE,
                    id uuid NOT NULL,
                    workspace_id text NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
                    role text NOT NULL CHECK (role IN ('user', 'assistant')),
                    created_at timestamptz NOT NULL,
                    text text NOT NULL,
                    -- Made by the application, which knows the languages.
                    terms tsvector NOT NULL,
                    PRIMARY KEY (chat_id, id));
                -- Terms are read for thousands of rows in one search: they stay in the row, as long as it fits a page.
                ALTER TABLE chat_texts SET (toast_tuple_target = 8160);
                CREATE INDEX chat_texts_terms ON chat_texts USING gin (terms);
                CREATE INDEX chat_texts_newest ON chat_texts (workspace_id, created_at DESC);
                """,
            down: """
                DROP TABLE chat_texts;
                ALTER TABLE chats DROP COLUMN name_terms, DROP COLUMN texts_kept;
                """),
        Migration(
            version: 9, name: "people, members, sessions and keys",
            up: """
                ALTER TABLE workspaces ADD COLUMN name text NOT NULL DEFAULT '';
                UPDATE workspaces SET name = 'First workspace' WHERE id = 'default';

                CREATE TABLE people (
                    id uuid PRIMARY KEY,
                    -- As it was given, and as it is compared.
                    login text NOT NULL,
                    login_key text NOT NULL UNIQUE,
                    name text NOT NULL,
                    -- What scrypt makes of it; NULL until one was chosen.
                    password text,
                    administrator boolean NOT NULL DEFAULT false,
                    active boolean NOT NULL DEFAULT true,
                    created_at timestamptz NOT NULL DEFAULT now(),
                    updated_at timestamptz NOT NULL DEFAULT now());
                CREATE INDEX people_administrators ON people (id) WHERE administrator;

                CREATE TABLE members (
                    workspace_id text NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
                    person_id uuid NOT NULL REFERENCES people (id) ON DELETE CASCADE,
                    role text NOT NULL CHECK (role IN ('reader', 'editor', 'owner')),
                    created_at timestamptz NOT NULL DEFAULT now(),
                    PRIMARY KEY (workspace_id, person_id));
                CREATE INDEX members_person ON members (person_id);

                -- A session that has ended is not there.
                CREATE TABLE sessions (
                    id uuid PRIMARY KEY,
                    person_id uuid NOT NULL REFERENCES people (id) ON DELETE CASCADE,
                    -- What they chose; NULL until they do.
                    workspace_id text REFERENCES workspaces (id) ON DELETE SET NULL,
                    -- SHA-256 of the refresh token, and of the one before it, which counts until then.
                    refresh text NOT NULL,
                    previous text,
                    previous_until timestamptz,
                    user_agent text NOT NULL,
                    address text NOT NULL,
                    created_at timestamptz NOT NULL DEFAULT now(),
                    last_used_at timestamptz NOT NULL DEFAULT now());
                CREATE INDEX sessions_person ON sessions (person_id, last_used_at DESC);

                CREATE TABLE sign_in_links (
                    -- SHA-256 of the token.
                    digest text PRIMARY KEY,
                    kind text NOT NULL CHECK (kind IN ('first', 'invitation', 'reset')),
                    -- NULL for the first administrator, who is nobody yet.
                    person_id uuid REFERENCES people (id) ON DELETE CASCADE,
                    expires_at timestamptz NOT NULL);
                -- One at a time for each person.
                CREATE UNIQUE INDEX sign_in_links_person
                    ON sign_in_links (coalesce(person_id, '00000000-0000-0000-0000-000000000000'));

                CREATE TABLE sign_in_failures (
                    -- SHA-256 of the login: people type passwords there.
                    login text PRIMARY KEY,
                    failures integer NOT NULL,
                    locked_until timestamptz,
                    updated_at timestamptz NOT NULL DEFAULT now());
                CREATE INDEX sign_in_failures_age ON sign_in_failures (updated_at);

                CREATE TABLE api_keys (
                    id text PRIMARY KEY,
                    -- SHA-256 of it.
                    secret text NOT NULL,
                    person_id uuid NOT NULL REFERENCES people (id) ON DELETE CASCADE,
                    workspace_id text NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
                    name text NOT NULL,
                    -- Separated by commas.
                    scopes text NOT NULL,
                    created_at timestamptz NOT NULL DEFAULT now(),
                    last_used_at timestamptz,
                    expires_at timestamptz);
                CREATE INDEX api_keys_person ON api_keys (person_id);
                """,
            down: """
                DROP TABLE api_keys; DROP TABLE sign_in_failures; DROP TABLE sign_in_links; DROP TABLE sessions;
                DROP TABLE members; DROP TABLE people;
                ALTER TABLE workspaces DROP COLUMN name;
                """),
        Migration(
            version: 10, name: "chats of people, and rows that keep to their workspace",
            up: """
                -- Who began the chat; NULL where nobody signed in. No reference: with its person a chat is deleted from all
                -- stores, which takes longer than a row does, and until then it must be nobody else's.
                ALTER TABLE chats ADD COLUMN person_id uuid, ADD CONSTRAINT chats_of_workspace UNIQUE (workspace_id, id);
                CREATE INDEX chats_of_person ON chats (person_id) WHERE person_id IS NOT NULL;
                ALTER TABLE experiments ADD CONSTRAINT experiments_of_workspace UNIQUE (workspace_id, id);

                ALTER TABLE documents DROP CONSTRAINT documents_chat_id_fkey,
                    ADD CONSTRAINT documents_chat FOREIGN KEY (workspace_id, chat_id)
                        REFERENCES chats (workspace_id, id) ON DELETE RESTRICT;
                ALTER TABLE feedback DROP CONSTRAINT feedback_chat_id_fkey,
                    ADD CONSTRAINT feedback_chat FOREIGN KEY (workspace_id, chat_id)
                        REFERENCES chats (workspace_id, id) ON DELETE CASCADE;
                ALTER TABLE chat_texts DROP CONSTRAINT chat_texts_chat_id_fkey,
                    ADD CONSTRAINT chat_texts_chat FOREIGN KEY (workspace_id, chat_id)
                        REFERENCES chats (workspace_id, id) ON DELETE CASCADE;
                ALTER TABLE splits DROP CONSTRAINT splits_id_fkey,
                    ADD CONSTRAINT splits_experiment FOREIGN KEY (workspace_id, id)
                        REFERENCES experiments (workspace_id, id) ON DELETE CASCADE;
                """,
            down: """
                ALTER TABLE splits DROP CONSTRAINT splits_experiment,
                    ADD CONSTRAINT splits_id_fkey FOREIGN KEY (id) REFERENCES experiments (id) ON DELETE CASCADE;
                ALTER TABLE chat_texts DROP CONSTRAINT chat_texts_chat,
                    ADD CONSTRAINT chat_texts_chat_id_fkey FOREIGN KEY (chat_id) REFERENCES chats (id) ON DELETE CASCADE;
                ALTER TABLE feedback DROP CONSTRAINT feedback_chat,
                    ADD CONSTRAINT feedback_chat_id_fkey FOREIGN KEY (chat_id) REFERENCES chats (id) ON DELETE CASCADE;
                ALTER TABLE documents DROP CONSTRAINT documents_chat,
                    ADD CONSTRAINT documents_chat_id_fkey FOREIGN KEY (chat_id) REFERENCES chats (id) ON DELETE RESTRICT;
                ALTER TABLE experiments DROP CONSTRAINT experiments_of_workspace;
                ALTER TABLE chats DROP CONSTRAINT chats_of_workspace, DROP COLUMN person_id;
                """),
        Migration(
            version: 11, name: "who did what",
            up: """
                -- A chain: each entry's digest is over the one before. No references, for it stays when they go.
                CREATE TABLE audit (
                    number bigint PRIMARY KEY,
                    at timestamptz NOT NULL,
                    workspace_id text,
                    person_id uuid,
                    credential text,
                    action text NOT NULL,
                    object text,
                    status integer NOT NULL,
                    address text,
                    request_id text NOT NULL,
                    digest text NOT NULL);
                CREATE INDEX audit_workspace ON audit (workspace_id, number DESC);
                CREATE INDEX audit_person ON audit (person_id, number DESC) WHERE person_id IS NOT NULL;
                -- Where the chain begins when its oldest entries are gone.
                CREATE TABLE audit_anchor (number bigint PRIMARY KEY, digest text NOT NULL);

                CREATE FUNCTION audit_is_kept() RETURNS trigger LANGUAGE plpgsql AS $$
                BEGIN
                    IF TG_OP = 'DELETE' AND current_setting('apus.retention', true) = 'on' THEN
                        RETURN OLD;
                    END IF;
                    RAISE EXCEPTION 'the audit is only added to';
                END $$;
                CREATE TRIGGER audit_kept BEFORE UPDATE OR DELETE ON audit
                    FOR EACH ROW EXECUTE FUNCTION audit_is_kept();
                CREATE TRIGGER audit_not_emptied BEFORE TRUNCATE ON audit
                    FOR EACH STATEMENT EXECUTE FUNCTION audit_is_kept();
                """,
            down: "DROP TABLE audit; DROP TABLE audit_anchor; DROP FUNCTION audit_is_kept;"),
        identities,
        quotas,
        answers,
        readers,
        retention,
        chosenPaths,
        shares,
        keeping,
        versions,
        openAI,
        jobs,
        uploads,
    ]
}
