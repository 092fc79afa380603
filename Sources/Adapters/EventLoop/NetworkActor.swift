/// Isolates everything that touches sockets; its jobs run on the thread that waits for them.
///
/// Whatever runs here holds all connections up, so long calculations belong elsewhere (`@concurrent`).
@globalActor
public actor NetworkActor {
    public static let shared = NetworkActor()

    nonisolated let loop = EpollLoop()

    /// Starts a task that stays on the actor's thread wherever it is not isolated to something else.
    @discardableResult
    public static func task(_ body: @escaping @NetworkActor () async -> Void) -> Task<Void, Never> {
        Task(executorPreference: shared.loop) { await body() }
    }

    public nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }
}
