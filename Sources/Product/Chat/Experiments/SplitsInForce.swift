import Catalog
import Telemetry

/// The variant that was picked last and the trial that runs, as the catalogue has them; read again when they are a few
/// seconds old, so that a question need not wait for them.
actor SplitsInForce {
    private static let age = Duration.seconds(2)

    private let catalog: CatalogDatabase
    private var read: (picked: Variant?, running: Split?) = (nil, nil)
    private var readAt: ContinuousClock.Instant?

    init(catalog: CatalogDatabase) { self.catalog = catalog }

    /// What is in force. A variant that a newer version wrote, and this one does not understand, is not.
    func current() async throws -> (picked: Variant?, running: Split?) {
        if let readAt, .now - readAt < Self.age { return read }
        let (picked, running) = try await catalog.splitsInForce()
        read = (
            picked.flatMap { try? Variant($0.variant) },
            running.flatMap { split in
                (try? Variant(split.variant)).map { Split(id: split.id, share: split.share, variant: $0) }
            }
        )
        readAt = .now
        return read
    }

    /// What was read is no longer so.
    func forget() { readAt = nil }
}
