import Catalog
import Synchronization
import TaskTools

/// What a session or a key was worth when it was read.
final class Standing: Sendable {
    let record: StandingRecord
    private let isNoted = Atomic(false)

    init(_ record: StandingRecord) { self.record = record }

    /// Whether its use has to be noted; true of the first who asks.
    func takesNote() -> Bool { record.isUseDue && !isNoted.exchange(true, ordering: .relaxed) }
}

/// What sessions and keys are worth, as the database said within the last seconds: no request waits for it each time, and who
/// is out is out everywhere soon.
final class Standings: Sendable {
    /// How long a process relies on what it has read.
    static let life = Duration.seconds(15)
    private static let limit = 10_000

    private let catalog: CatalogDatabase
    private let sessions: TimedCache<Standing>
    private let keys: TimedCache<Standing>
    private let workspaces: TimedCache<String>

    /// - Parameter now: The time; another than the machine's for tests.
    init(_ catalog: CatalogDatabase, now: @escaping @Sendable () -> ContinuousClock.Instant) {
        self.catalog = catalog
        sessions = TimedCache(life: Self.life, limit: Self.limit, now: now) {
            try await catalog.standing(ofSession: $0).map(Standing.init)
        }
        keys = TimedCache(life: Self.life, limit: Self.limit, now: now) {
            try await catalog.standing(ofKey: $0).map(Standing.init)
        }
        workspaces = TimedCache(life: Self.life, limit: Self.limit, now: now) {
            try await catalog.hasWorkspace($0) ? $0 : nil
        }
    }

    /// Of a session that a verified token is of.
    func session(_ id: String) async throws -> StandingRecord? {
        guard let standing = try await sessions.value(id) else { return nil }
        // Beside the request; when it fails, the next reading finds it due again.
        if standing.takesNote() { Task { [catalog] in try? await catalog.noteUse(ofSession: id) } }
        return standing.record
    }

    /// Of a key, whose secret is right.
    func key(_ key: APIKey) async throws -> StandingRecord? {
        guard let standing = try await keys.value(key.id), key.hasSecret(standing.record.secret ?? "") else {
            return nil
        }
        if standing.takesNote() { Task { [catalog] in try? await catalog.noteUse(ofKey: key.id) } }
        return standing.record
    }

    /// Whether there is a workspace of this id.
    func hasWorkspace(_ id: String) async throws -> Bool { try await workspaces.value(id) != nil }

    /// Reads anew what is asked of somebody, of whom something has changed.
    func forget(person: String) {
        sessions.forget { $0.record.person == person }
        keys.forget { $0.record.person == person }
    }
}
