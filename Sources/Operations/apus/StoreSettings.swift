import Backup
import FoundationEssentials
import HTTPClient
import ProductStack
import ProgramSupport

/// Runs a body with the settings of the stores: those of the environment where it names them; else those of the stack
/// that runs with the data folder; else of one that is started for it alone.
func withStores(
    _ options: ProgramOptions, _ body: @escaping @Sendable ([String: String]) async throws -> Void
) async throws {
    let environment = ProgramLife.environment
    if BackupServices.needed.allSatisfy({ environment[$0] != nil }) { return try await body(environment) }
    if let settings = runningStack(options) { return try await body(settings.merging(environment) { $1 }) }
    guard let ports = StackPorts.unused() else { throw CommandError("eleven free ports in a row could not be found") }
    var configuration = StackSupervisor.Configuration(
        dataDirectory: dataFolder(options), ports: ports, environment: environment)
    configuration.onlyData = true
    let printer = LogPrinter(showsRequests: environment["APUS_LOG"] != nil)
    let stack = try StackSupervisor(configuration, layout: try ProductLayout(), printer: printer, client: HTTPSession())
    try await stack.run { try await body(stack.settings) }
}

/// The settings of the stack that runs with the data folder; `nil` when none does.
func runningStack(_ options: ProgramOptions) -> [String: String]? {
    StackFile(dataDirectory: dataFolder(options)).settings
}

private func dataFolder(_ options: ProgramOptions) -> String {
    let data = options.value("data") ?? ".apus"
    return data.hasPrefix("/") ? data : FileManager.default.currentDirectoryPath + "/" + data
}

/// Something about a command that its user has to mend.
struct CommandError: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}
