package import AccessControl
import AppSetup
import AzureStorage
import Catalog
import ChromaClient
import DocumentQueue
import DocumentReading
public import FunctionsRuntime
import HTTPMessages
import Ingestion
import Models
import OpenAIFaces
import ProgramSupport
import Quotas
import Retrieval
import Settings
public import Telemetry
import TelemetryExport

/// The upload app's functions.
public enum UploadFunctions {
    /// Default of `APUS_MAX_UPLOAD_BYTES`: 100 MiB.
    public static let defaultMaximumBytes = 100 << 20
    /// Default of `APUS_AUDIT_DAYS`: how long it is kept who did what.
    private static let standardAuditDays = 365
    /// Default of `APUS_UPLOAD_HOURS`: after so long a resumable upload expires that was not finished.
    private static let standardUploadHours = 24
    /// Blob Storage keeps blocks of no blob for a week.
    private static let longestUploadHours = 144
    /// The queue's `maxDequeueCount`: after so many failures the host puts a message aside.
    static let maximumDeliveries = 5

    /// The largest request body: one file of the largest size, as base64 in an envelope, and what is around it.
    public static func maximumBodyBytes(_ environment: [String: String]) -> Int {
        var settings = SettingsReader(environment)
        return maximumBytes(&settings) / 3 * 4 + (2 << 20)
    }

    private static func maximumBytes(_ settings: inout SettingsReader) -> Int {
        settings.int("APUS_MAX_UPLOAD_BYTES", default: defaultMaximumBytes, in: 1...(4 << 30))
    }

    /// The program that reads takes them from the environment by itself.
    private static func checkLanguages(_ settings: inout SettingsReader) {
        let name = RecognitionLanguages.setting
        guard let value = settings.optional(name), RecognitionLanguages.names(value) == nil else { return }
        settings.add(name, "is no list of languages as tesseract names them, such as eng+deu")
    }

    /// Reads the settings and wires the functions.
    ///
    /// - Throws: `SettingsError`, and what reading the Key Vault throws.
    public static func make(environment: [String: String], log: Log) async throws -> FunctionRoutes {
        try await guarded(environment: environment, log: log).functions
    }

    /// The same, with the table of what each route asks of its caller.
    package static func guarded(environment: [String: String], log: Log) async throws -> GuardedRoutes {
        var services = try await AppServices(
            [
                CatalogDatabase.self, StorageClients.self, EmbeddingClient.self, ChromaTenants.self,
                AccessGuard.self, TelemetryExporter.self,
            ], environment: environment)
        let wanted = (
            services.make(CatalogDatabase.self), services.make(StorageClients.self), services.make(EmbeddingClient.self)
        )
        let guarding = AccessGuard(&services.settings, catalog: wanted.0)
        let vectors = ChromaTenants(
            &services.settings, embeddingModel: EmbeddingClient.model(services.settings), client: services.client)
        let maximum = maximumBytes(&services.settings)
        let auditDays = services.settings.int("APUS_AUDIT_DAYS", default: standardAuditDays, in: 1...36_500)
        let lifetime =
            3600
            * services.settings.int(
                "APUS_UPLOAD_HOURS", default: standardUploadHours, in: 1...longestUploadHours)
        checkLanguages(&services.settings)
        let telemetry = services.reportTelemetry(as: "apus-upload", log: log)
        let (catalog, storage, embeddings, gate) = try services.finish(wanted.0, wanted.1, wanted.2, guarding)
        let blobs = storage.blobs
        let queue = IngestQueue(storage.queues)
        let temporary = Folder.temporary
        let ingestion = IngestRoute(
            ingestor: { workspace in
                Ingestor(
                    catalog: catalog.view(of: workspace), blobs: blobs, vectors: vectors.of(workspace),
                    embeddings: embeddings, temporaryDirectory: temporary, log: log)
            }, queue: queue, maximumDeliveries: maximumDeliveries, log: log)
        let quotas = QuotaBook(catalog)
        @Sendable func uploads(_ view: WorkspaceCatalog, key: String?) -> UploadRoutes {
            UploadRoutes(
                intake: UploadIntake(
                    catalog: view, blobs: blobs, queue: queue,
                    meter: Meter(catalog: view, key: key, book: quotas, log: log), maximumBytes: maximum))
        }
        @Sendable func uploads(_ access: Access) -> UploadRoutes {
            uploads(catalog.view(for: access), key: access.key)
        }
        let interrupted = InterruptedUploads(catalog: catalog, blobs: blobs, log: log) { uploads($0, key: nil) }
        @Sendable func documents(_ access: Access) -> DocumentRoutes {
            let view = catalog.view(for: access)
            return DocumentRoutes(
                catalog: view, blobs: blobs, queue: queue,
                remover: DocumentRemover(catalog: view, blobs: blobs, vectors: vectors.of(access.workspace)))
        }
        @Sendable func pages(_ access: Access) -> PageRoutes {
            PageRoutes(catalog: catalog.view(for: access), blobs: blobs, temporaryDirectory: temporary, log: log)
        }
        let trail = gate.trail(log)
        let tidy = Tidy(
            catalog: catalog, storage: storage, vectors: vectors, temporaryDirectory: temporary, auditDays: auditDays,
            log: log
        ) { await trail?.record($0) }
        Task {
            // What a crash cut off just before this start is not old enough for the timer's round at start-up.
            for round in 1...15 {
                try await Task.sleep(for: .seconds(10))
                do {
                    try await interrupted.finish()
                    _ = try await round < 15 ? tidy.requeueUnsent() : tidy.requeueStuck()
                } catch {
                    log.warning("stuck documents could not be requeued", ["error": String(describing: error)])
                }
            }
        }
        // Nobody would see what it finds otherwise.
        if telemetry.metrics != nil {
            Task { await BacklogWatch(catalog: catalog, queue: storage.queues, log: log).run() }
        }
        var routes = GuardedRoutes(gate, trail: trail)
        routes.http(.post, "upload", for: .write) { try await uploads($1).upload($0) }
        routes.http(.get, "documents", for: .read) { try await documents($1).list($0) }
        routes.http(.get, "documents/{id}", for: .read) { try await documents($1).get($0) }
        routes.http(.patch, "documents/{id}", for: .write) { try await documents($1).describe($0) }
        routes.http(.delete, "documents/{id}", for: .write) { try await documents($1).delete($0) }
        routes.http(.post, "documents/{id}/restore", for: .write) { try await documents($1).restore($0) }
        routes.http(.get, "documents/{id}/content", for: .read, audited: .soon) { try await documents($1).content($0) }
        routes.http(.get, "documents/{id}/text", for: .read, audited: .soon) { try await documents($1).text($0) }
        routes.http(.get, "documents/{id}/report", for: .read, audited: .soon) { try await documents($1).report($0) }
        routes.http(.get, "documents/{id}/pages/{page}", for: .read, audited: .soon) { try await pages($1).picture($0) }
        routes.http(.get, "documents/{id}/pages/{page}/words", for: .read, audited: .soon) {
            try await pages($1).words($0)
        }
        routes.http(.get, "documents/{id}/access", for: .manage) {
            try await ReadersRoutes(catalog: catalog.view(for: $1)).get($0)
        }
        routes.http(.put, "documents/{id}/access", for: .manage) {
            try await ReadersRoutes(catalog: catalog.view(for: $1)).set($0)
        }
        routes.http(.post, "documents/{id}/retry", for: .write) { try await documents($1).retry($0) }
        routes.http(.post, "documents/batch", for: .write) {
            try await BatchRoute(uploads: uploads($1), temporaryDirectory: temporary).take($0)
        }
        routes.addResumable(catalog, blobs, maximumBytes: maximum, lifetime: lifetime) { uploads($0) }
        routes.addJobs(catalog, storage, vectors, log)
        OpenAIRoutes(
            catalog: catalog, blobs: blobs, intake: { uploads($0).intake }, documents: { documents($0) },
            retriever: { PassageRetriever(embeddings: embeddings, vectors: vectors.of($0)) }, log: log
        ).add(to: &routes)
        routes.functions.queue("ingest") { try await ingestion.take($0) }
        routes.functions.timer("tidy") { _ in
            try await tidy.run()
            try await interrupted.finish()
        }
        routes.functions.check("postgres") { try await catalog.probe() }
        routes.functions.check("storage") { try await blobs.probe("documents") }
        routes.functions.check("vectors") { try await vectors.of(CatalogDatabase.firstWorkspace).probe() }
        return routes
    }
}
