import EventLoop
import FunctionsHost
import Glibc
import HTTPClient
import ProgramSupport
import Settings
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
    let apps = try AppGroup(options, environment: ProgramLife.environment, client: client, console: console)
    if !options.flag("json"), !options.flag("verbose") { console.plain("For more detail start with --verbose.\n\n") }
    defer { console.flush() }
    try await apps.run { await ProgramLife.terminationRequested() }
}

let options = ProgramOptions(
    program: "functions-host", usage: "start [options] | new NAME [options]",
    summary: "Runs Azure Functions apps with custom handlers on this machine, or makes a new one.",
    options: AppHost.options, arguments: Array(CommandLine.arguments.dropFirst()))
await ProgramLife.run("functions-host") {
    switch (options.words.first, options.words.count) {
    case ("start", 1): try await serve(options)
    case ("new", 2):
        ProgramLife.makePublicFiles()
        try NewHandler.make(named: options.words[1], package: options.value("package"))
    default: options.fail("the commands are 'start' and 'new NAME'")
    }
}
