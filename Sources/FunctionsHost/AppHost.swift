import AzureIdentity
import AzureStorage
import FoundationEssentials
import HTTPClient
import HTTPServing
import Settings
public import Telemetry

/// One function app: its handler, its HTTP port, its queue and timer triggers.
public final class AppHost: Sendable {
    /// The port that callers use.
    public let port: UInt16
    /// A table of the functions, as `start` prints it.
    public let table: String

    private let handler: HandlerProcess
    private let server: HTTPServer
    private let work: Task<Void, Never>

    /// Starts an app.
    ///
    /// - Parameters:
    ///   - root: Folder with host.json and the function folders.
    ///   - port: Port for callers; 0 lets the system choose.
    /// - Throws: an error whose description says what to do.
    public init(root given: String, port: UInt16, environment: [String: String], log: Log) throws {
        let root = given.hasPrefix("/") ? given : FileManager.default.currentDirectoryPath + "/" + given
        let configuration = try HostConfiguration(root: root, environment: environment)
        let functions = FunctionDefinition.all(in: root, prefix: configuration.routePrefix, environment: environment) {
            log.error($0)
        }
        guard !functions.isEmpty else { throw HostError("there is no function in \(root).") }
        let client = HTTPClient(maximumConnections: 256)
        handler = try HandlerProcess(
            configuration: configuration, root: root, environment: environment, client: client, log: log
        ) { writeAll($0 + "\n", to: 2) }
        let edge = HTTPEdge(
            functions: functions, handler: handler, configuration: configuration, client: client, log: log)
        var listener = HTTPServer.Configuration()
        listener.port = port
        // The handler has the limit that matters; forms are a little larger than the file in them.
        listener.maximumBodyBytes =
            (environment["FUNCTIONS_REQUEST_BODY_SIZE_LIMIT"].flatMap { Int($0) } ?? 104_857_600) + (2 << 20)
        server = try HTTPServer(listener) { await edge.answer($0) }
        self.port = server.port
        table = Self.table(functions, port: server.port)
        let triggers = try Self.triggers(functions, handler, client, configuration, environment, log)
        work = Task { [handler] in
            await withDiscardingTaskGroup { group in
                group.addTask { await handler.run() }
                for trigger in triggers { group.addTask { await trigger() } }
            }
        }
    }

    /// Stops callers first, then triggers, then the handler.
    public func shutDown() async {
        await server.shutDown(grace: .seconds(2))
        await handler.stop()
        work.cancel()
        await work.value
    }

    private static func triggers(
        _ functions: [FunctionDefinition], _ handler: HandlerProcess, _ client: HTTPClient,
        _ configuration: HostConfiguration,
        _ environment: [String: String], _ log: Log
    ) throws -> [@Sendable () async -> Void] {
        let invocation = Invocation(handler: handler, client: client, timeout: configuration.functionTimeout)
        return try functions.compactMap { function in
            switch function.trigger {
            case .http: return nil
            case .timer(let schedule, let runOnStartup):
                let listener = TimerListener(
                    function: function, schedule: schedule, runOnStartup: runOnStartup, invocation: invocation, log: log
                )
                return { await listener.run() }
            case .queue(let name, let connection):
                var settings = SettingsReader(environment)
                let prefixed = "AzureWebJobs" + connection
                let account = StorageAccount(&settings, named: environment[prefixed] == nil ? connection : prefixed)
                try settings.finish()
                guard let account else { return nil }
                let identity = TokenSource(settings, client: client)
                let queue = QueueClient(account: account, identity: identity, client: client)
                let listener = QueueListener(
                    function: function, queueName: name, queue: queue, invocation: invocation,
                    configuration: configuration,
                    log: log)
                return { await listener.run() }
            }
        }
    }

    private static func table(_ functions: [FunctionDefinition], port: UInt16) -> String {
        var text = "\nFunctions:\n\n"
        for function in functions {
            switch function.trigger {
            case .http(let methods, let route):
                let list = methods.isEmpty ? "" : "[\(methods.joined(separator: ","))] "
                text += "\t\(function.name): \(list)http://localhost:\(port)/\(route.text)\n"
            case .queue: text += "\t\(function.name): queueTrigger\n"
            case .timer: text += "\t\(function.name): timerTrigger\n"
            }
        }
        return text + "\n"
    }
}
