import Backup
import Catalog
import Glibc
import HTTPClient
import ProgramSupport
import Telemetry

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
