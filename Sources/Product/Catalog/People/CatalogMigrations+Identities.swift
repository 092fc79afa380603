import Postgres

extension CatalogMigrations {
    /// People whom identity providers know.
    static let identities = Migration(
        version: 12, name: "people whom identity providers know",
        up: """
            CREATE TABLE identities (
                issuer text NOT NULL,
                -- What the issuer calls them, and nobody else ever.
                subject text NOT NULL,
                person_id uuid NOT NULL REFERENCES people (id) ON DELETE CASCADE,
                created_at timestamptz NOT NULL DEFAULT now(),
                PRIMARY KEY (issuer, subject));
            -- Somebody is one and the same for an issuer: an address that was given to another does not lead to them.
            CREATE UNIQUE INDEX identities_person ON identities (person_id, issuer);

            CREATE TABLE used_attempts (
                -- SHA-256 of what a provider has sent back with a browser.
                digest text PRIMARY KEY,
                expires_at timestamptz NOT NULL);
            CREATE INDEX used_attempts_age ON used_attempts (expires_at);

            -- By which provider somebody signed in, and what it is shown when they sign out there.
            ALTER TABLE sessions ADD COLUMN provider text, ADD COLUMN id_token text;
            """,
        down: """
            ALTER TABLE sessions DROP COLUMN provider, DROP COLUMN id_token;
            DROP TABLE used_attempts; DROP TABLE identities;
            """)
}
