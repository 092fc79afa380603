import Glibc
import JSONCoding
import SQLite

/// Checks a data folder that no server uses: databases, every record's checksums, every vector's, every page of the
/// graphs, and that they fit each other.
public enum StoreVerification {
    /// What was found.
    public struct Report: Sendable {
        public var collections = 0
        public var records = 0
        /// A sentence for each fault.
        public var problems: [String] = []
    }

    /// Checks the folder.
    ///
    /// - Throws: `VectorStorageError` when another process uses it or a newer version wrote it.
    public static func run(_ directory: String) throws -> Report {
        guard access(directory, F_OK) == 0 else { throw VectorStorageError("cannot open \(directory)", errno) }
        let lock = try FolderLock(store: directory)
        defer { withExtendedLifetime(lock) {} }
        return try check(directory)
    }

    static func check(_ directory: String) throws -> Report {
        var report = Report()
        let catalog = try CollectionCatalog(directory: directory)
        let collections = catalog.read { Array($0.collections.values) }
        for info in collections.sorted(by: { $0.id < $1.id }) {
            report.collections += 1
            let folder = directory + "/collections/" + info.id
            // Nothing was ever written to it.
            guard access(folder + "/" + RecordDatabase.fileName, F_OK) == 0 else { continue }
            do {
                try check(folder, "Collection \(info.name) (\(info.id))", &report)
            } catch {
                report.problems.append("Collection \(info.name) (\(info.id)): \(error)")
            }
        }
        return report
    }

    /// Faults of the tokens' embeddings; a folder that an earlier version wrote last has none.
    private static func tokenProblems(_ database: SQLiteDatabase) throws -> [String] {
        var problems: [String] = []
        try database.read { access in
            try access.scan("SELECT seq, value, checksum FROM tokens") { row in
                let bytes = row.withBytes(1) { $0.map { Array($0) } ?? [] }
                if RecordDatabase.checksum(bytes) != row.int(2) {
                    problems.append("the token embeddings of record \(row.int(0)) do not fit their checksum")
                }
                return problems.count < 100
            }
        }
        let orphans = "SELECT count(*) FROM tokens WHERE seq NOT IN (SELECT seq FROM records)"
        if try database.query(orphans).first?[0].int != 0 { problems.append("token embeddings without a record") }
        return problems
    }

    private static func check(_ folder: String, _ name: String, _ report: inout Report) throws {
        let database = try SQLiteDatabase(path: folder + "/" + RecordDatabase.fileName, schema: "")
        var problems: [String] = []
        for row in try database.query("PRAGMA integrity_check") where row.first?.string != "ok" {
            problems.append("the database: \(row.first?.string ?? "?")")
        }
        var state: [String: Int64] = [:]
        for row in try database.query("SELECT name, value FROM state") { state[row[0].string ?? ""] = row[1].int }
        let file = try state["dimension"].map { try VectorFile(path: folder + "/vectors.f32", dimension: Int($0)) }
        let dead = Set(try database.query("SELECT slot FROM dead").compactMap { $0[0].int })
        let gone = try database.query("SELECT count(*) FROM gone").first?[0].int ?? 0
        var slots: Set<Int64> = []
        var count: Int64 = 0
        try database.read { access in
            try access.scan("SELECT seq, slot, id, document, uri, checksum FROM records") { row in
                count += 1
                let (seq, slot) = (row.int(0), row.int(1))
                if RecordDatabase.checksum(row.text(2) ?? "", row.text(3), row.text(4)) != row.int(5) {
                    problems.append("record \(seq) does not fit its checksum")
                }
                if !slots.insert(slot).inserted { problems.append("two records share the vector \(slot)") }
                if dead.contains(slot) { problems.append("record \(seq) has the vector \(slot), which is deleted") }
                let isWithin = slot >= 0 && slot < state["slots"] ?? 0 && seq < state["next_seq"] ?? 0
                if !isWithin || !(file?.isIntact(UInt32(truncatingIfNeeded: slot)) ?? false) {
                    problems.append("record \(seq): its vector \(slot) does not fit its checksum")
                }
                return problems.count < 100
            }
            try access.scan("SELECT seq, value, checksum FROM metadata") { row in
                let text = row.text(1) ?? ""
                if RecordDatabase.checksum(text, nil, nil) != row.int(2) || (try? JSONParser.parse(text).object) == nil
                {
                    problems.append("the metadata of record \(row.int(0)) does not fit its checksum")
                }
                return problems.count < 100
            }
        }
        let tokens = "SELECT name FROM sqlite_master WHERE name = 'tokens'"
        if try !database.query(tokens).isEmpty { problems += try tokenProblems(database) }
        if count + gone != state["next_seq"] ?? 0 {
            problems.append("\(count) records and \(gone) deleted ones are not \(state["next_seq"] ?? 0)")
        }
        let orphans = "SELECT count(*) FROM metadata WHERE seq NOT IN (SELECT seq FROM records)"
        if try database.query(orphans).first?[0].int != 0 { problems.append("metadata without a record") }
        if let file {
            let parameters = GraphFile.Parameters(
                metric: 0, dimension: UInt32(file.dimension), neighbours: 0, quantised: 0)
            let graph = GraphFile(directory: folder, parameters: parameters)
            try graph.finishCheckpoint()
            if let damage = graph.damage() { problems.append(damage) }
        }
        report.records += Int(count)
        report.problems += problems.map { "\(name): \($0)" }
    }
}
