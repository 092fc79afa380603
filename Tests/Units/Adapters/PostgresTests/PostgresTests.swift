import Catalog
import Digests
import FoundationEssentials
import Postgres
import TestSupport
import Testing

private let server = ProcessInfo.processInfo.environment["APUS_TEST_POSTGRES"]

@Suite(.enabled(if: server != nil, "set APUS_TEST_POSTGRES to a connection string; scripts/with-postgres does"))
struct PostgresTests {
    /// A database of its own for each test.
    private func withDatabase(_ body: (PostgresPool, String) async throws -> Void) async throws {
        let name = "t" + Digest.hex(Digest.randomBytes(8))
        let admin = PostgresPool(server ?? "", maximumConnections: 1)
        try await admin.query("CREATE DATABASE \(name)")
        let conninfo = (server ?? "").replacing("dbname=postgres", with: "dbname=\(name)")
        try await body(PostgresPool(conninfo, maximumConnections: 4), name)
        try await admin.query("DROP DATABASE \(name) WITH (FORCE)")
    }

    @Test func migratesUpAndDown() async throws {
        try await withDatabase { pool, _ in
            let catalog = CatalogDatabase(database: pool)
            try await catalog.prepare()
            #expect(
                try await pool.query("SELECT version FROM schema_migrations").count
                    == CatalogDatabase.knownMigrations.count)
            try await catalog.dropSchema()
            let tables = try await pool.query(
                "SELECT 1 FROM pg_tables WHERE tablename IN ('documents', 'chats', 'workspaces')")
            #expect(tables.isEmpty)
            try await CatalogDatabase(database: pool).prepare()
        }
    }

    @Test(
        arguments: [
            [], [""], ["a", "b"], ["NULL", "null"], ["a,b", "{c}", "d e"], ["\"", "\\", "\\\"", "é\n\t"],
        ] as [[String]])
    func listsComeBackAsTheyWereSent(elements: [String]) async throws {
        let pool = PostgresPool(server ?? "", maximumConnections: 1)
        let rows = try await pool.query(
            "SELECT element FROM unnest($1::text[]) WITH ORDINALITY AS t (element, place) ORDER BY place",
            [PostgresArray.text(elements)])
        #expect(try rows.map { try $0.optional("element") } == elements)
    }

    @Test func letsOneOfManyMigrate() async throws {
        try await withDatabase { pool, _ in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<8 { group.addTask { try await CatalogDatabase(database: pool).prepare() } }
                try await group.waitForAll()
            }
        }
    }

    @Test func reportsSQLSTATEAndRollsBack() async throws {
        try await withDatabase { pool, _ in
            try await pool.query("CREATE TABLE t (id integer PRIMARY KEY)")
            do {
                try await pool.transaction { connection in
                    try connection.query("INSERT INTO t VALUES (1)")
                    try connection.query("INSERT INTO t VALUES ($1)", ["1"])
                }
                Issue.record("the key is taken")
            } catch let error as PostgresError {
                #expect(error.isUniqueViolation && error.constraint == "t_pkey")
                #expect(!error.description.contains("t_pkey"))
            }
            #expect(try await pool.query("SELECT * FROM t").isEmpty)
        }
    }

    @Test func replacesConnectionsThatTheServerHasClosed() async throws {
        try await withDatabase { pool, name in
            try await pool.query("SELECT 1")
            let admin = PostgresPool(server ?? "", maximumConnections: 1)
            try await admin.query("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1", [name])
            // The farewell is in our socket before the server forgets the connection.
            let isGone = try await eventually {
                try await admin.query("SELECT 1 FROM pg_stat_activity WHERE datname = $1", [name]).isEmpty
            }
            #expect(isGone)
            #expect(try await pool.query("SELECT 2 AS two").first?.int("two") == 2)
        }
    }

    @Test func waitsForAFreeConnection() async throws {
        try await withDatabase { pool, _ in
            let total = try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 0..<20 {
                    group.addTask { try await pool.query("SELECT 1 AS one, pg_sleep(0.02)").first?.int("one") ?? 0 }
                }
                return try await group.reduce(0, +)
            }
            #expect(total == 20)
        }
    }

    @Test func saysThatTheServerIsNotThere() async {
        let pool = PostgresPool("host=/nonexistent user=nobody")
        do {
            try await pool.query("SELECT 1")
            Issue.record("there is no server")
        } catch let error as PostgresError {
            #expect(error.isUnavailable)
        } catch {
            Issue.record(error)
        }
    }

    @Test func storesEqualBytesOnce() async throws {
        try await withDatabase { pool, _ in
            let catalog = CatalogDatabase(database: pool).view(of: "default")
            let results = try await withThrowingTaskGroup(of: (String, Bool).self) { group in
                for _ in 0..<8 {
                    group.addTask {
                        let result = try await catalog.addDocument(
                            .init(
                                id: UUIDv7.make(), name: "a.txt", mediaType: "text/plain", bytes: 1, sha256: "abc",
                                chatId: nil))
                        return (result.document.id, result.isDuplicate)
                    }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(Set(results.map(\.0)).count == 1)
            #expect(results.count { !$0.1 } == 1)
            // A deleted document makes room for the same bytes.
            let id = try #require(results.first?.0)
            #expect(try await catalog.markDeleting(id))
            let again = try await catalog.addDocument(
                .init(id: UUIDv7.make(), name: "a.txt", mediaType: "text/plain", bytes: 1, sha256: "abc", chatId: nil))
            #expect(!again.isDuplicate)
        }
    }

    @Test func pagesThroughDocumentsWithoutGapsOrRepeats() async throws {
        try await withDatabase { pool, _ in
            let catalog = CatalogDatabase(database: pool).view(of: "default")
            for index in 0..<25 {
                _ = try await catalog.addDocument(
                    .init(
                        id: UUIDv7.make(), name: "\(index)", mediaType: "text/plain", bytes: 1, sha256: "\(index)",
                        chatId: nil))
            }
            var seen: [String] = []
            var after: String?
            repeat {
                let page = try await catalog.documents(chatId: nil, limit: 10, after: after)
                seen += page.map(\.id)
                after = page.count == 10 ? page.last?.id : nil
            } while after != nil
            #expect(seen.count == 25 && Set(seen).count == 25)
        }
    }
}
