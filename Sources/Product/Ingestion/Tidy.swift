public import AzureStorage
public import Catalog
public import ChromaClient
import Digests
import DocumentQueue
import DocumentReading
import JSONCoding
import TaskTools
public import Telemetry

/// Finishes what a crash cut off: requeues documents that have not moved, completes deletions, gives up on poisoned
/// messages, removes blobs and passages without a row, and folders whose reader was killed.
public struct Tidy: Sendable {
    /// Work on a document shows at least every few seconds.
    private static let stuckSeconds = 120
    /// Between a document's row and its message there is nothing that takes long.
    private static let unsentSeconds = 5
    /// Blobs are removed only when their document is older than this: an upload writes its row last.
    private static let orphanMilliseconds: Int64 = 3_600_000
    /// The logs of answers are kept for so long after their end: until then who was cut off goes on where that was.
    private static let logSeconds = 3600

    /// It can be asked for so long what became of a job.
    private static let jobDays = 30

    private let catalog: CatalogDatabase
    private let blobs: BlobClient
    private let queues: QueueClient
    private let ingest: IngestQueue
    private let vectors: ChromaTenants
    private let temporaryDirectory: String
    private let auditDays: Int
    private let noteRetention: @Sendable (AuditEntry.Event) async -> Void
    private let log: Log

    /// A tidier over the stores, and over the folder in which documents are read.
    ///
    /// - Parameters:
    ///   - auditDays: How long it is kept who did what.
    ///   - noteRetention: Writes down that something was removed because it was kept long enough.
    public init(
        catalog: CatalogDatabase, storage: StorageClients, vectors: ChromaTenants, temporaryDirectory: String,
        auditDays: Int, log: Log, noteRetention: @escaping @Sendable (AuditEntry.Event) async -> Void
    ) {
        self.catalog = catalog
        blobs = storage.blobs
        queues = storage.queues
        ingest = IngestQueue(storage.queues)
        self.vectors = vectors
        self.temporaryDirectory = temporaryDirectory
        self.auditDays = auditDays
        self.noteRetention = noteRetention
        self.log = log
    }

    /// Does one round.
    public func run() async throws {
        let poisoned = try await drainPoison()
        let stuck = try await requeueStuck()
        var orphans = 0
        var past = 0
        var jobs = 0
        for workspace in try await catalog.workspaces() {
            jobs += try await catalog.view(of: workspace).removeOldJobs(olderThanDays: Self.jobDays)
            orphans += try await removeOrphans(of: workspace) + removeOrphanedPassages(of: workspace)
            past += try await removePastRetention(of: workspace)
        }
        let uploads = try await removeExpiredUploads()
        try await catalog.forgetExpiredAnswers()
        try await catalog.removeEndedReservations()
        _ = try await catalog.removeOldResponses()
        let logs = try await catalog.removeAnswerLogs(olderThanSeconds: Self.logSeconds)
        let forgotten = try await catalog.removeAudit(olderThanDays: auditDays)
        _ = try await BlockingCalls.run { [temporaryDirectory] in ReadingFolder.removeLeftovers(in: temporaryDirectory)
        }
        log.info(
            "tidied",
            [
                "pastRetention": String(past), "requeued": String(stuck), "poisoned": String(poisoned),
                "orphans": String(orphans), "jobs": String(jobs), "expiredUploads": String(uploads),
                "auditRemoved": String(forgotten), "answerLogs": String(logs),
            ])
    }

    /// Deletes documents that the workspace does not keep any longer.
    private func removePastRetention(of workspace: String) async throws -> Int {
        let view = catalog.view(of: workspace)
        let remover = DocumentRemover(catalog: view, blobs: blobs, vectors: vectors.of(workspace))
        var count = 0
        for id in try await view.documentsPastRetention() where try await view.markDeleting(id) {
            _ = try await remover.remove(id)
            count += 1
        }
        if count > 0 { await noteRetention(view.retentionEvent("documents", count)) }
        return count
    }

    /// Removes what was stored of uploads that were not finished in time, and the parts of others.
    private func removeExpiredUploads() async throws -> Int {
        let expired = try await catalog.expiredUploads()
        for upload in expired {
            // Whoever made the document may have died before that was noted with the upload.
            if try await catalog.view(of: upload.workspace).knownDocuments([upload.id]).isEmpty {
                try await blobs.discard(
                    BlobPaths.container, BlobPaths.original(workspace: upload.workspace, document: upload.id))
            }
            try await catalog.setGone(upload: upload.id)
        }
        return expired.count
    }

    /// Puts documents back into the queue that nobody works on. Returns how many.
    @discardableResult
    public func requeueStuck() async throws -> Int {
        try await requeue(olderThanSeconds: Self.stuckSeconds, isBegun: true)
    }

    /// Puts documents into the queue whose upload was killed before it did that: they wait, and no message does. Returns how many.
    @discardableResult
    public func requeueUnsent() async throws -> Int {
        guard try await queues.count(IngestMessage.queue) ?? 0 == 0 else { return 0 }
        return try await requeue(olderThanSeconds: Self.unsentSeconds, isBegun: false)
    }

    private func requeue(olderThanSeconds age: Int, isBegun: Bool) async throws -> Int {
        var count = 0
        for workspace in try await catalog.workspaces() {
            let stuck = try await catalog.view(of: workspace).stuckDocuments(olderThanSeconds: age, isBegun: isBegun)
            for document in stuck { try await ingest.put(document.id, of: workspace) }
            count += stuck.count
        }
        return count
    }

    private func drainPoison() async throws -> Int {
        var count = 0
        while let messages = try await queues.get(IngestMessage.poisonQueue, count: 32, visibility: .seconds(60)),
            !messages.isEmpty
        {
            for message in messages {
                if let text = Base64Text.decode(message.text), let parsed = IngestMessage(text: text) {
                    try await giveUp(parsed, poisoned: message.insertionTime)
                }
                try await queues.delete(message, from: IngestMessage.poisonQueue)
                count += 1
            }
        }
        return count
    }

    /// Whoever has pressed retry since, or works on the document, is not interrupted.
    private func giveUp(_ message: IngestMessage, poisoned time: String) async throws {
        // The queue's times are in whole seconds.
        let seconds = (Timestamp.seconds(httpDate: time) ?? Timestamp.nowMilliseconds() / 1000) + 1
        _ = try await catalog.view(of: message.workspace).giveUp(
            message.documentId, unmovedSince: seconds,
            error: (
                "unavailable", "The document could not be processed, several times. Press retry to try again."
            ))
    }

    private func removeOrphans(of workspace: String) async throws -> Int {
        let catalog = catalog.view(of: workspace)
        let paths: [String]
        do {
            paths = try await blobs.list(BlobPaths.container, prefix: BlobPaths.prefix(workspace: workspace))
        } catch let error as StorageError where error.isNotFound {
            return 0
        }
        let now = Timestamp.nowMilliseconds()
        let byDocument = Dictionary(grouping: paths) { BlobPaths.document(of: $0) ?? "" }
        var removed = 0
        for ids in byDocument.keys.filter({ !$0.isEmpty }).sorted().chunked(500) {
            let known = try await catalog.knownDocuments(ids)
            for id in ids
            where !known.contains(id) && now - Int64(UUIDv7.milliseconds(of: id)) > Self.orphanMilliseconds {
                for path in byDocument[id] ?? [] {
                    removed += try await blobs.delete(BlobPaths.container, path) ? 1 : 0
                }
            }
        }
        return removed
    }

    /// Passages whose document is gone: an ingestion was killed after its document had been deleted.
    private func removeOrphanedPassages(of workspace: String) async throws -> Int {
        let (catalog, vectors) = (catalog.view(of: workspace), vectors.of(workspace))
        var removed = 0
        for ids in try await vectors.documentIDs().sorted().chunked(500) {
            let known = try await catalog.knownDocuments(ids)
            for id in ids where !known.contains(id) {
                removed += try await vectors.delete(filter: ["documentId": .string(id)])
            }
        }
        return removed
    }
}

extension Array {
    fileprivate func chunked(_ size: Int) -> [[Element]] {
        stride(from: 0, to: count, by: size).map { Array(self[$0..<Swift.min($0 + size, count)]) }
    }
}
