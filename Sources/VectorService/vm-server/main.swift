import AzureIdentity
import CLinux
import FoundationEssentials
import HTTPClient
import HTTPServing
import ProgramSupport
import Settings
import Telemetry
import TelemetryExport
import VectorServer
import Vectors

/// Serves the page, the proxy and the vectors until a termination signal.
func serve(_ options: ProgramOptions) async throws {
    let client = HTTPSession()
    let secrets = ["APUS_CHROMA_TOKEN", "APUS_FUNCTIONS_KEY", TelemetryExporter.secretName]
    var settings = SettingsReader(
        try await KeyVaultSettings.resolved(ProgramLife.environment, names: secrets, client: client))
    let upstreams = APIProxy.Upstreams(&settings)
    var configuration = VMServer.Configuration()
    let token = settings.secret("APUS_CHROMA_TOKEN")
    let log = Log(label: "vm-server", level: settings.logLevel())
    configuration.traces = TelemetryExporter.start("apus-vm", &settings, client: client, log: log).traces
    try settings.finish()
    configuration.dataDirectory = options.value("data") ?? configuration.dataDirectory
    configuration.webDirectory = options.value("web") ?? configuration.webDirectory
    configuration.modelDirectory = options.value("model") ?? configuration.modelDirectory
    configuration.port = options.port("port", default: configuration.port)
    configuration.vectorsPort = options.port("vectors-port", default: configuration.vectorsPort)
    configuration.address = options.value("address") ?? configuration.address
    let sockets = InheritedSockets()
    configuration.inherited = { sockets.listener(on: $0) }
    configuration.vectorsAddress = options.value("vectors-address") ?? configuration.vectorsAddress
    configuration.vectorsOnly = options.flag("vectors-only")
    configuration.embeds = !options.flag("no-embeddings")
    configuration.service.allowsReset = options.flag("allow-reset")
    configuration.service.allowsSparse = !options.flag("no-sparse")
    configuration.service.origins = options.all("cors-origin")
    configuration.service.slow = .milliseconds(options.number("slow-ms", default: 1000, in: 1...3_600_000))
    configuration.service.tokens = try AccessTokens(
        token: token, file: try options.value("tokens").map { try readText($0, "tokens") })
    configuration.storage.quantised = options.flag("scalar-quantisation")
    configuration.storage.indexThreads = options.number(
        "index-threads", default: configuration.storage.indexThreads, in: 1...64)
    switch (options.value("tls-certificate"), options.value("tls-key")) {
    case (let certificate?, let key?):
        configuration.tls = HTTPServer.TLSIdentity(
            certificate: try readText(certificate, "tls-certificate"), key: try readText(key, "tls-key"))
    case (nil, nil): break
    default: options.fail("--tls-certificate and --tls-key have to be given together")
    }
    ProgramLife.raiseFileLimit()
    apus_allocator_prefers_small()
    let server = try VMServer(configuration, upstreams: upstreams, client: client, log: log)
    ProcessMetrics.noteReady()
    log.info("serving", ["vectors": "\(server.ports.vectors)", "page": server.ports.page.map { "\($0)" } ?? "off"])
    await ProgramLife.terminationRequested()
    await server.shutDown()
}

/// Reads a file that an option names.
func readText(_ path: String, _ option: String) throws -> String {
    guard let data = FileManager.default.contents(atPath: path) else {
        throw UnreadableFile(option: option, path: path)
    }
    return String(decoding: data, as: UTF8.self)
}

struct UnreadableFile: Error, CustomStringConvertible {
    let option: String
    let path: String
    var description: String { "--\(option): cannot read \(path)" }
}

/// Checks, copies or restores a data folder and says what was found.
func maintain(_ options: ProgramOptions) throws {
    let data = options.value("data") ?? VMServer.Configuration().dataDirectory
    if let target = options.value("backup") {
        let report = try StoreBackup.copy(data, to: target)
        print(
            "Copied \(report.collections) collections with \(report.records) records to \(target); every record was checked."
        )
    } else if let source = options.value("restore") {
        let report = try StoreBackup.restore(source, to: data)
        print("Restored \(report.collections) collections with \(report.records) records into \(data).")
    } else {
        let report = try StoreVerification.run(data)
        for problem in report.problems { print(problem) }
        print(
            "\(report.collections) collections, \(report.records) records: "
                + (report.problems.isEmpty ? "everything is intact." : "\(report.problems.count) problems."))
        if !report.problems.isEmpty { throw DamagedStore() }
    }
}

struct DamagedStore: Error, CustomStringConvertible {
    let description = "the data folder is damaged; restore it from a backup"
}

let options = ProgramOptions(
    program: "vm-server", usage: "[options]",
    summary: "Serves the Apus web page with its API proxy, a ChromaDB-compatible vector service and text embeddings.",
    options: [
        .init("vectors-only", nil, "Serve only the vectors port, without page and proxy."),
        .init("allow-reset", nil, "Allow POST /api/v2/reset, which deletes every collection."),
        .init("data", "DIR", "Folder of the vectors (default .apus/vectors). One process at a time uses it."),
        .init("web", "DIR", "Folder of the web page (default web)."),
        .init("port", "PORT", "Port of the page (default 8080; 0 lets the system choose)."),
        .init("address", "ADDRESS", "IPv4 address of the page (default 127.0.0.1; 0.0.0.0 for all)."),
        .init("vectors-port", "PORT", "Port of the vector service (default 8000; 0 lets the system choose)."),
        .init("vectors-address", "ADDRESS", "IPv4 address of the vector service (default 127.0.0.1; 0.0.0.0 for all)."),
        .init("model", "DIR", "Folder of the embedding model (default models/all-MiniLM-L6-v2)."),
        .init("no-embeddings", nil, "Do not load the model; /v1/embeddings is not there then."),
        .init(
            "tokens", "FILE",
            "Lines of a token and its tenant (* for all) that callers must send. APUS_CHROMA_TOKEN is one for all tenants."
        ),
        .init("cors-origin", "ORIGIN", "Let pages of this origin use the vectors port; may be repeated, * for all."),
        .init("tls-certificate", "FILE", "Serve the vectors port over TLS with this certificate chain (PEM)."),
        .init("tls-key", "FILE", "The certificate's private key (PEM)."),
        .init("no-sparse", nil, "Refuse sparse vectors, as a Chroma server on one machine does."),
        .init(
            "scalar-quantisation", nil,
            "Search graphs by 8-bit codes and rank exactly: less memory traffic, a little less recall."),
        .init("index-threads", "N", "Threads that build the index (default: one per core)."),
        .init("slow-ms", "N", "Log requests that take longer than this many milliseconds (default 1000)."),
        .init("verify", nil, "Check every checksum in the data folder and end: code 0 if everything is intact."),
        .init("backup", "DIR", "Copy the data folder to a new folder and end; the server may be running meanwhile."),
        .init("restore", "DIR", "Copy a backup into the data folder, which must be empty, and end."),
    ],
    arguments: Array(CommandLine.arguments.dropFirst()))
await ProgramLife.run("vm-server") {
    if options.flag("verify") || options.value("backup") != nil || options.value("restore") != nil {
        try maintain(options)
    } else {
        try await serve(options)
    }
}
