import FoundationEssentials
import FunctionsHost
import Glibc
import ProgramSupport
import Telemetry

/// Serves the app roots until a termination signal.
func serve(_ options: ProgramOptions) async throws {
    guard options.words == ["start"] else { options.fail("the only command is 'start'") }
    let log = Log(label: "functions-host", level: options.flag("verbose") ? .debug : .info)
    let given = options.all("root")
    let standard = options.port("port", default: 7071)
    var apps: [AppHost] = []
    for (index, root) in (given.isEmpty ? ["."] : given).enumerated() {
        let parts = root.split(separator: "=", maxSplits: 1).map(String.init)
        let port = parts.count == 2 ? UInt16(parts[1]) : UInt16(exactly: Int(standard) + (standard == 0 ? 0 : index))
        guard let folder = parts.first, let port else { options.fail("--root \(root) has no usable port") }
        let app = try AppHost(root: folder, port: port, environment: ProgramLife.environment, log: log)
        writeAll(app.table, to: STDOUT_FILENO)
        apps.append(app)
    }
    await ProgramLife.terminationRequested()
    for app in apps { await app.shutDown() }
}

let options = ProgramOptions(
    program: "functions-host", usage: "start [options]",
    summary: "Runs Azure Functions apps with custom handlers on this machine.",
    options: [
        .init("root", "DIR[=PORT]", "App folder (default: the current one); may be repeated, each on its own port."),
        .init("port", "PORT", "Port of the first app without one of its own (default 7071)."),
        .init("verbose", nil, "Log every call."),
    ],
    arguments: Array(CommandLine.arguments.dropFirst()))
await ProgramLife.run("functions-host") { try await serve(options) }
