import Digests
import FoundationEssentials
import Postgres
import TestSupport
import Testing

private let server = ProcessInfo.processInfo.environment["APUS_TEST_POSTGRES"]

@Suite(.enabled(if: server != nil, "set APUS_TEST_POSTGRES to a connection string; scripts/with-postgres does"))
struct ConnectionTests {
    private func pool(_ maximumConnections: Int = 2) -> PostgresPool {
        PostgresPool(server ?? "", maximumConnections: maximumConnections)
    }

    /// A schema of its own for each test, removed afterwards; statements find it by `search_path`.
    private func withSchema(
        _ maximumConnections: Int = 2, _ body: (PostgresPool, PostgresPool) async throws -> Void
    ) async throws {
        let name = "s" + Digest.hex(Digest.randomBytes(8))
        let admin = pool(1)
        try await admin.query("CREATE SCHEMA \(name)")
        let conninfo = (server ?? "") + " options='-c search_path=\(name)' application_name=\(name)"
        try await body(PostgresPool(conninfo, maximumConnections: maximumConnections), admin)
        try await admin.query("DROP SCHEMA \(name) CASCADE")
    }

    // MARK: Values

    @Test(arguments: [
        "", "a", "it's", "\"quoted\"", "back\\slash", "$1; DROP TABLE t; --", "é😀", "\n\t\r", "NULL", "%s {0}",
        String(repeating: "x", count: 1_000_000),
    ])
    func textsComeBackAsTheyWere(text: String) async throws {
        let row = try #require(try await pool().query("SELECT $1::text AS v", [text]).first)
        #expect(try row.string("v") == text)
        #expect(try row.optional("v") == text)
    }

    @Test func nothingIsNotTheEmptyText() async throws {
        let row = try #require(try await pool().query("SELECT $1::text AS a, $2::text AS b", [nil, ""]).first)
        #expect(try row.optional("a") == nil && row.optional("b") == "")
        #expect(throws: PostgresError.self) { try row.string("a") }
        #expect(throws: PostgresError.self) { try row.string("absent") }
        #expect(throws: PostgresError.self) { try row.optional("absent") }
    }

    /// PostgreSQL, "Numeric Types" and "Boolean Type", in their text form.
    @Test func numbersAreRead() async throws {
        let row = try #require(
            try await pool().query(
                "SELECT 9223372036854775807::bigint AS big, -1::smallint AS small, 1.5::float8 AS real, true AS yes, 'x' AS word"
            ).first)
        #expect(try row.int("big") == Int.max)
        #expect(try row.int("small") == -1)
        #expect(try row.optional("real") == "1.5" && row.optional("yes") == "t")
        #expect(throws: PostgresError.self) { try row.int("word") }
        #expect(throws: PostgresError.self) { try row.int("real") }
    }

    @Test func parametersHaveTheTypesOfTheirPlaces() async throws {
        try await withSchema { pool, _ in
            try await pool.query("CREATE TABLE t (i int, b boolean, u uuid, d timestamptz, a text[], j jsonb)")
            try await pool.query(
                "INSERT INTO t VALUES ($1, $2, $3, $4, $5, $6)",
                [
                    "7", "false", "017f22e2-79b0-7cc3-98c4-dc0c0c07398f", "2026-11-20T10:12:05.123Z",
                    "{a,\"b c\",NULL}",
                    #"{"k":[1,"é"]}"#,
                ])
            let row = try #require(
                try await pool.query(
                    "SELECT i, b, u, extract(epoch FROM d)::text AS d, a[2] AS a, j->'k'->>1 AS j FROM t"
                ).first)
            #expect(try row.int("i") == 7)
            #expect(try row.optional("b") == "f")
            #expect(try row.optional("u") == "017f22e2-79b0-7cc3-98c4-dc0c0c07398f")
            #expect(try row.optional("d") == "1795169525.123000")
            #expect(try row.optional("a") == "b c" && row.optional("j") == "é")
        }
    }

    @Test func manyRowsKeepTheirOrder() async throws {
        let rows = try await pool().query("SELECT n FROM generate_series(1, 20000) AS n ORDER BY n DESC")
        #expect(rows.count == 20_000)
        #expect(try rows.first?.int("n") == 20_000 && rows.last?.int("n") == 1)
        #expect(try await pool().query("SELECT 1 WHERE false").isEmpty)
        #expect(try await pool().query("").isEmpty)
    }

    // MARK: Errors

    /// PostgreSQL, appendix A, "PostgreSQL Error Codes".
    @Test(arguments: [
        ("SELEKT 1", "42601"), ("SELECT * FROM none_such", "42P01"), ("SELECT none_such", "42703"),
        ("SELECT 1 / 0", "22012"), ("SELECT 'x'::int", "22P02"), ("SELECT $1::int", "08P01"),
        ("SELECT 9999999999::int", "22003"), ("SELECT '2026-02-30'::date", "22008"), ("SELECT 1; SELECT 2", "42601"),
    ])
    func errorsHaveTheServersCode(sql: String, state: String) async throws {
        let error = await #expect(throws: PostgresError.self) { try await pool().query(sql) }
        #expect(error?.state == state)
        #expect(error?.isUniqueViolation == false)
    }

    @Test func anErrorsDescriptionTellsNoData() async throws {
        let error = await #expect(throws: PostgresError.self) { try await pool().query("SELECT 'hunter2'::int") }
        #expect(error.map { !"\($0)".contains("hunter2") && "\($0)".contains("22P02") } == true)
        // For the log there is more.
        #expect(error?.debugDescription.contains("hunter2") == true)
    }

    @Test func aConnectionGoesOnAfterAnError() async throws {
        let pool = pool(1)
        let before = try await pool.query("SELECT pg_backend_pid() AS pid").first?.int("pid")
        await #expect(throws: PostgresError.self) { try await pool.query("SELECT 1 / 0") }
        #expect(try await pool.query("SELECT pg_backend_pid() AS pid").first?.int("pid") == before)
    }

    @Test func constraintsAreNamed() async throws {
        try await withSchema { pool, _ in
            try await pool.query(
                "CREATE TABLE p (id int PRIMARY KEY, n int CONSTRAINT positive CHECK (n > 0), m int NOT NULL)")
            func failure(_ values: String) async -> PostgresError? {
                do {
                    try await pool.query("INSERT INTO p VALUES \(values)")
                    return nil
                } catch { return error as? PostgresError }
            }
            #expect(await failure("(1, 1, 1)") == nil)
            let unique = await failure("(1, 1, 1)")
            #expect(unique?.isUniqueViolation == true && unique?.constraint == "p_pkey")
            let check = await failure("(2, -1, 1)")
            #expect(check?.state == "23514" && check?.constraint == "positive" && check?.isUniqueViolation == false)
            #expect(await failure("(3, 1, NULL)")?.state == "23502")
        }
    }

    // MARK: Transactions

    @Test func aTransactionIsSeenWhenItIsWhole() async throws {
        try await withSchema { pool, _ in
            try await pool.query("CREATE TABLE t (n int)")
            try await pool.transaction { connection in
                try connection.execute("INSERT INTO t VALUES (1); INSERT INTO t VALUES (2)")
            }
            await #expect(throws: TestFailure.self) {
                try await pool.transaction { connection in
                    try connection.query("DELETE FROM t")
                    #expect(try connection.query("SELECT n FROM t").isEmpty)
                    throw TestFailure("changed my mind")
                }
            }
            #expect(try await pool.query("SELECT n FROM t").count == 2)
        }
    }

    /// PostgreSQL, "Serializable Isolation Level": one of two that read what the other writes has to give way.
    @Test func aSerializationFailureHasItsCode() async throws {
        try await withSchema { pool, _ in
            try await pool.query("CREATE TABLE t (id int PRIMARY KEY, n int)")
            try await pool.query("INSERT INTO t VALUES (1, 0)")
            try await pool.withConnection { first in
                try await first.query("BEGIN ISOLATION LEVEL REPEATABLE READ")
                try await first.query("SELECT n FROM t")
                try await pool.query("UPDATE t SET n = 1")
                let error = await #expect(throws: PostgresError.self) { try await first.query("UPDATE t SET n = 2") }
                #expect(error?.state == PostgresError.contention.state)
                try await first.query("ROLLBACK")
            }
        }
    }

    @Test func aTransactionThatIsLeftOpenIsNotLentToAnother() async throws {
        try await withSchema(1) { pool, _ in
            try await pool.query("CREATE TABLE t (n int)")
            try await pool.withConnection { connection in
                try await connection.query("BEGIN")
                try await connection.query("INSERT INTO t VALUES (1)")
            }
            #expect(try await pool.query("SELECT n FROM t").isEmpty)
        }
    }

    // MARK: The pool

    @Test func noMoreConnectionsAreMadeThanAllowed() async throws {
        try await withSchema(3) { pool, admin in
            let most = try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 0..<30 {
                    group.addTask {
                        let sql =
                            "SELECT count(*) AS n, pg_sleep(0.01) FROM pg_stat_activity "
                            + "WHERE application_name = current_setting('application_name')"
                        return try await pool.query(sql).first?.int("n") ?? 0
                    }
                }
                return try await group.reduce(0) { max($0, $1) }
            }
            #expect((1...3).contains(most))
        }
    }

    @Test func aDeadConnectionCostsOneFailureAtMost() async throws {
        try await withSchema(1) { pool, admin in
            let pid = try await pool.query("SELECT pg_backend_pid() AS pid").first?.int("pid") ?? 0
            // In the middle of a statement.
            async let failed: Void = {
                let error = await #expect(throws: PostgresError.self) { try await pool.query("SELECT pg_sleep(3600)") }
                #expect(error?.isUnavailable == true)
            }()
            let isAsleep = try await eventually {
                try await !admin.query(
                    "SELECT 1 FROM pg_stat_activity WHERE pid = $1 AND wait_event = 'PgSleep'", ["\(pid)"]
                ).isEmpty
            }
            #expect(isAsleep)
            try await admin.query("SELECT pg_terminate_backend($1)", ["\(pid)"])
            await failed
            #expect(try await pool.query("SELECT pg_backend_pid() AS pid").first?.int("pid") != pid)
        }
    }

    @Test func whoeverIsCancelledWhileWaitingStopsWaiting() async throws {
        let pool = pool(1)
        try await pool.withConnection { _ in
            let waiting = Task { try await pool.query("SELECT 1") }
            waiting.cancel()
            await #expect(throws: CancellationError.self) { try await waiting.value }
        }
        #expect(try await pool.query("SELECT 1 AS one").first?.int("one") == 1)
    }

    /// Room that is given to a task just as it is cancelled has to reach the next one that waits.
    @Test(.timeLimit(.minutes(10))) func cancellationsLoseNoRoom() async throws {
        let pool = pool(1)
        for _ in 0..<20 {
            await withTaskGroup(of: Void.self) { group in
                for number in 0..<30 {
                    let task = Task { try await pool.query("SELECT \(number)") }
                    if number % 2 == 0 {
                        group.addTask {
                            for _ in 0..<number { await Task.yield() }
                            task.cancel()
                        }
                    }
                    group.addTask { _ = await task.result }
                }
            }
        }
        #expect(try await pool.query("SELECT 1 AS one").first?.int("one") == 1)
    }

    @Test func aFailureToConnectLeavesRoom() async throws {
        let pool = PostgresPool("host=/nonexistent user=nobody", maximumConnections: 1)
        for _ in 0..<3 {
            let error = await #expect(throws: PostgresError.self) { try await pool.query("SELECT 1") }
            #expect(error?.isUnavailable == true)
        }
    }

    @Test func thePasswordIsAskedForWithEachConnection() async throws {
        let asked = Tally()
        let pool = PostgresPool(server ?? "", maximumConnections: 2) {
            asked.add()
            return "secret"
        }
        try await pool.query("SELECT 1")
        try await pool.query("SELECT 1")
        #expect(asked.value == 1)
        let failing = PostgresPool(server ?? "", maximumConnections: 1) { throw TestFailure("no token") }
        for _ in 0..<2 { await #expect(throws: TestFailure.self) { try await failing.query("SELECT 1") } }
    }

    // MARK: Migrations

    private static let migrations = [
        Migration(version: 1, name: "one", up: "CREATE TABLE one (n int)", down: "DROP TABLE one"),
        Migration(
            version: 2, name: "two", up: "CREATE TABLE two (n int); INSERT INTO two VALUES (2)", down: "DROP TABLE two"),
        Migration(version: 3, name: "three", up: "ALTER TABLE two ADD m int", down: "ALTER TABLE two DROP m"),
    ]

    @Test func migrationsGoUpAndDownInOrder() async throws {
        try await withSchema { (pool: PostgresPool, _: PostgresPool) async throws in
            #expect(try await pool.appliedMigrations().isEmpty)
            #expect(try await pool.migrate(Self.migrations.reversed(), to: 2) == [1, 2])
            #expect(try await pool.migrate(Self.migrations) == [3])
            #expect(try await pool.migrate(Self.migrations) == [])
            #expect(try await pool.appliedMigrations().map(\.name) == ["one", "two", "three"])
            #expect(try await pool.migrate(Self.migrations, to: 1) == [3, 2])
            #expect(try await pool.query("SELECT to_regclass('two') AS t").first?.optional("t") == nil)
            #expect(try await pool.migrate(Self.migrations, to: 0) == [1])
        }
    }

    @Test func aMigrationThatFailsChangesNothing() async throws {
        try await withSchema { (pool: PostgresPool, _: PostgresPool) async throws in
            let broken = Migration(version: 3, name: "broken", up: "CREATE TABLE three (n int); SELECT 1 / 0", down: "")
            await #expect(throws: PostgresError.self) { try await pool.migrate(Self.migrations.prefix(2) + [broken]) }
            #expect(try await pool.appliedMigrations().isEmpty)
            #expect(try await pool.query("SELECT to_regclass('one') AS t").first?.optional("t") == nil)
        }
    }

    @Test func aDatabaseThatIsNewerIsLeftAlone() async throws {
        try await withSchema { pool, _ in
            try await pool.migrate(Self.migrations)
            let error = await #expect(throws: NewerSchemaError.self) {
                try await pool.migrate(Array(Self.migrations.prefix(2)))
            }
            #expect(error?.version == 3 && error?.known == 2)
            #expect(error?.description.contains("apus migrate down --to 2") == true)
            #expect(try await pool.appliedMigrations().count == 3)
        }
    }
}

/// PostgreSQL, "Connection Strings".
@Suite struct ConnectionStringTests {
    @Test func bothFormsAreRead() throws {
        let words = try ConnectionParameters("host=h port=5433 user='a b' password='it\\'s' dbname=d")
        #expect(
            words["host"] == "h" && words["port"] == "5433" && words["user"] == "a b" && words["password"] == "it's")
        let uri = try ConnectionParameters("postgresql://u:p%40ss@h:5433/d?sslmode=require&application_name=x")
        #expect(uri["user"] == "u" && uri["password"] == "p@ss" && uri["dbname"] == "d" && uri["sslmode"] == "require")
        #expect(uri["nosuch"] == nil)
    }

    @Test func aParameterMayBeReplaced() throws {
        var parameters = try ConnectionParameters("host=h dbname=d")
        parameters["dbname"] = "other"
        parameters["host"] = nil
        #expect(parameters["dbname"] == "other" && parameters["host"] == nil)
    }

    @Test(arguments: ["host", "nosuch=1", "password=hunter2 nosuch=1", "host='open", "postgresql://u:hunter2@[::1/d"])
    func whatCannotBeReadIsRefusedWithoutRepeatingIt(conninfo: String) {
        let error = #expect(throws: PostgresError.self) { try ConnectionParameters(conninfo) }
        #expect(error?.state == "08001")
        #expect(error.map { !$0.debugDescription.contains("hunter2") } == true)
    }
}
