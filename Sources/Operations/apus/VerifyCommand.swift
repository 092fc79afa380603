import Backup
import Glibc
import HTTPClient
import ProgramSupport
import Telemetry

/// Checks a backup, or the stores.
func verify(_ options: ProgramOptions) async throws {
    if options.words.count == 2 {
        let key = try await BackupServices.key(environment: ProgramLife.environment, client: HTTPSession())
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
