import AzureEmulator
import ProgramSupport
import Telemetry

/// Serves the emulated services until a termination signal.
func serve(_ options: ProgramOptions) async throws {
    var configuration = AzureEmulator.Configuration()
    configuration.dataDirectory = options.value("data") ?? configuration.dataDirectory
    configuration.blobPort = options.port("blob-port", default: configuration.blobPort)
    configuration.queuePort = options.port("queue-port", default: configuration.queuePort)
    configuration.cosmosPort = options.port("cosmos-port", default: configuration.cosmosPort)
    configuration.vaultPort = options.port("vault-port", default: configuration.vaultPort)
    configuration.identityPort = options.port("identity-port", default: configuration.identityPort)
    let log = ProgramLife.log("azure-emulator")
    let emulator = try AzureEmulator(configuration, log: log)
    log.info("serving", Dictionary(uniqueKeysWithValues: emulator.ports.map { ($0.name, "\($0.port)") }))
    await ProgramLife.terminationRequested()
    await emulator.shutDown()
}

let options = ProgramOptions(
    program: "azure-emulator", usage: "[options]",
    summary:
        "Azure's Blob, Queue, Cosmos DB, Key Vault and managed identity for one machine, with the emulators' public keys.",
    options: [
        .init("data", "DIR", "Folder of the data (default .apus/azure)."),
        .init("blob-port", "PORT", "Port of Blob Storage (default 10000; 0 lets the system choose)."),
        .init("queue-port", "PORT", "Port of Queue Storage (default 10001)."),
        .init("cosmos-port", "PORT", "Port of Cosmos DB (default 8081)."),
        .init("vault-port", "PORT", "Port of Key Vault (default 8443)."),
        .init("identity-port", "PORT", "Port of the managed identity endpoint (default 8444)."),
    ],
    arguments: Array(CommandLine.arguments.dropFirst()))
await ProgramLife.run("azure-emulator") { try await serve(options) }
