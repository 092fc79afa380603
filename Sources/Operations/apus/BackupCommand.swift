import Backup
import Glibc
import HTTPClient
import ProgramSupport
import Telemetry

func counted(_ counts: [String: Int]) -> String {
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
    let key = try await BackupServices.key(environment: ProgramLife.environment, client: HTTPSession())
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
