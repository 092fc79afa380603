import AzureEmulator
import HTTPClient
import ProgramSupport
import RequestGuards
import Settings
import Telemetry
import TelemetryExport

@Sendable func serve(_ options: ProgramOptions) async throws {
    let log = ProgramLife.log("azure-emulator")
    ProgramLife.raiseFileLimit()
    var settings = SettingsReader(ProgramLife.environment)
    var configuration = Emulator.Configuration(options, keys: EmulatorKeys(settings))
    configuration.adminToken = settings.secret("APUS_EMULATOR_TOKEN")
    configuration.hosts = AllowedHosts(&settings)
    TelemetryExporter.start("azure-emulator", &settings, client: HTTPSession(), log: log)
    try settings.finish()
    let emulator = try Emulator(configuration, log: log)
    var fields = Dictionary(uniqueKeysWithValues: emulator.ports.map { ($0.name, "\($0.port)") })
    fields["certificate"] = emulator.certificatePath
    fields["adminToken"] = emulator.adminTokenPath ?? "APUS_EMULATOR_TOKEN"
    log.info("serving", fields)
    await ProgramLife.terminationRequested()
    await emulator.shutDown()
}

let options = ProgramOptions(
    program: "azure-emulator", usage: "[options]", summary: Emulator.summary, options: Emulator.options,
    arguments: Array(CommandLine.arguments.dropFirst()))
await ProgramLife.run("azure-emulator") { try await serve(options) }
