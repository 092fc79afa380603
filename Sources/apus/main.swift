import Bench
import FoundationEssentials
import Glibc
import HTTPClient
import LocalStack
import ProgramSupport
import Reembedding
import Settings
import Telemetry

/// Runs the stack until a termination signal.
func up(_ options: ProgramOptions) async throws {
    let watch = Stopwatch()
    let ports = StackPorts(
        page: options.port("port", default: 8080),
        base: options.value("base-port").map { _ in options.port("base-port", default: 0) })
    let environment = ProgramLife.environment
    let configuration = LocalStack.Configuration(
        dataDirectory: options.value("data") ?? ".apus", ports: ports, environment: environment)
    let printer = LogPrinter(showsRequests: environment["APUS_LOG"] != nil)
    let stack = try LocalStack(configuration, layout: try ProductLayout(), printer: printer, client: HTTPClient())
    writeAll("Starting Apus …\n", to: STDOUT_FILENO)
    let termination = Task { await ProgramLife.terminationRequested() }
    try await stack.run {
        writeAll(
            "\nApus is ready after \(Int(watch.milliseconds)) ms. Stop it with Ctrl-C.\n\n\(stack.addresses)\n",
            to: STDOUT_FILENO)
        await termination.value
        writeAll("\nStopping …\n", to: STDOUT_FILENO)
    }
}

/// Stages the apps that are named, or all.
func stage(_ options: ProgramOptions) throws {
    let staging = Staging(layout: try ProductLayout())
    let names = options.words.dropFirst()
    for app in names.isEmpty ? ProductLayout.apps[...] : Array(names)[...] {
        writeAll("staged \(try staging.stage(app))\n", to: STDOUT_FILENO)
    }
}

/// Says what is missing on this machine; code 1 when something is.
func doctor(_ options: ProgramOptions) throws {
    let ports = StackPorts(page: options.port("port", default: 8080), base: nil)
    let findings = Doctor(layout: try ProductLayout()).findings(ports: ports)
    for finding in findings {
        writeAll(
            "\(finding.problem == nil ? "ok      " : "MISSING ")\(finding.name)\(finding.problem.map { ": " + $0 } ?? "")\n",
            to: STDOUT_FILENO)
    }
    if findings.contains(where: { $0.problem != nil }) { exit(EXIT_FAILURE) }
}

/// Embeds every passage again with the model that the settings name.
func reembed(_ options: ProgramOptions) async throws {
    var settings = SettingsReader(ProgramLife.environment)
    let reembedder = Reembedder(&settings, client: HTTPClient())
    try settings.finish()
    let outcome = try await reembedder.run { writeAll("\($0) passages embedded …\n", to: STDERR_FILENO) }
    let model = ProgramLife.environment["APUS_EMBEDDINGS_MODEL"] ?? "all-MiniLM-L6-v2"
    switch outcome.next {
    case .nothing:
        writeAll(
            "\(outcome.embedded) passages embedded. The collection is complete with \(model).\n", to: STDOUT_FILENO)
    case .restart:
        writeAll(
            """
            \(outcome.embedded) passages embedded with \(model). Until you restart them, chat and upload go on with the old ones.
            Next: set APUS_EMBEDDINGS_MODEL=\(model) for chat and upload, restart them, and run 'apus reembed' once more; it
            takes over what was uploaded meanwhile and removes the old vectors.

            """, to: STDOUT_FILENO)
    }
}

/// Measures this machine's speed and size.
func bench(_ options: ProgramOptions) async throws {
    let layout = try ProductLayout()
    let progress: @Sendable (String) -> Void = { writeAll("\($0) …\n", to: STDERR_FILENO) }
    switch options.words.dropFirst().first {
    case "vectors":
        let runs = options.number("runs", default: 3, in: 1...20)
        return writeAll("\n" + (try await VectorBench(layout: layout, runs: runs).run(progress)), to: STDOUT_FILENO)
    case "million-vectors":
        return writeAll("\n" + (try await MillionBench(layout: layout).run(progress)), to: STDOUT_FILENO)
    case "azure":
        let runs = options.number("runs", default: 3, in: 1...20)
        return writeAll("\n" + (try await AzureBench(layout: layout, runs: runs).run(progress)), to: STDOUT_FILENO)
    case "functions":
        let runs = options.number("runs", default: 3, in: 1...20)
        return writeAll("\n" + (try await FunctionsBench(layout: layout, runs: runs).run(progress)), to: STDOUT_FILENO)
    case "models":
        let runs = options.number("runs", default: 3, in: 1...20)
        return writeAll("\n" + (try await ModelsBench(layout: layout, runs: runs).run(progress)), to: STDOUT_FILENO)
    case "azure-client":
        // A process of its own, so that its memory is the client's alone.
        guard let endpoint = options.words.dropFirst(2).first else {
            options.fail("bench azure-client needs an endpoint")
        }
        return writeAll("\(try await AzureClientBench.run(endpoint))\n", to: STDOUT_FILENO)
    case let word?: options.fail("bench knows vectors, million-vectors, azure, functions and models, not \(word)")
    case nil: break
    }
    let documents = options.value("documents") ?? layout.root + "/../shared/data/northwind"
    guard FileManager.default.fileExists(atPath: documents) else {
        options.fail("--documents has to name a folder with PDFs and questions.jsonl; \(documents) does not exist")
    }
    let table = try await Bench(layout: layout, documents: documents).run(progress)
    writeAll("\n" + table, to: STDOUT_FILENO)
}

/// Carries out the command.
func run(_ options: ProgramOptions) async throws {
    switch options.words.first {
    case "up": try await up(options)
    case "stage": try stage(options)
    case "doctor": try doctor(options)
    case "reembed": try await reembed(options)
    case "bench": try await bench(options)
    case let word?: options.fail("unknown command \(word)")
    case nil: options.fail("a command is missing")
    }
}

let options = ProgramOptions(
    program: "apus", usage: "up | stage [APP…] | doctor | reembed | bench  [options]",
    summary: """
        Runs Apus on this machine.

        Commands:
          up       Start everything, print the addresses, stop with Ctrl-C.
          stage    Put the app folders together that the functions host serves.
          doctor   Say what is missing on this machine.
          reembed  Embed all passages again with the model of APUS_EMBEDDINGS_MODEL; the old vectors answer meanwhile.
          bench    Measure speed and size, next to the bars.
                   bench vectors: the vector service beside Chroma's own server.
                   bench million-vectors: the vector service with 1,000,000 vectors.
                   bench azure: the Azure emulator, and the Blob client's memory.
                   bench functions: what the functions host adds to a handler.
                   bench models: what the chat handler adds to a model's tokens.
        """,
    options: [
        .init("data", "DIR", "Folder of all data (default .apus)."),
        .init("port", "PORT", "Port of the page (default 8080)."),
        .init(
            "base-port", "PORT",
            "First of nine consecutive ports for the other parts, for a second copy beside the first."),
        .init(
            "runs", "N",
            "bench vectors, azure, functions, models: take each figure N times (default 3) and report medians."),
        .init("documents", "DIR", "bench: folder with PDFs and questions.jsonl."),
    ],
    arguments: Array(CommandLine.arguments.dropFirst()))
await ProgramLife.run("apus") { try await run(options) }
