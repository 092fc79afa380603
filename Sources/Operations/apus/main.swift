import FoundationEssentials
import Glibc
import HTTPClient
import ProductStack
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
    var configuration = StackSupervisor.Configuration(
        dataDirectory: options.value("data") ?? ".apus", ports: ports, environment: environment)
    configuration.pageAddress = options.value("address") ?? environment["APUS_LISTEN_ADDRESS"] ?? "127.0.0.1"
    let printer = LogPrinter(showsRequests: environment["APUS_LOG"] != nil)
    let stack = try StackSupervisor(configuration, layout: try ProductLayout(), printer: printer, client: HTTPSession())
    writeAll("Starting Apus …\n", to: STDOUT_FILENO)
    let termination = Task { await ProgramLife.terminationRequested() }
    let running = Task {
        try await stack.run {
            writeAll(
                "\nApus is ready after \(Int(watch.milliseconds)) ms. Stop it with Ctrl-C.\n\n\(stack.addresses)\n",
                to: STDOUT_FILENO)
            await termination.value
            writeAll("\nStopping …\n", to: STDOUT_FILENO)
        }
    }
    Task {
        // Also while it starts, which may take a minute when a part does not become healthy.
        await termination.value
        running.cancel()
    }
    do { try await running.value } catch is CancellationError {
        writeAll("\nStopped before it was ready.\n", to: STDOUT_FILENO)
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
    let reembedder = Reembedder(&settings, client: HTTPSession())
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

/// Carries out the command.
func run(_ options: ProgramOptions) async throws {
    switch options.words.first {
    case "up": try await up(options)
    case "stage": try stage(options)
    case "package": try await package(options)
    case "doctor": try doctor(options)
    case "reembed": try await reembed(options)
    case "backup": try await backup(options)
    case "restore": try await restore(options)
    case "verify": try await verify(options)
    case "migrate": try await migrate(options)
    case "bench": try await bench(options)
    case let word?: options.fail("unknown command \(word)")
    case nil: options.fail("a command is missing")
    }
}

let options = ProgramOptions(
    program: "apus",
    usage:
        "up | stage [APP…] | package [APP…|vm] | doctor | reembed | backup FILE | restore FILE | verify [FILE] | migrate … | bench  [options]",
    summary: """
        Runs Apus on this machine.

        Commands:
          up       Start everything, print the addresses, stop with Ctrl-C.
          stage    Put the app folders together that the functions host serves.
          package  Make deployable packages in .build/packages: a zip for each of chat, upload and history that needs
                   nothing of the system it runs on, and vm, a Debian package for a virtual machine.
          doctor   Say what is missing on this machine.
          reembed  Embed all passages again with the model of APUS_EMBEDDINGS_MODEL; the old vectors answer meanwhile.
          backup   Write chats, messages, documents and passages into one file; Apus may be in use meanwhile. Into a
                   folder, the file is named by the time.
          restore  Put a backup into an empty place.
          verify   Check a backup, or without one that the stores agree with each other.
          migrate  'status' says which changes of the database were made; 'up' makes those that are missing, 'down --to N'
                   takes back those after N. Handlers make them by themselves.
                   These four use the stores that the settings name (APUS_DATABASE_URL and so on), else those of --data.
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
        .init("address", "ADDRESS", "up: IPv4 address of the page (default 127.0.0.1; 0.0.0.0 for all)."),
        .init("keep", "N", "backup: remove all but the newest N backups of the folder."),
        .init("embed-anew", nil, "restore: make the passages again, with the embedding model of the settings."),
        .init("messages-only", nil, "restore: add the messages alone to what is there, e.g. when only they move."),
        .init("to", "VERSION", "migrate: version to reach."),
        .init("output", "DIR", "package: where packages are put (default .build/packages)."),
        .init("documents", "DIR", "bench: folder with PDFs and questions.jsonl."),
    ],
    arguments: Array(CommandLine.arguments.dropFirst()))
await ProgramLife.run("apus") { try await run(options) }
