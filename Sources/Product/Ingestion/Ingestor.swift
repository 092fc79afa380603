public import AzureStorage
public import Catalog
public import ChromaClient
import DocumentReading
import HTTPMessages
import JSONCoding
public import Models
import Problems
import Retrieval
public import Telemetry

/// Makes an uploaded document searchable: text, passages, embeddings, index, in steps that can all be repeated.
///
/// Every step writes under a claim, so that a deletion, or somebody who begins anew, wins over it at once. Neither the
/// document nor its text nor its passages are ever in memory as a whole.
public struct Ingestor: Sendable {
    private static let batch = 64
    /// How often a worker looks whether its document is still wanted.
    private static let pulse = Duration.seconds(1)

    private let catalog: WorkspaceCatalog
    private let blobs: BlobClient
    private let vectors: ChromaService
    private let embeddings: EmbeddingClient
    private let temporaryDirectory: String
    private let remover: DocumentRemover
    private let log: Log

    /// An ingestor over the stores.
    public init(
        catalog: WorkspaceCatalog, blobs: BlobClient, vectors: ChromaService, embeddings: EmbeddingClient,
        temporaryDirectory: String, log: Log
    ) {
        self.catalog = catalog
        self.blobs = blobs
        self.vectors = vectors
        self.embeddings = embeddings
        self.temporaryDirectory = temporaryDirectory
        remover = DocumentRemover(catalog: catalog, blobs: blobs, vectors: vectors)
        self.log = log
    }

    /// Works on one document, whatever state it is in.
    ///
    /// - Parameters:
    ///   - isLastTry: Whether the message will not be delivered again; a failure is then final.
    ///   - canWait: Whether it will be after all, later, where a service does not answer.
    /// - Throws: errors of the stores, so that the message is delivered again. What is wrong with the document itself
    ///   is not an error but its status.
    public func ingest(_ id: String, isLastTry: Bool, canWait: Bool = false) async throws {
        guard let claim = try await catalog.claim(id) else { return try await finishDeletion(id) }
        do {
            do {
                try await holding(claim) { try await process(claim) }
            } catch let error as ExtractionError {
                try await fail(claim, error.code, error.detail)
            } catch let error where canWait && Self.isOutage(error) {
                // Nobody works on it until then; that cannot be said where it is the database that is away.
                try? await catalog.setQueued(claim)
                throw error
            } catch let error where isLastTry && !(error is ClaimLost) {
                log.error("giving up on a document", ["document": id, "error": String(reflecting: error)])
                try await fail(
                    claim, "unavailable",
                    "A service that is needed did not answer, several times. Press retry to try again.")
            }
        } catch is ClaimLost {
            // Whoever has it now does, or has done, all that there is to be done.
            log.info("document was deleted or taken over", ["document": id])
        }
    }

    /// Whether an error says that a service does not answer now, and not that something is wrong with the document.
    public static func isOutage(_ error: any Error) -> Bool { Problem(error).status == .serviceUnavailable }

    /// There is nothing to be read: the document is ready, failed, gone, or its deletion was cut off.
    private func finishDeletion(_ id: String) async throws {
        guard let document = try await catalog.document(id) else {
            return log.info("document is gone", ["document": id])
        }
        if document.isDeleting { _ = try await remover.remove(id) }
    }

    /// Does the work as long as the claim lasts: with its loss the work is cancelled, and the reading program ended.
    private func holding(_ claim: DocumentClaim, _ work: @escaping @Sendable () async throws -> Void) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await work() }
            group.addTask {
                while true {
                    try await Task.sleep(for: Self.pulse)
                    // A database that does not answer now is for the work to notice.
                    guard (try? await catalog.renew(claim)) ?? true else { throw ClaimLost() }
                }
            }
            defer { group.cancelAll() }
            try await group.next()
        }
    }

    private func process(_ claim: DocumentClaim) async throws {
        let watch = Stopwatch()
        let document = claim.document
        guard let type = MediaType(rawValue: document.mediaType) else { throw ExtractionError.unsupported }
        let folder = try ReadingFolder(in: temporaryDirectory)
        defer { folder.remove() }
        try await fetch(document, to: folder.original)
        let fetched = watch.milliseconds
        IngestionMetrics.note(stage: "fetch", milliseconds: fetched)
        let reading = try await ReaderProcess.read(folder, as: type)
        var write = BlobWrite(contentType: "application/json")
        (write.blockBytes, write.concurrency) = (1 << 20, 1)
        let text = try await blobs.stage(
            try FileBody(folder.text), for: BlobPaths.container,
            BlobPaths.text(workspace: catalog.workspace, document: document.id), write)
        try await catalog.whileHeld(claim) { _ = try await blobs.commit(text) }
        let extracted = watch.milliseconds
        IngestionMetrics.note(stage: "extract", milliseconds: extracted - fetched)
        try await catalog.setEmbedding(claim)
        // Passages of an earlier try, perhaps with other borders, must not stay beside the new ones.
        try await removePassages(claim)
        let count = try await index(try PassageFile(folder.passages), claim, language: reading.language)
        guard count == reading.passages else {
            throw ReadingFailure(reason: "the reader has left \(count) passages instead of \(reading.passages)")
        }
        let findings = WorkspaceCatalog.Findings(
            pages: reading.pages, pagesWithoutText: reading.pagesWithoutText, passages: count,
            language: reading.language, report: reading.report)
        try await catalog.setReady(claim, findings)
        IngestionMetrics.note(stage: "index", milliseconds: watch.milliseconds - extracted)
        IngestionMetrics.note(result: "ready", passages: count)
        log.info(
            "document is ready",
            [
                "document": document.id, "pages": String(reading.pages), "passages": String(count),
                "extractMilliseconds": String(extracted), "milliseconds": String(watch.milliseconds),
            ])
    }

    private func fetch(_ document: DocumentRecord, to path: String) async throws {
        let original = BlobPaths.original(workspace: catalog.workspace, document: document.id)
        do {
            try await FileBody.write(try await blobs.open(BlobPaths.container, original).body, to: path)
        } catch let error as StorageError where error.isNotFound {
            throw ExtractionError.damaged("its bytes are no longer stored")
        }
    }

    /// Embeds the next batch while the one before is written. Returns how many passages there were.
    private func index(_ passages: PassageFile, _ claim: DocumentClaim, language: String?) async throws -> Int {
        var count = 0
        var pending: Task<Void, any Error>?
        do {
            while case let part = try await passages.next(Self.batch), !part.isEmpty {
                guard count + part.count <= ReaderLimits.passages else {
                    throw ReadingFailure(reason: "the reader has left more passages than it may")
                }
                let entries = part.map { Self.entry($0, of: claim.document, language: language) }
                let embedded = try await embeddings.embed(entries.map(\.text))
                try await pending?.value
                let records = zip(entries.indices, zip(entries, embedded)).map { index, pair in
                    pair.0.record(id: "\(claim.document.id):\(count + index)", pair.1)
                }
                count += part.count
                pending = Task { try await catalog.whileHeld(claim) { try await vectors.upsert(records) } }
            }
            try await pending?.value
            return count
        } catch {
            // A failed document's passages are deleted next; a write still under way would land after that.
            _ = await pending?.result
            throw error
        }
    }

    private func removePassages(_ claim: DocumentClaim) async throws {
        let filter: JSONValue = ["documentId": .string(claim.document.id)]
        try await catalog.whileHeld(claim) { _ = try await vectors.delete(filter: filter) }
    }

    private static func entry(_ passage: Passage, of document: DocumentRecord, language: String?) -> PassageEntry {
        var metadata: JSONObject = ["documentId": .string(document.id)]
        if let chat = document.chatId { metadata["chatId"] = .string(chat) }
        return PassageEntry(passage, name: document.name, language: language, metadata: metadata)
    }

    private func fail(_ claim: DocumentClaim, _ code: String, _ detail: String) async throws {
        try await removePassages(claim)
        try await catalog.setFailed(claim, code: code, detail: detail)
        IngestionMetrics.note(result: code)
        log.info("document failed", ["document": claim.document.id, "code": code])
    }
}
