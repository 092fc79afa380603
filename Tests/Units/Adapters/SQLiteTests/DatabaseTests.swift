import FoundationEssentials
import Glibc
import SQLite
import Synchronization
import TestSupport
import Testing

@Suite struct DatabaseTests {
    private static let schema = "CREATE TABLE IF NOT EXISTS items (id INTEGER PRIMARY KEY, value, UNIQUE (value));"

    /// A database in a folder of its own, removed afterwards.
    private func withDatabase(
        _ schema: String = DatabaseTests.schema, durability: SQLiteDatabase.Durability = .commit,
        _ body: (SQLiteDatabase, String) async throws -> Void
    ) async throws {
        let folder = try Fixtures.temporaryDirectory()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let path = folder + "/test.sqlite"
        try await body(try SQLiteDatabase(path: path, schema: schema, durability: durability), path)
    }

    /// sqlite.org/datatype3.html: five storage classes.
    @Test func everyStorageClassComesBack() async throws {
        try await withDatabase("CREATE TABLE t (v);") { database, _ in
            let values: [SQLiteValue] = [
                .null, .integer(.min), .integer(.max), .integer(0), .real(0.1), .real(-1e308), .text(""), .text("é😀"),
                .text("a\0b"), .blob([]), .blob([0, 255]), .blob([UInt8](repeating: 7, count: 1_000_000)),
            ]
            for value in values {
                try database.query("INSERT INTO t VALUES (?)", [value])
                #expect(try database.query("SELECT v FROM t WHERE rowid = last_insert_rowid()") == [[value]])
            }
            #expect(
                try database.query("SELECT typeof(v) FROM t WHERE rowid IN (1, 2, 5, 7, 11) ORDER BY rowid").flatMap {
                    $0
                }
                    == ["null", "integer", "real", "text", "blob"].map { .text($0) })
        }
    }

    @Test func valuesAreToldApart() {
        #expect(SQLiteValue.integer(1).int == 1 && SQLiteValue.text("1").int == nil && SQLiteValue.real(1).int == nil)
        #expect(SQLiteValue.text("a").string == "a" && SQLiteValue.blob([97]).string == nil)
        #expect(SQLiteValue.blob([1]).bytes == [1] && SQLiteValue.null.bytes == nil)
        #expect(SQLiteValue.optional(nil) == .null && SQLiteValue.optional("") == .text(""))
    }

    @Test func rowsAreVisitedWithoutCopiesUntilEnough() async throws {
        try await withDatabase { database, _ in
            for number in 1...10 {
                try database.query("INSERT INTO items VALUES (?, ?)", [.integer(Int64(number)), .text("v\(number)")])
            }
            var seen: [Int64] = []
            try database.read { access in
                try access.scan("SELECT id, value, NULL, id / 2.0 FROM items WHERE id > ? ORDER BY id", [.integer(2)]) {
                    row in
                    #expect(row.count == 4)
                    #expect(row.text(1) == "v\(row.int(0))" && row.text(2) == nil && row.int(2) == 0)
                    #expect(row.double(3) == Double(row.int(0)) / 2)
                    #expect(row.withBytes(1) { $0?.count } == 2 && row.withBytes(2) { $0 == nil })
                    seen.append(row.int(0))
                    return seen.count < 3
                }
            }
            #expect(seen == [3, 4, 5])
            // The statement was let go half way, and serves again.
            var all = 0
            try database.read { try $0.forEach("SELECT id, value, NULL, id / 2.0 FROM items", []) { _ in all += 1 } }
            #expect(all == 10)
        }
    }

    @Test func aTransactionThatThrowsLeavesNothing() async throws {
        try await withDatabase { database, _ in
            try database.query("INSERT INTO items VALUES (1, 'a')")
            #expect(throws: TestFailure.self) {
                try database.transaction { access in
                    try access.query("INSERT INTO items VALUES (2, 'b')")
                    try access.query("DELETE FROM items WHERE id = 1")
                    #expect(access.changedRows == 1)
                    throw TestFailure("changed my mind")
                }
            }
            let error = #expect(throws: SQLiteError.self) {
                try database.transaction { access in
                    try access.query("INSERT INTO items VALUES (3, 'c')")
                    try access.query("INSERT INTO items VALUES (4, 'a')")
                }
            }
            #expect(error?.isConstraint == true)
            #expect(try database.query("SELECT id FROM items") == [[.integer(1)]])
            // And the connection goes on.
            _ = try database.transaction { try $0.query("INSERT INTO items VALUES (5, 'e')") }
            #expect(try database.query("SELECT count(*) FROM items") == [[.integer(2)]])
        }
    }

    @Test(arguments: ["SELEKT 1", "SELECT * FROM none", "SELECT nosuch()", "INSERT INTO items VALUES (1)"])
    func brokenStatementsAreErrorsWithTheLibrarysWords(sql: String) async throws {
        try await withDatabase { database, _ in
            let error = #expect(throws: SQLiteError.self) { try database.query(sql) }
            #expect(error?.code == 1 && error?.isConstraint == false)
            #expect(error?.description.hasPrefix("SQLite error 1: ") == true)
            #expect(throws: SQLiteError.self) { try database.execute(sql) }
        }
    }

    @Test func tooManyParametersAreAnError() async throws {
        try await withDatabase { (database: SQLiteDatabase, _: String) async throws in
            #expect(throws: SQLiteError.self) { try database.query("SELECT ?", [.integer(1), .integer(2)]) }
            // One that is not given is NULL, and nothing is left over from the call before.
            #expect(try database.query("SELECT ?1", [.integer(1)]) == [[.integer(1)]])
            #expect(try database.query("SELECT ?1") == [[.null]])
        }
    }

    @Test func manyDifferentStatementsAreServed() async throws {
        try await withDatabase { (database: SQLiteDatabase, _: String) async throws in
            for number in 0..<500 { #expect(try database.query("SELECT \(number)") == [[.integer(Int64(number))]]) }
            #expect(try database.query("SELECT 0") == [[.integer(0)]])
        }
    }

    @Test func readersSeeWhatIsCommittedAndWriteNothing() async throws {
        try await withDatabase { database, path in
            try database.query("INSERT INTO items VALUES (1, 'a')")
            let reader = try SQLiteDatabase(path: path, schema: "", isReader: true)
            try database.transaction { access in
                try access.query("INSERT INTO items VALUES (2, 'b')")
                #expect(try reader.query("SELECT count(*) FROM items") == [[.integer(1)]])
            }
            #expect(try reader.query("SELECT count(*) FROM items") == [[.integer(2)]])
            // sqlite.org/rescode.html: SQLITE_READONLY.
            let error = #expect(throws: SQLiteError.self) { try reader.query("INSERT INTO items VALUES (3, 'c')") }
            #expect(error.map { $0.code & 0xFF } == 8)
        }
    }

    @Test func whatIsNoDatabaseIsRefused() async throws {
        let folder = try Fixtures.temporaryDirectory()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try Data("this is a letter, not a database ".utf8 + [UInt8](repeating: 65, count: 5000))
            .write(to: URL(fileURLWithPath: folder + "/letter"))
        // SQLITE_NOTADB, SQLITE_CANTOPEN.
        #expect(throws: SQLiteError.self) { try SQLiteDatabase(path: folder + "/letter", schema: "") }
        #expect(throws: SQLiteError.self) { try SQLiteDatabase(path: folder + "/none/x", schema: "") }
        #expect(throws: SQLiteError.self) { try SQLiteDatabase(path: folder + "/none", schema: "", isReader: true) }
    }

    @Test func aSecondWriterWaitsForTheFirst() async throws {
        try await withDatabase { database, path in
            let other = try SQLiteDatabase(path: path, schema: "")
            let isHeld = Flag()
            async let second: Void = {
                _ = await eventually { isHeld.isSet }
                try await other.write { try $0.query("INSERT INTO items VALUES (2, 'b')") }
            }()
            try await database.write { access in
                try access.query("INSERT INTO items VALUES (1, 'a')")
                isHeld.set()
                usleep(200_000)
            }
            try await second
            #expect(try database.query("SELECT id FROM items ORDER BY id") == [[.integer(1)], [.integer(2)]])
        }
    }

    /// Lost updates would show in the sum.
    @Test func writersFromManyTasksLoseNothing() async throws {
        try await withDatabase("CREATE TABLE IF NOT EXISTS sum (n INTEGER); ") { database, path in
            try database.query("INSERT INTO sum VALUES (0)")
            let other = try SQLiteDatabase(path: path, schema: "")
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<200 {
                    group.addTask {
                        try await (number % 2 == 0 ? database : other).write { access in
                            let before = try access.query("SELECT n FROM sum").first?.first?.int ?? 0
                            try access.query("UPDATE sum SET n = ?", [.integer(before + 1)])
                        }
                    }
                }
                try await group.waitForAll()
            }
            #expect(try database.query("SELECT n FROM sum") == [[.integer(200)]])
        }
    }

    @Test func oneWriteOfManyThatFailsTouchesNoOther() async throws {
        try await withDatabase { database, _ in
            let failures = Tally()
            await withTaskGroup(of: Void.self) { group in
                for number in 0..<300 {
                    group.addTask {
                        do {
                            try await database.write { access in
                                try access.query("INSERT INTO items VALUES (?, ?)", [.integer(Int64(number)), .null])
                                if number % 3 == 0 { throw TestFailure("no") }
                                if number % 3 == 1 {
                                    try access.query(
                                        "INSERT INTO items VALUES (?, 'taken')", [.integer(Int64(1000 + number))])
                                    try access.query(
                                        "INSERT INTO items VALUES (?, 'taken')", [.integer(Int64(2000 + number))])
                                }
                            }
                        } catch { failures.add() }
                    }
                }
            }
            #expect(failures.value == 200)
            let rows = try database.query("SELECT id FROM items ORDER BY id").compactMap { $0.first?.int }
            #expect(rows == stride(from: Int64(2), to: 300, by: 3).map { $0 })
        }
    }

    @Test func writesGiveWhatTheirBodiesReturn() async throws {
        try await withDatabase { database, _ in
            let id = try await database.write { access in
                try access.query("INSERT INTO items (value) VALUES ('x') RETURNING id").first?.first?.int
            }
            #expect(id == 1)
        }
    }

    /// sqlite.org/wal.html: what was committed and synchronised is there after a death in the middle of the next write.
    @Test(arguments: [true, false]) func aDeathLeavesWholeCommitsOnly(groups: Bool) async throws {
        let folder = try Fixtures.temporaryDirectory()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let path = folder + "/test.sqlite"
        await #expect(processExitsWith: .signal(SIGKILL)) { [path = path as String, groups] in
            let database = try SQLiteDatabase(
                path: path, schema: "CREATE TABLE IF NOT EXISTS pairs (a INTEGER, b INTEGER);",
                durability: groups ? .synchronise : .commit)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<100 {
                    group.addTask {
                        try await database.write { access in
                            try access.query("INSERT INTO pairs VALUES (?, 0)", [.integer(Int64(number))])
                            try access.query("UPDATE pairs SET b = a WHERE a = ?", [.integer(Int64(number))])
                        }
                    }
                }
                try await group.waitForAll()
            }
            if groups { try database.synchronise() }
            try database.transaction { access in
                try access.query("INSERT INTO pairs VALUES (1000, 1)")
                try access.query("UPDATE pairs SET b = -1")
                kill(getpid(), SIGKILL)
            }
        }
        let database = try SQLiteDatabase(path: path, schema: "")
        #expect(
            try database.query("SELECT count(*), sum(a), sum(b) FROM pairs") == [
                [.integer(100), .integer(4950), .integer(4950)]
            ])
        #expect(try database.query("PRAGMA integrity_check") == [[.text("ok")]])
    }

    @Test func aCheckpointEmptiesTheLogAndOverwrittenTextIsGone() async throws {
        try await withDatabase(durability: .synchronise) { database, path in
            let secret = "the secret of the house"
            try database.query("INSERT INTO items VALUES (1, ?)", [.text(secret)])
            try database.synchronise()
            try database.query("DELETE FROM items")
            #expect(try database.checkpoint(.truncate) == 0)
            #expect((try? FileManager.default.attributesOfItem(atPath: path + "-wal")[.size] as? Int) == 0)
            let left = try Fixtures.bytes(path)
            #expect(!String(decoding: left, as: UTF8.self).contains(secret))
        }
    }

    @Test func foreignKeysHold() async throws {
        let schema = "CREATE TABLE p (id INTEGER PRIMARY KEY); CREATE TABLE c (p INTEGER REFERENCES p (id));"
        try await withDatabase(schema) { database, _ in
            let error = #expect(throws: SQLiteError.self) { try database.query("INSERT INTO c VALUES (1)") }
            #expect(error?.isConstraint == true)
        }
    }
}
