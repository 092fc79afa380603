public import Catalog
public import Telemetry

/// Notes who did what. What comes side by side is written in one go; what changes something is on the disk before its answer
/// goes out, what reads is written soon. Each kind has room of its own: nobody who reads or is refused takes that of those
/// who change something, or makes them wait.
public actor AuditTrail {
    /// Events of each kind that wait at most: a database that does not answer is not to fill the memory.
    private static let mostWaiting = 10_000
    /// Events that are written in one transaction.
    private static let batch = 200
    private static let pause = Duration.seconds(5)
    /// Refusals that are noted in a second; of more than that nobody would read each.
    private static let mostRefusals = 20

    private let write: @Sendable ([AuditEntry.Event]) async throws -> Void
    private let log: Log
    private let now: @Sendable () -> ContinuousClock.Instant
    private var changes: [AuditEntry.Event] = []
    private var reads: [AuditEntry.Event] = []
    private var writing: Task<Void, Never>?
    /// Changes that were written, and that there were, since the process began.
    private var written = 0
    private var noted = 0
    private var failures = 0
    private var isRetrying = false
    private var second: ContinuousClock.Instant
    private var refusals = 0
    private var unnoted = 0

    /// A trail in a database.
    public init(_ catalog: CatalogDatabase, log: Log) {
        self.init(log: log) { try await catalog.addAudit($0) }
    }

    init(
        log: Log, now: @escaping @Sendable () -> ContinuousClock.Instant = { .now },
        write: @escaping @Sendable ([AuditEntry.Event]) async throws -> Void
    ) {
        self.write = write
        self.log = log
        self.now = now
        second = now()
    }

    /// Notes a change and waits until it is written. Where the database does not answer it is written later: what was done is
    /// done, and whoever did it is not to do it again.
    public func record(_ event: AuditEntry.Event) async {
        guard add(event, to: &changes) else { return }
        noted += 1
        let place = noted
        let failed = failures
        // A batch that was under way already has not got it.
        while written < place, failures == failed { await begin().value }
    }

    /// Notes an event that is written soon.
    public func note(_ event: AuditEntry.Event) {
        guard add(event, to: &reads) else { return }
        _ = begin()
    }

    /// Notes that somebody was refused; of many in one second, how many there were.
    public func noteRefusal(_ event: AuditEntry.Event) {
        let moment = now()
        if moment - second >= .seconds(1) {
            if unnoted > 0 { log.warning("refusals were too many to be noted", ["refusals": String(unnoted)]) }
            (second, refusals, unnoted) = (moment, 0, 0)
        }
        guard refusals < Self.mostRefusals else {
            unnoted += 1
            return
        }
        refusals += 1
        note(event)
    }

    /// How many events are not written yet.
    var backlog: Int { changes.count + reads.count }

    private func add(_ event: AuditEntry.Event, to waiting: inout [AuditEntry.Event]) -> Bool {
        guard waiting.count < Self.mostWaiting else {
            log.error("the audit has no room for an event", ["action": event.action])
            return false
        }
        waiting.append(event)
        return true
    }

    /// Writes the events that wait, unless a batch is under way; that one is waited for then.
    private func begin() -> Task<Void, Never> {
        if let writing { return writing }
        let task = Task { await writeBatch() }
        writing = task
        return task
    }

    private func writeBatch() async {
        let first = Array(changes.prefix(Self.batch))
        let rest = Array(reads.prefix(Self.batch - first.count))
        do {
            try await write(first + rest)
            changes.removeFirst(first.count)
            reads.removeFirst(rest.count)
            written += first.count
            writing = nil
            if backlog > 0 { _ = begin() }
        } catch {
            writing = nil
            failures += 1
            log.error("the audit could not be written", ["waiting": "\(backlog)", "error": "\(error)"])
            retryLater()
        }
    }

    private func retryLater() {
        guard !isRetrying else { return }
        isRetrying = true
        Task {
            try? await Task.sleep(for: Self.pause)
            isRetrying = false
            if backlog > 0 { _ = begin() }
        }
    }
}
