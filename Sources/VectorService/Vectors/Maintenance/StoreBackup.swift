import FoundationEssentials
import Glibc
import SQLite

/// Copies a data folder, also while a server works on it, and puts a copy back.
public enum StoreBackup {
    private static let attempts = 5

    /// Copies everything to a new folder and checks the copy.
    ///
    /// Each collection is copied as it is at one moment. Its vector file is read after its database; a slot that was
    /// used again in between shows by its checksum, and the collection is copied once more. Graphs are not copied:
    /// they are built again from the vectors.
    /// - Throws: `VectorStorageError` when the target is not empty or no consistent copy was made.
    public static func copy(_ source: String, to target: String) throws -> StoreVerification.Report {
        guard access(source + "/" + CollectionCatalog.fileName, F_OK) == 0 else {
            throw VectorStorageError("\(source) is not a data folder of vm-server")
        }
        try requireEmpty(target)
        var report = StoreVerification.Report()
        for attempt in 1...attempts {
            try? FileManager.default.removeItem(atPath: target)
            try copyOnce(source, target)
            report = try StoreVerification.check(target)
            if report.problems.isEmpty { return report }
            if attempt < attempts { usleep(100_000) }
        }
        throw VectorStorageError(
            "the copy does not fit its checksums after \(attempts) attempts: \(report.problems.first ?? "")")
    }

    /// Puts a backup into an empty data folder and checks it there.
    ///
    /// - Throws: `VectorStorageError` when the folder is not empty or the backup is damaged.
    public static func restore(_ source: String, to target: String) throws -> StoreVerification.Report {
        try copy(source, to: target)
    }

    private static func requireEmpty(_ target: String) throws {
        guard access(target, F_OK) == 0 else { return }
        guard try FileManager.default.contentsOfDirectory(atPath: target).isEmpty else {
            throw VectorStorageError("\(target) is not empty; name a new folder")
        }
    }

    private static func copyOnce(_ source: String, _ target: String) throws {
        try FileManager.default.createDirectory(atPath: target + "/collections", withIntermediateDirectories: true)
        let catalog = try SQLiteDatabase(path: source + "/" + CollectionCatalog.fileName, schema: "", isReader: true)
        try catalog.query("VACUUM INTO ?", [.text(target + "/" + CollectionCatalog.fileName)])
        let copied = try SQLiteDatabase(path: target + "/" + CollectionCatalog.fileName, schema: "", isReader: true)
        for row in try copied.query("SELECT id FROM collections") {
            guard let id = row[0].string else { continue }
            let folder = source + "/collections/" + id
            // Never written to, or deleted since the catalogue was copied.
            guard access(folder + "/" + RecordDatabase.fileName, F_OK) == 0 else { continue }
            try CollectionCopy.copy(folder, to: target + "/collections/" + id)
        }
    }
}
