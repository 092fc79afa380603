import FoundationEssentials
import Glibc
import HTTPClient
import ProductStack
import ProgramSupport
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
    configuration.wellKnownKeys = options.flag("well-known-keys")
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
