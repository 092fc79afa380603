public import Catalog
import TaskTools

/// The quotas of all workspaces as the database said within the last seconds: where there are none no question waits for it.
public final class QuotaBook: Sendable {
    /// How long a process relies on what it has read: so long it takes until another app knows of a new quota.
    static let life = Duration.seconds(15)
    private static let limit = 10_000

    private let plans: TimedCache<QuotaPlan>

    /// Of an index.
    public init(_ catalog: CatalogDatabase) {
        plans = TimedCache(life: Self.life, limit: Self.limit, now: { .now }) {
            try await catalog.view(of: $0).quotaPlan()
        }
    }

    /// What a workspace has set.
    func plan(of workspace: String) async throws -> QuotaPlan { try await plans.value(workspace) ?? QuotaPlan() }
}
