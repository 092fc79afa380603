import Postgres

extension CatalogMigrations {
    /// Quotas, and what is used of them.
    static let quotas = Migration(
        version: 13, name: "quotas",
        up: """
            -- What a workspace does when a budget is used up.
            ALTER TABLE workspaces ADD COLUMN budget_policy text NOT NULL DEFAULT 'refuse'
                CHECK (budget_policy IN ('refuse', 'model', 'quotes'));

            -- Of a person, of a key, of each member, or (none of these) of the whole workspace.
            CREATE TABLE quotas (
                workspace_id text NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
                person_id uuid,
                key_id text REFERENCES api_keys (id) ON DELETE CASCADE,
                of_members boolean NOT NULL DEFAULT false,
                metric text NOT NULL,
                amount double precision NOT NULL CHECK (amount >= 0),
                CHECK (num_nonnulls(person_id, key_id) + of_members::int <= 1),
                FOREIGN KEY (workspace_id, person_id) REFERENCES members (workspace_id, person_id) ON DELETE CASCADE,
                CONSTRAINT quotas_once UNIQUE NULLS NOT DISTINCT (workspace_id, person_id, key_id, of_members, metric));
            CREATE INDEX quotas_key ON quotas (key_id) WHERE key_id IS NOT NULL;

            -- What was used: of the whole workspace, of each person, and of each key.
            CREATE TABLE quota_usage (
                workspace_id text NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
                person_id uuid REFERENCES people (id) ON DELETE CASCADE,
                key_id text REFERENCES api_keys (id) ON DELETE CASCADE,
                day date NOT NULL,
                questions bigint NOT NULL DEFAULT 0,
                tokens bigint NOT NULL DEFAULT 0,
                cost double precision NOT NULL DEFAULT 0,
                CONSTRAINT quota_usage_once UNIQUE NULLS NOT DISTINCT (workspace_id, person_id, key_id, day));
            CREATE INDEX quota_usage_days ON quota_usage (workspace_id, day);
            CREATE INDEX quota_usage_person ON quota_usage (person_id) WHERE person_id IS NOT NULL;
            CREATE INDEX quota_usage_key ON quota_usage (key_id) WHERE key_id IS NOT NULL;

            -- What questions under way may still use; one that nobody renews ends by itself.
            CREATE TABLE quota_reservations (
                id uuid PRIMARY KEY,
                workspace_id text NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
                -- No references: whoever deletes the key that a question under way was asked with is not rid of what it takes.
                person_id uuid,
                key_id text,
                tokens bigint NOT NULL,
                cost double precision NOT NULL,
                expires_at timestamptz NOT NULL);
            CREATE INDEX quota_reservations_workspace ON quota_reservations (workspace_id);

            -- Token buckets.
            CREATE TABLE rate_buckets (
                workspace_id text NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
                person_id uuid REFERENCES people (id) ON DELETE CASCADE,
                key_id text REFERENCES api_keys (id) ON DELETE CASCADE,
                metric text NOT NULL,
                level double precision NOT NULL,
                filled_at timestamptz NOT NULL,
                CONSTRAINT rate_buckets_once UNIQUE NULLS NOT DISTINCT (workspace_id, person_id, key_id, metric));
            """,
        down: """
            DROP TABLE rate_buckets; DROP TABLE quota_reservations; DROP TABLE quota_usage; DROP TABLE quotas;
            ALTER TABLE workspaces DROP COLUMN budget_policy;
            """)
}
