public import AzureStorage
public import Catalog
public import ChromaClient
import Documents
import JSONCoding
public import Models
public import Telemetry

/// Makes an uploaded document searchable: text, passages, embeddings, index, in steps that can all be repeated.
public struct Ingestor: Sendable {
    private static let maximumPassages = 20_000
    private static let batch = 64

    private let catalog: CatalogDatabase
    private let blobs: BlobClient
    private let vectors: ChromaService
    private let embeddings: EmbeddingClient
    private let reader: DocumentReader
    private let remover: DocumentRemover
    private let log: Log

    /// An ingestor over the stores.
    public init(
        catalog: CatalogDatabase, blobs: BlobClient, vectors: ChromaService, embeddings: EmbeddingClient,
        temporaryDirectory: String, log: Log
    ) {
        self.catalog = catalog
        self.blobs = blobs
        self.vectors = vectors
        self.embeddings = embeddings
        reader = DocumentReader(temporaryDirectory: temporaryDirectory)
        remover = DocumentRemover(catalog: catalog, blobs: blobs, vectors: vectors)
        self.log = log
    }

    /// Works on one document, whatever state it is in.
    ///
    /// - Parameter isLastTry: Whether the message will not be delivered again; a failure is then final.
    /// - Throws: errors of the stores, so that the message is delivered again. What is wrong with the document itself
    ///   is not an error but its status.
    public func ingest(_ id: String, isLastTry: Bool) async throws {
        guard let document = try await catalog.document(id) else {
            return log.info("document is gone", ["document": id])
        }
        if document.isDeleting {
            _ = try await remover.remove(id)
            return
        }
        guard document.status != .ready else { return }
        do {
            try await process(document)
        } catch let error as ExtractionError {
            try await fail(id, (error.code, error.detail))
        } catch {
            guard isLastTry else { throw error }
            log.error("giving up on a document", ["document": id, "error": String(reflecting: error)])
            try await fail(
                id, ("unavailable", "A service that is needed did not answer, several times. Press retry to try again.")
            )
        }
    }

    private func process(_ document: DocumentRecord) async throws {
        let watch = Stopwatch()
        guard let type = MediaType(rawValue: document.mediaType) else { throw ExtractionError.unsupported }
        guard try await catalog.setStatus(document.id, .extracting) else { return }
        let original = BlobPaths.original(workspace: catalog.workspace, document: document.id)
        let bytes: [UInt8]
        do {
            bytes = try await blobs.get(BlobPaths.container, original)
        } catch let error as StorageError where error.isNotFound {
            throw ExtractionError.damaged("its bytes are no longer stored")
        }
        let fetched = watch.milliseconds
        IngestionMetrics.note(stage: "fetch", milliseconds: fetched)
        let text = try await reader.read(bytes, type)
        let passages = PassageSplitter().passages(of: text)
        guard passages.count <= Self.maximumPassages else {
            throw ExtractionError.tooComplex("it has \(passages.count) passages, the limit is \(Self.maximumPassages)")
        }
        try await blobs.put(
            text.json.encoded, to: BlobPaths.container,
            BlobPaths.text(workspace: catalog.workspace, document: document.id), contentType: "application/json")
        let extracted = watch.milliseconds
        IngestionMetrics.note(stage: "extract", milliseconds: extracted - fetched)
        guard try await catalog.setStatus(document.id, .embedding) else { return try await settleDeletion(document.id) }
        // Passages of an earlier try, perhaps with other borders, must not stay beside the new ones.
        try await vectors.delete(filter: ["documentId": .string(document.id)])
        try await index(passages, of: document)
        let findings = CatalogDatabase.Findings(
            pages: text.pages.count, pagesWithoutText: text.pagesWithoutText, passages: passages.count,
            language: LanguageGuess.language(of: text))
        guard try await catalog.setReady(document.id, findings) else { return try await settleDeletion(document.id) }
        IngestionMetrics.note(stage: "index", milliseconds: watch.milliseconds - extracted)
        IngestionMetrics.note(result: "ready", passages: passages.count)
        log.info(
            "document is ready",
            [
                "document": document.id, "pages": String(text.pages.count), "passages": String(passages.count),
                "extractMilliseconds": String(extracted), "milliseconds": String(watch.milliseconds),
            ])
    }

    /// Embeds the next batch while the one before is written.
    private func index(_ passages: [Passage], of document: DocumentRecord) async throws {
        var pending: Task<Void, any Error>?
        do {
            for start in stride(from: 0, to: passages.count, by: Self.batch) {
                let part = passages[start..<min(start + Self.batch, passages.count)]
                let embedded = try await embeddings.embed(part.map(\.text))
                try await pending?.value
                // Tells `tidy` that somebody is at work.
                try await catalog.setStatus(document.id, .embedding)
                let records = zip(part.indices, zip(part, embedded)).map { ordinal, pair in
                    Self.record(pair.0, ordinal: ordinal, embedding: pair.1, of: document)
                }
                pending = Task { [vectors] in try await vectors.upsert(records) }
            }
            try await pending?.value
        } catch {
            // A failed document's passages are deleted next; a write still under way would land after that.
            _ = await pending?.result
            throw error
        }
    }

    private static func record(
        _ passage: Passage, ordinal: Int, embedding: [Float], of document: DocumentRecord
    ) -> ChromaService.Record {
        var metadata: JSONObject = [
            "documentId": .string(document.id), "name": .string(document.name), "page": .int(Int64(passage.page)),
            "start": .int(Int64(passage.start)), "end": .int(Int64(passage.end)),
        ]
        if let chat = document.chatId { metadata["chatId"] = .string(chat) }
        return ChromaService.Record(
            id: "\(document.id):\(ordinal)", embedding: embedding, document: passage.text, metadata: metadata)
    }

    /// Somebody deleted the document meanwhile; what was just written goes too.
    private func settleDeletion(_ id: String) async throws { _ = try await remover.remove(id) }

    private func fail(_ id: String, _ error: (code: String, detail: String)) async throws {
        try await vectors.delete(filter: ["documentId": .string(id)])
        try await catalog.setStatus(id, .failed, error: error)
        IngestionMetrics.note(result: error.code)
        log.info("document failed", ["document": id, "code": error.code])
    }
}
