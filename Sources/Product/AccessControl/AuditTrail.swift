public import Catalog
public import Telemetry

/// Notes who did what. What comes side by side is written in one go; what changes something is on the disk before its answer
/// goes out, what reads is written soon.
public actor AuditTrail {
    /// Events that wait at most: a database that does not answer is not to fill the memory.
    private static let mostWaiting = 10_000
    /// Events that are written in one transaction.
    private static let batch = 200
    private static let pause = Duration.seconds(5)

    private let write: @Sendable ([AuditEntry.Event]) async throws -> Void
    private let log: Log
    private var waiting: [AuditEntry.Event] = []
    private var writing: Task<Void, Never>?
    /// Events that were written, and that there were, since the process began.
    private var written = 0
    private var noted = 0
    private var isRetrying = false

    /// A trail in a database.
    public init(_ catalog: CatalogDatabase, log: Log) {
        self.init(log: log) { try await catalog.addAudit($0) }
    }

    init(log: Log, write: @escaping @Sendable ([AuditEntry.Event]) async throws -> Void) {
        self.write = write
        self.log = log
    }

    /// Notes an event and waits until it is written. Where the database does not answer it is written later: what was done is
    /// done, and whoever did it is not to do it again.
    public func record(_ event: AuditEntry.Event) async {
        guard let place = add(event) else { return }
        while written < place {
            let before = written
            await begin().value
            if written == before { return }
        }
    }

    /// Notes an event that is written soon.
    public func note(_ event: AuditEntry.Event) {
        guard add(event) != nil else { return }
        _ = begin()
    }

    /// How many events are not written yet.
    var backlog: Int { waiting.count }

    /// The number that the event has; `nil` when there are too many.
    private func add(_ event: AuditEntry.Event) -> Int? {
        guard waiting.count < Self.mostWaiting else {
            log.error("the audit has no room for an event", ["action": event.action])
            return nil
        }
        waiting.append(event)
        noted += 1
        return noted
    }

    /// Writes the events that wait, unless a batch is under way; that one is waited for then.
    private func begin() -> Task<Void, Never> {
        if let writing { return writing }
        let task = Task { await writeBatch() }
        writing = task
        return task
    }

    private func writeBatch() async {
        let events = Array(waiting.prefix(Self.batch))
        do {
            try await write(events)
            waiting.removeFirst(events.count)
            written += events.count
            writing = nil
            if !waiting.isEmpty { _ = begin() }
        } catch {
            writing = nil
            log.error("the audit could not be written", ["waiting": "\(waiting.count)", "error": "\(error)"])
            retryLater()
        }
    }

    private func retryLater() {
        guard !isRetrying else { return }
        isRetrying = true
        Task {
            try? await Task.sleep(for: Self.pause)
            isRetrying = false
            if !waiting.isEmpty { _ = begin() }
        }
    }
}
