import AzureStorage
import Digests

/// Makes sure that one instance only listens: a lease on a blob, renewed while the work runs
/// (docs/reference/functions-custom-handlers.md, 1.7 and 9.2).
struct SingletonLock: Sendable {
    let storage: HostStorage
    /// The function whose listener it is.
    let name: String
    /// 15 to 60 seconds; also how long a killed host keeps others waiting.
    let period: Duration
    let console: HostConsole

    /// Runs the work while the lock is held; waits for it first, and again whenever it is lost.
    func hold(_ work: @escaping @Sendable () async -> Void) async {
        let blob = "locks/\(storage.hostID)/\(name).Listener"
        var isWaiting = false
        while !Task.isCancelled {
            guard let lease = await acquire(blob, isWaiting: &isWaiting) else {
                try? await Task.sleep(for: .seconds(min(3, period.components.seconds / 5)))
                continue
            }
            isWaiting = false
            await withTaskGroup(of: Void.self) { group in
                group.addTask { await work() }
                group.addTask { await renew(blob, lease) }
                await group.next()
                group.cancelAll()
            }
            // On a task of its own: this one may be cancelled, and others wait for the lock.
            _ = await Task { try? await storage.blobs.releaseLease(HostStorage.container, blob, id: lease) }.value
            if !Task.isCancelled { console.line(.warning, name, "the listener's lock was lost and is taken again") }
        }
    }

    private func acquire(_ blob: String, isWaiting: inout Bool) async -> String? {
        do {
            return try await storage.blobs.acquireLease(
                HostStorage.container, blob, duration: period, id: UUIDv7.random())
        } catch let error as StorageError where error.isNotFound {
            // A blob that somebody has made meanwhile is leased, or about to be.
            try? await storage.put([], blob)
        } catch let error as StorageError where error.isConflict {
            if !isWaiting { console.line(.information, name, "another instance listens; waiting for its lock") }
            isWaiting = true
        } catch {
            if !isWaiting {
                console.line(
                    .warning, name, "the listener's lock cannot be taken", [("error", String(describing: error))])
            }
            isWaiting = true
        }
        return nil
    }

    /// Returns when the lease is lost.
    private func renew(_ blob: String, _ lease: String) async {
        var lastSuccess = ContinuousClock.now
        while (try? await Task.sleep(for: period / 3)) != nil {
            do {
                try await storage.blobs.renewLease(HostStorage.container, blob, id: lease)
                lastSuccess = .now
            } catch let error as StorageError where error.isConflict {
                return
            } catch {
                // A service that is down for a moment is no reason to stop; a lease that has run out is.
                if ContinuousClock.now - lastSuccess > period { return }
            }
        }
    }
}
