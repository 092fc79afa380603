import HTTPClient
import ProgramSupport
import Settings
import Telemetry
import VectorServer

/// Serves the page, the proxy and the vectors until a termination signal.
func serve(_ options: ProgramOptions) async throws {
    var settings = SettingsReader(ProgramLife.environment)
    let upstreams = APIProxy.Upstreams(&settings)
    var configuration = VMServer.Configuration()
    configuration.token = settings.secret("APUS_CHROMA_TOKEN")
    let log = Log(label: "vm-server", level: settings.logLevel())
    try settings.finish()
    configuration.dataDirectory = options.value("data") ?? configuration.dataDirectory
    configuration.webDirectory = options.value("web") ?? configuration.webDirectory
    configuration.modelDirectory = options.value("model") ?? configuration.modelDirectory
    configuration.port = options.port("port", default: configuration.port)
    configuration.vectorsPort = options.port("vectors-port", default: configuration.vectorsPort)
    configuration.vectorsOnly = options.flag("vectors-only")
    configuration.allowsReset = options.flag("allow-reset")
    let server = try VMServer(configuration, upstreams: upstreams, client: HTTPClient(), log: log)
    log.info("serving", ["vectors": "\(server.ports.vectors)", "page": server.ports.page.map { "\($0)" } ?? "off"])
    await ProgramLife.terminationRequested()
    await server.shutDown()
}

let options = ProgramOptions(
    program: "vm-server", usage: "[options]",
    summary: "Serves the Apus web page with its API proxy, a ChromaDB-compatible vector service and text embeddings.",
    options: [
        .init("vectors-only", nil, "Serve only the vectors port, without page and proxy."),
        .init("allow-reset", nil, "Allow POST /api/v2/reset, which deletes every collection."),
        .init("data", "DIR", "Folder of the vectors (default .apus/vectors)."),
        .init("web", "DIR", "Folder of the web page (default web)."),
        .init("port", "PORT", "Port of the page (default 8080; 0 lets the system choose)."),
        .init("vectors-port", "PORT", "Port of the vector service (default 8000; 0 lets the system choose)."),
        .init("model", "DIR", "Folder of the embedding model (default models/all-MiniLM-L6-v2)."),
    ],
    arguments: Array(CommandLine.arguments.dropFirst()))
await ProgramLife.run("vm-server") { try await serve(options) }
