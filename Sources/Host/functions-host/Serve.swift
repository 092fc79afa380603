import EventLoop
import FunctionsHost
import Glibc
import HTTPClient
import ProgramSupport
import Settings
import Telemetry
import TelemetryExport

/// Serves the app roots until a termination signal, or until an app ends by itself.
@NetworkActor
func serve(_ options: ProgramOptions) async throws {
    ProgramLife.raiseFileLimit()
    // Timers follow the zone that the settings name.
    if let zone = getenv("WEBSITE_TIME_ZONE") { setenv("TZ", zone, 1) }
    let isTerminal = isatty(STDOUT_FILENO) == 1 && getenv("NO_COLOR") == nil
    let console = HostConsole(
        options.flag("json") ? .json : isTerminal ? .coloured : .plain, isVerbose: options.flag("verbose"))
    let client = HTTPSession(maximumConnections: 256)
    var settings = SettingsReader(ProgramLife.environment)
    TelemetryExporter.start("functions-host", &settings, client: client, log: ProgramLife.log("functions-host"))
    try settings.finish()
    let given = options.all("root")
    let standard = options.value("port").map { _ in options.port("port", default: 0) }
    var apps: [AppHost] = []
    let ended = Ending()
    for (index, root) in (given.isEmpty ? ["."] : given).enumerated() {
        var own = AppHost.Options()
        let parts = root.split(separator: "=", maxSplits: 1).map(String.init)
        let base = standard ?? (index == 0 && given.count < 2 ? nil : 7071)
        let port =
            parts.count == 2 ? UInt16(parts[1]) : base.flatMap { UInt16(exactly: Int($0) + ($0 == 0 ? 0 : index)) }
        guard let folder = parts.first, port != nil || base == nil && parts.count == 1 else {
            options.fail("--root \(root) has no usable port")
        }
        own.port = port
        own.address = options.value("address")
        own.corsOrigins = options.value("cors").map { AppHost.origins($0) }
        own.corsCredentials = options.flag("cors-credentials")
        own.checksKeys = options.flag("enable-auth")
        own.behaviour = options.flag("strict") ? .strict : .helpful
        own.functions = (options.value("functions") ?? "").split(separator: ",").map(String.init)
        let app = try AppHost(
            root: folder, options: own, environment: ProgramLife.environment, client: client, console: console)
        app.onEnd = { ended.end($0) }
        apps.append(app)
    }
    if !options.flag("json"), !options.flag("verbose") { console.plain("For more detail start with --verbose.\n\n") }
    let publishing = Task { @NetworkActor in
        while (try? await Task.sleep(for: .seconds(5))) != nil { for app in apps { app.publishMetrics() } }
    }
    let signal = Task {
        await ProgramLife.terminationRequested()
        ended.end(nil)
    }
    let reason = await ended.wait()
    signal.cancel()
    publishing.cancel()
    for app in apps { app.publishMetrics() }
    for app in apps { await app.shutDown() }
    console.flush()
    if let reason { throw HostEnded(description: reason) }
}

/// An app ended by itself, so the program does.
private struct HostEnded: Error, CustomStringConvertible {
    let description: String
}

/// Waits for the first reason to end.
@NetworkActor
private final class Ending {
    private var reason: String??
    private var waiter: CheckedContinuation<String?, Never>?

    func end(_ given: String?) {
        guard reason == nil else { return }
        reason = .some(given)
        waiter?.resume(returning: given)
        waiter = nil
    }

    func wait() async -> String? {
        if let reason { return reason }
        return await withCheckedContinuation { waiter = $0 }
    }
}
