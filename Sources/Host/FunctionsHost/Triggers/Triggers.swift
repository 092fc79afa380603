import EventLoop

/// Makes the listeners of an app's functions.
@NetworkActor
struct Triggers {
    private(set) var queues: [QueueListener] = []
    private(set) var timers: [String: TimerListener] = [:]
    private(set) var blobs: [String: BlobListener] = [:]
    /// What has to run while the app does.
    private(set) var runs: [@Sendable () async -> Void] = []

    /// - Throws: `HostError` when the storage that a trigger needs is not configured.
    init(
        _ catalog: FunctionCatalog, root: String, connections: Connections, configuration: HostConfiguration,
        invoker: Invoker, behaviour: HostBehaviour, console: HostConsole
    ) throws {
        let needing = catalog.functions.filter { if case .http = $0.trigger { false } else { true } }
        guard !needing.isEmpty else { return }
        let storage: HostStorage
        do {
            storage = try HostStorage(connections, root: root)
        } catch {
            throw HostError(
                "the setting AzureWebJobsStorage is missing or unusable, which the \(needing[0].triggerName) of "
                    + "\(needing[0].name) needs: \(error) For a local emulator set it to UseDevelopmentStorage=true.")
        }
        for function in needing {
            let lock = SingletonLock(
                storage: storage, name: function.name, period: .seconds(behaviour.holdsBriefly ? 15 : 60),
                console: console)
            switch function.trigger {
            case .http: break
            case .queue(let name, let connection):
                let listener = QueueListener(
                    function, queueName: name, queue: try connections.queue(connection), invoker: invoker,
                    options: configuration.queues, behaviour: behaviour, console: console)
                guard !function.isDisabled else { continue }
                queues.append(listener)
                runs.append { await listener.run() }
            case .timer(let schedule, let runsOnStartup, let usesMonitor):
                let listener = TimerListener(
                    function, schedule: schedule, runsOnStartup: runsOnStartup, usesMonitor: usesMonitor,
                    storage: storage, invoker: invoker, console: console)
                timers[function.name] = listener
                if !function.isDisabled { runs.append { await lock.hold { await listener.run() } } }
            case .blob(let pattern, let connection):
                let listener = BlobListener(
                    function, pattern: pattern, blobs: try connections.blob(connection),
                    queue: try connections.queue(connection), storage: storage, invoker: invoker,
                    interval: .seconds(behaviour.holdsBriefly ? 1 : 10), console: console)
                blobs[function.name] = listener
                if !function.isDisabled { runs.append { await lock.hold { await listener.run() } } }
            }
        }
    }
}
