import CLinux
import Glibc
import HTTPMessages
import HTTPServing
import ProgramSupport
import Settings
public import Telemetry

/// Runs a handler: listens at once, sets up behind the open port, serves until the host ends the process.
public enum FunctionApp {
    /// Serves the functions that `setUp` builds.
    ///
    /// The port is `FUNCTIONS_CUSTOMHANDLER_PORT`. Requests that come during set-up wait for it; the host's probe does
    /// not. When set-up fails, its reason is logged once and the process ends with code 1.
    ///
    /// - Parameters:
    ///   - name: Label of the log.
    ///   - maximumBodyBytes: Largest request body, given the environment.
    ///   - setUp: Builds the functions from the environment.
    public static func run(
        _ name: String, maximumBodyBytes: Int = 1 << 20,
        setUp: @escaping @Sendable (_ environment: [String: String], _ log: Log) async throws -> FunctionRoutes
    ) async {
        ProgramLife.begin()
        ProgramLife.adoptPackagedEncodings()
        apus_allocator_prefers_small()
        let environment = ProgramLife.environment
        let log = Log(label: name, level: Log.Level(name: environment["APUS_LOG"] ?? "") ?? .info)
        guard let port = environment["FUNCTIONS_CUSTOMHANDLER_PORT"].flatMap({ UInt16($0) }) else {
            log.error(
                "FUNCTIONS_CUSTOMHANDLER_PORT is not a port; the Functions host sets it, so start the app with functions-host"
            )
            exit(64)
        }
        let setup = Task { () -> FunctionDispatcher in
            do {
                let routes = try await setUp(environment, log)
                ProcessMetrics.noteReady()
                return FunctionDispatcher(routes: routes, log: log)
            } catch {
                log.error("cannot start: \(error)")
                exit(EXIT_FAILURE)
            }
        }
        var configuration = HTTPServer.Configuration()
        configuration.port = port
        configuration.maximumBodyBytes = maximumBodyBytes
        // The host passes heads of at most 32 KB on, with a few fields of its own.
        configuration.connectionBytes = 36 * 1024
        do {
            let server = try HTTPServer(configuration) { request in
                if request.target.rawPath == "/" { return HTTPResponse(.ok, text: "ready\n") }
                return await setup.value.answer(request)
            }
            await ProgramLife.terminationRequested()
            await server.shutDown()
            await ProgramLife.runExitWork()
            exit(EXIT_SUCCESS)
        } catch {
            log.error("cannot listen: \(error)")
            exit(EXIT_FAILURE)
        }
    }
}
