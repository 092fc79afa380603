import Backup
import Catalog
import FoundationEssentials
import Glibc
import HTTPClient
import ProductStack
import ProgramSupport
import Settings
import Telemetry

/// Runs a body with the settings of the stores: those of the environment where it names them; else those of the stack
/// that runs with the data folder; else of one that is started for it alone.
private func withStores(
    _ options: ProgramOptions, _ body: @escaping @Sendable ([String: String]) async throws -> Void
) async throws {
    let environment = ProgramLife.environment
    if BackupServices.needed.allSatisfy({ environment[$0] != nil }) { return try await body(environment) }
    var data = options.value("data") ?? ".apus"
    if !data.hasPrefix("/") { data = FileManager.default.currentDirectoryPath + "/" + data }
    if let settings = StackFile(dataDirectory: data).settings {
        return try await body(settings.merging(environment) { $1 })
    }
    guard let ports = StackPorts.unused() else { throw CommandError("ten free ports in a row could not be found") }
    var configuration = StackSupervisor.Configuration(dataDirectory: data, ports: ports, environment: environment)
    configuration.onlyData = true
    let printer = LogPrinter(showsRequests: environment["APUS_LOG"] != nil)
    let stack = try StackSupervisor(configuration, layout: try ProductLayout(), printer: printer, client: HTTPSession())
    try await stack.run { try await body(stack.settings) }
}

/// Something about a command that its user has to mend.
private struct CommandError: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}

private func counted(_ counts: [String: Int]) -> String {
    ["documents", "passages", "chats", "messages"].map { "\(counts[$0] ?? 0) \($0)" }.joined(separator: ", ")
}

/// Writes a backup.
func backup(_ options: ProgramOptions) async throws {
    guard options.words.count == 2 else { options.fail("backup needs the name of a file or a folder") }
    let given = options.words[1]
    let keep = options.value("keep").map { _ in options.number("keep", default: 1, in: 1...10_000) }
    let folder = BackupFolder(given)
    guard keep == nil || folder != nil else { options.fail("--keep goes with a folder; \(given) is none") }
    let path = folder?.newFile ?? given
    try await withStores(options) { environment in
        let services = try await BackupServices(environment: environment, client: HTTPSession())
        let report = try await BackupWriter(services).write(to: path)
        let counts = [
            "documents": report.documents, "passages": report.passages, "chats": report.chats,
            "messages": report.messages,
        ]
        writeAll("Wrote \(path): \(counted(counts)), \(report.bytes) bytes.\n", to: STDOUT_FILENO)
        if let keep, let folder {
            for old in try folder.removeOldest(keeping: keep) { writeAll("Removed \(old).\n", to: STDOUT_FILENO) }
        }
    }
}

/// Restores a backup.
func restore(_ options: ProgramOptions) async throws {
    guard options.words.count == 2 else { options.fail("restore needs the name of a backup") }
    let path = options.words[1]
    let embedsAnew = options.flag("embed-anew")
    let messagesOnly = options.flag("messages-only")
    if embedsAnew, messagesOnly { options.fail("--embed-anew and --messages-only do not go together") }
    let key = ProgramLife.environment["APUS_BACKUP_KEY"].map { Secret($0) }
    // Before anything is started or touched.
    let backup = try BackupReader(path, key: key)
    try await withStores(options) { environment in
        let services = try await BackupServices(environment: environment, client: HTTPSession())
        let restorer = BackupRestorer(services)
        guard !messagesOnly else {
            let count = try await restorer.restoreMessages(backup)
            return writeAll("Restored \(count) messages; those that were there stayed.\n", to: STDOUT_FILENO)
        }
        let report = try await restorer.restore(backup, embedsAnew: embedsAnew)
        writeAll("Restored \(counted(report.counts)).\n", to: STDOUT_FILENO)
        if report.queued > 0 {
            writeAll("\(report.queued) documents are read anew when Apus runs.\n", to: STDOUT_FILENO)
        }
    }
}

/// Checks a backup, or the stores.
func verify(_ options: ProgramOptions) async throws {
    if options.words.count == 2 {
        let key = ProgramLife.environment["APUS_BACKUP_KEY"].map { Secret($0) }
        let backup = try BackupReader(options.words[1], key: key)
        return writeAll(
            "\(options.words[1]) is intact: \(counted(backup.counts)). Made \(backup.origin).\n", to: STDOUT_FILENO)
    }
    try await withStores(options) { environment in
        let services = try await BackupServices(environment: environment, client: HTTPSession())
        let report = try await DataVerifier(services).run()
        for problem in report.problems { writeAll(problem + "\n", to: STDOUT_FILENO) }
        guard report.problems.isEmpty else { throw CommandError("\(report.problems.count) problems were found") }
        writeAll(
            "\(report.documents) documents and \(report.chats) chats: everything is there.\n", to: STDOUT_FILENO)
    }
}

/// Looks at the database's schema, or changes it.
func migrate(_ options: ProgramOptions) async throws {
    let newest = CatalogDatabase.knownMigrations.map(\.version).max() ?? 0
    let target = options.value("to").map { _ in options.number("to", default: 0, in: 0...newest) }
    let verb = options.words.dropFirst().first
    switch (verb, target) {
    case ("down", nil): options.fail("migrate down needs --to VERSION; what later versions hold is lost")
    case ("up", _), ("down", _), ("status", nil): break
    default:
        options.fail("the commands are 'migrate status', 'migrate up [--to VERSION]' and 'migrate down --to VERSION'")
    }
    try await withStores(options) { environment in
        let catalog = try await BackupServices(environment: environment, client: HTTPSession()).database
        let applied = try await catalog.appliedMigrations()
        let current = applied.map(\.version).max() ?? 0
        if verb == "status" {
            for migration in CatalogDatabase.knownMigrations {
                let at = applied.first { $0.version == migration.version }?.at
                writeAll("\(migration.version)  \(migration.name)  \(at.map { "made " + $0 } ?? "missing")\n", to: 1)
            }
            for extra in applied where extra.version > newest {
                writeAll("\(extra.version)  \(extra.name)  made \(extra.at) by a newer Apus\n", to: 1)
            }
            return
        }
        if let target, verb == "down", target > current { throw CommandError("the database is at version \(current)") }
        if let target, verb == "up", target < current {
            throw CommandError("the database is at version \(current); 'migrate down --to \(target)' goes back")
        }
        let changed = try await catalog.migrate(to: target)
        let after = try await catalog.appliedMigrations().map(\.version).max() ?? 0
        writeAll("The database is at version \(after); \(changed.count) changes were made.\n", to: STDOUT_FILENO)
    }
}
