import Catalog

/// The variants that were picked and the trial that runs, as the catalogue has them; read again when they are a few seconds old.
actor SplitsInForce {
    struct Reading: Sendable {
        var picked: [Variant] = []
        var running: Split?
    }

    private static let age = Duration.seconds(2)

    private let catalog: WorkspaceCatalog
    private var last = Reading()
    private var readAt: ContinuousClock.Instant?
    private var reading: Task<Reading, any Error>?

    init(catalog: WorkspaceCatalog) { self.catalog = catalog }

    /// What is in force. A variant that a newer version wrote, and this one does not understand, is not. A catalogue that does
    /// not answer leaves it as it was: the question itself will tell.
    func current() async -> Reading {
        if let readAt, .now - readAt < Self.age { return last }
        let task = reading ?? Task { [catalog] in try await Self.read(catalog) }
        reading = task
        let found = try? await task.value
        // Whoever has changed something meanwhile has this forgotten.
        guard reading == task else { return found ?? last }
        reading = nil
        if let found {
            last = found
            readAt = .now
        }
        return last
    }

    private static func read(_ catalog: WorkspaceCatalog) async throws -> Reading {
        let (picked, running) = try await catalog.splitsInForce()
        return Reading(
            picked: picked.compactMap { try? Variant($0.variant) },
            running: running.flatMap { split in
                (try? Variant(split.variant)).map { Split(id: split.id, share: split.share, variant: $0) }
            })
    }

    /// What was read is no longer so.
    func forget() { (readAt, reading) = (nil, nil) }
}
