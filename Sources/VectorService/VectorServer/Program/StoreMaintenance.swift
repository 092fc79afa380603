public import ProgramSupport
import Vectors

/// What `vm-server` does in place of serving: `--verify`, `--backup DIR`, `--restore DIR`.
public enum StoreMaintenance {
    /// Does what the options ask for.
    ///
    /// - Parameter print: Takes a line of the report.
    /// - Returns: Whether they asked for anything; otherwise the program is to serve.
    /// - Throws: `DamagedStore` when a check found faults, or what kept the work from being done.
    public static func run(_ options: ProgramOptions, print: (String) -> Void) throws -> Bool {
        let data = options.value("data") ?? VMServer.Configuration().dataDirectory
        if let target = options.value("backup") {
            let report = try StoreBackup.copy(data, to: target)
            print(
                "Copied \(report.collections) collections with \(report.records) records to \(target); "
                    + "every record was checked.")
        } else if let source = options.value("restore") {
            let report = try StoreBackup.restore(source, to: data)
            print("Restored \(report.collections) collections with \(report.records) records into \(data).")
        } else if options.flag("verify") {
            let report = try StoreVerification.run(data)
            for problem in report.problems { print(problem) }
            print(
                "\(report.collections) collections, \(report.records) records: "
                    + (report.problems.isEmpty ? "everything is intact." : "\(report.problems.count) problems."))
            if !report.problems.isEmpty { throw DamagedStore() }
        } else {
            return false
        }
        return true
    }
}

/// A check of the data folder found faults.
public struct DamagedStore: Error, CustomStringConvertible {
    public let description = "the data folder is damaged; restore it from a backup"
}
