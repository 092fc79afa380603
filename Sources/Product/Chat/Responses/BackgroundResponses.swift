import Catalog
import HTTPMessages
import Problems
import Synchronization
import Telemetry

/// Responses that are written while nobody waits for them (`background`), as long as the process lives. Their rows in the
/// database say that they are alive, and whether they are still wanted.
final class BackgroundResponses: Sendable {
    private static let most = 200
    private static let pause = Duration.milliseconds(500)
    private static let farewell = Duration.seconds(5)

    private let tasks = Mutex<[String: (task: Task<Void, Never>, writer: ResponseWriter)]>([:])
    private let log: Log

    init(log: Log) { self.log = log }

    /// Begins one whose row is there.
    ///
    /// - Throws: `Problem` 503 when too many are being written.
    func start(_ writer: ResponseWriter, in catalog: WorkspaceCatalog) throws {
        let id = writer.id
        try tasks.withLock { tasks in
            guard tasks.count < Self.most else { throw Self.tooMany }
            let task = Task { [self] in
                await write(writer, id, catalog)
                _ = self.tasks.withLock { $0.removeValue(forKey: id) }
            }
            tasks[id] = (task, writer)
        }
    }

    /// - Throws: `Problem` 503 when too many are being written.
    func requireRoom() throws {
        if tasks.withLock({ $0.count >= Self.most }) { throw Self.tooMany }
    }

    private static let tooMany = Problem(
        .serviceUnavailable, "\(most) responses are being written in the background. Please try again in a moment.",
        headers: ["Retry-After": "5"])

    private func write(_ writer: ResponseWriter, _ id: String, _ catalog: WorkspaceCatalog) async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { [log] in
                do { _ = try await writer.run(isKept: true) { _ in } } catch {
                    log.debug("a response was broken off", ["response": id, "reason": String(describing: error)])
                }
            }
            group.addTask { [log] in
                while (try? await Task.sleep(for: Self.pause)) != nil {
                    do {
                        guard try await catalog.noteResponseAlive(id) else { return }
                    } catch {
                        log.warning("a response's state could not be read", ["error": String(reflecting: error)])
                    }
                }
            }
            // Whichever ends first ends the other: it is written, or not wanted any more.
            await group.next()
            group.cancelAll()
        }
    }

    /// Ends what is being written, since the process does.
    func close() async {
        let tasks = self.tasks.withLock { Array($0.values) }
        for (task, writer) in tasks {
            writer.interrupt()
            task.cancel()
        }
        let end = ContinuousClock.now + Self.farewell
        while ContinuousClock.now < end, self.tasks.withLock({ !$0.isEmpty }) {
            try? await Task.sleep(for: .milliseconds(50))
        }
    }
}
