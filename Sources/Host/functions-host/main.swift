import EventLoop
import FunctionsHost
import Glibc
import HTTPClient
import ProgramSupport
import Telemetry

let options = ProgramOptions(
    program: "functions-host", usage: "start [options] | new NAME [options]",
    summary: "Runs Azure Functions apps with custom handlers on this machine, or makes a new one.",
    options: [
        .init(
            "root", "DIR[=PORT]", "start: app folder (default: the current one); may be repeated, each on its own port."
        ),
        .init("port", "PORT", "start: port of the first app without one of its own (default 7071)."),
        .init("address", "IP", "start: address to listen on (default 127.0.0.1)."),
        .init("cors", "ORIGINS", "start: origins that browsers may call from, separated by commas; * for all."),
        .init("cors-credentials", nil, "start: let browsers send credentials."),
        .init("enable-auth", nil, "start: ask callers for keys; they are in local.keys.json of the app folder."),
        .init("functions", "NAMES", "start: functions to run, separated by commas (default: all)."),
        .init("strict", nil, "start: behave as the real host does also where that helps nobody."),
        .init("verbose", nil, "start: show what is sent to the handler, and more."),
        .init("json", nil, "start: print JSON lines on standard error."),
        .init("package", "DIR", "new: the Apus sources to build with (default: those of this program)."),
    ],
    arguments: Array(CommandLine.arguments.dropFirst()))
await ProgramLife.run("functions-host") {
    switch (options.words.first, options.words.count) {
    case ("start", 1): try await serve(options)
    case ("new", 2): try NewHandler.make(named: options.words[1], package: options.value("package"))
    default: options.fail("the commands are 'start' and 'new NAME'")
    }
}
