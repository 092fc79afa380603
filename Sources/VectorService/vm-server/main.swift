import AzureIdentity
import CLinux
import HTTPClient
import ProgramSupport
import RequestGuards
import Settings
import Telemetry
import TelemetryExport
import VectorServer

/// Serves the page, the proxy and the vectors until a termination signal.
func serve(_ options: ProgramOptions) async throws {
    let client = HTTPSession()
    let secrets = APIProxy.Upstreams.secretNames + AccessTokens.secretNames + [TelemetryExporter.secretName]
    var settings = SettingsReader(
        try await KeyVaultSettings.resolved(ProgramLife.environment, names: secrets, client: client))
    let upstreams = APIProxy.Upstreams(&settings)
    let token = settings.secret(AccessTokens.keyName)
    let hosts = AllowedHosts(&settings)
    let origins = AllowedOrigins(&settings)
    let log = Log(label: "vm-server", level: settings.logLevel())
    let traces = TelemetryExporter.start("apus-vm", &settings, client: client, log: log).traces
    try settings.finish()
    var configuration = try VMServer.Configuration(options, token: token)
    configuration.traces = traces
    configuration.hosts = hosts
    configuration.origins = origins
    let sockets = InheritedSockets()
    configuration.inherited = { sockets.listener(on: $0) }
    ProgramLife.raiseFileLimit()
    apus_allocator_prefers_small()
    let server = try VMServer(configuration, upstreams: upstreams, client: client, log: log)
    ProcessMetrics.noteReady()
    log.info("serving", ["vectors": "\(server.ports.vectors)", "page": server.ports.page.map { "\($0)" } ?? "off"])
    await ProgramLife.terminationRequested()
    await server.shutDown()
}

let options = ProgramOptions(
    program: "vm-server", usage: "[options]",
    summary: "Serves the Apus web page with its API proxy, a ChromaDB-compatible vector service and text embeddings.",
    options: VMServer.options, arguments: Array(CommandLine.arguments.dropFirst()))
await ProgramLife.run("vm-server") {
    if try !StoreMaintenance.run(options, print: { print($0) }) { try await serve(options) }
}
