public import AzureStorage
public import Catalog
public import Telemetry

/// Looks at the ingest queue and at documents by status from time to time, for metrics: the platform's own figures come
/// hourly and late.
public struct BacklogWatch: Sendable {
    private static let interval = Duration.seconds(30)
    private static let depth = Metrics.shared.gauge(
        "apus.queue.depth", unit: "{message}", "Messages of a queue, hidden ones included.")
    private static let age = Metrics.shared.gauge(
        "apus.queue.age", unit: "s", "Age of the oldest message that waits in a queue.")
    private static let documents = Metrics.shared.gauge(
        "apus.documents", unit: "{document}", "Documents by status.")
    private static let jobs = Metrics.shared.gauge("apus.jobs.open", unit: "{job}", "Jobs that are not over, by kind.")
    private static let oldestJob = Metrics.shared.gauge(
        "apus.jobs.age", unit: "s", "Age of the oldest job that is not over, by kind.")

    private let catalog: CatalogDatabase
    private let queue: QueueClient
    private let log: Log

    /// A watch over the queue and the catalog.
    public init(catalog: CatalogDatabase, queue: QueueClient, log: Log) {
        self.catalog = catalog
        self.queue = queue
        self.log = log
    }

    /// Looks until the task is cancelled.
    public func run() async {
        while !Task.isCancelled {
            do {
                for name in [IngestMessage.queue, IngestMessage.poisonQueue] { try await look(at: name) }
                Self.documents.reset()
                for (status, count) in try await catalog.documentsByStatus() {
                    Self.documents.set(Double(count), ["status": status])
                }
                Self.jobs.reset()
                Self.oldestJob.reset()
                for open in try await catalog.openJobs() {
                    Self.jobs.set(Double(open.count), ["kind": open.kind.rawValue])
                    Self.oldestJob.set(Double(open.oldestSeconds), ["kind": open.kind.rawValue])
                }
            } catch {
                log.debug("the backlog cannot be looked at", ["error": String(describing: error)])
            }
            try? await Task.sleep(for: Self.interval)
        }
    }

    private func look(at name: String) async throws {
        Self.depth.set(Double(try await queue.count(name) ?? 0), ["queue": name])
        let oldest = try await queue.peek(name, count: 1)?.first
        let since = oldest.flatMap { Timestamp.seconds(httpDate: $0.insertionTime) }
        let now = Timestamp.nowMilliseconds() / 1000
        Self.age.set(since.map { Double(max(0, now - $0)) } ?? 0, ["queue": name])
    }
}
