import EventLoop
import HTTPClient

/// An app as its files say at one time: configuration, functions, handler and triggers. A change of the files makes a
/// new instance.
@NetworkActor
final class AppInstance {
    let configuration: HostConfiguration
    let catalog: FunctionCatalog
    let edge: HTTPEdge
    /// `nil` when no function loaded, and so no handler was started.
    let invoker: Invoker?
    let manual: ManualRuns?
    private var listeners: [@Sendable () async -> Void] = []
    private var work: Task<Void, Never>?

    /// Reads an app's files.
    ///
    /// - Throws: `HostError` for what keeps the whole app from running.
    init(
        root: String, settings: LocalSettings, options: AppHost.Options, keys: AccessKeys?, metrics: HostMetrics,
        client: HTTPSession, console: HostConsole
    ) throws {
        let environment = settings.environment
        let configuration = try HostConfiguration(root: root, environment: environment)
        self.configuration = configuration
        catalog = try FunctionCatalog(configuration, environment: environment)
        let crossOrigin = try CrossOrigin(
            origins: options.corsOrigins ?? settings.corsOrigins,
            credentials: options.corsCredentials || settings.corsCredentials)
        for warning in settings.warnings + (configuration.handler?.warnings ?? []) {
            console.line(.warning, "host", warning)
        }
        let queues = QueueWakers()
        if catalog.functions.isEmpty {
            invoker = nil
            manual = nil
        } else {
            guard let handler = configuration.handler else {
                throw HostError("\(root)/host.json has no customHandler section; it says which executable to start.")
            }
            let connections = Connections(environment: environment, client: client)
            let process = try HandlerProcess(
                handler, root: root, environment: environment, behaviour: options.behaviour, console: console)
            let data = DataBinding(
                connections: connections, environment: environment, queueOptions: configuration.queues,
                didPut: { name in Task { @NetworkActor in queues.wake(name) } })
            let invoker = Invoker(
                handler: process, configuration: configuration, data: data, metrics: metrics,
                behaviour: options.behaviour, console: console)
            self.invoker = invoker
            let triggers = try Triggers(
                catalog, root: root, connections: connections, configuration: configuration, invoker: invoker,
                behaviour: options.behaviour, console: console)
            queues.listeners = triggers.queues
            listeners = triggers.runs
            manual = ManualRuns(invoker: invoker, blobs: triggers.blobs, timers: triggers.timers)
        }
        edge = HTTPEdge(
            catalog: catalog, configuration: configuration, environment: environment, crossOrigin: crossOrigin,
            keys: keys, invoker: invoker, behaviour: options.behaviour, console: console)
    }

    /// Starts the handler and the triggers.
    func start() {
        guard let invoker else { return }
        work = Task { [listeners] in
            await withDiscardingTaskGroup { group in
                group.addTask { await invoker.handler.run() }
                for listener in listeners { group.addTask { await listener() } }
            }
        }
    }

    /// Stops the triggers, then the handler.
    func stop() async {
        manual?.stop()
        work?.cancel()
        await invoker?.handler.stop()
        await work?.value
        invoker?.stop()
    }
}

/// The listeners to wake when this host itself has put something into their queue.
@NetworkActor
private final class QueueWakers {
    var listeners: [QueueListener] = []

    nonisolated init() {}

    func wake(_ name: String) { for listener in listeners where listener.queueName == name { listener.wake() } }
}
