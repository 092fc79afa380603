import AppSetup
import AzureStorage
import Catalog
import ChromaClient
import DocumentQueue
import DocumentReading
import FoundationEssentials
public import FunctionsRuntime
import HTTPMessages
import Ingestion
import Models
import Settings
public import Telemetry
import TelemetryExport

/// The upload app's functions.
public enum UploadFunctions {
    /// Default of `APUS_MAX_UPLOAD_BYTES`: 100 MiB.
    public static let defaultMaximumBytes = 100 << 20
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
        var services = try await AppServices(
            [
                CatalogDatabase.self, StorageClients.self, EmbeddingClient.self, ChromaService.self,
                TelemetryExporter.self,
            ], environment: environment)
        let wanted = (
            services.make(CatalogDatabase.self), services.make(StorageClients.self), services.make(EmbeddingClient.self)
        )
        let vectors = ChromaService(
            &services.settings, tenant: CatalogDatabase.firstWorkspace,
            embeddingModel: EmbeddingClient.model(services.settings), client: services.client)
        let maximum = maximumBytes(&services.settings)
        checkLanguages(&services.settings)
        let telemetry = services.reportTelemetry(as: "apus-upload", log: log)
        let (catalog, storage, embeddings) = try services.finish(wanted.0, wanted.1, wanted.2)
        let blobs = storage.blobs
        let queue = IngestQueue(storage.queues)
        let temporary = FileManager.default.temporaryDirectory.path
        let ingestor = Ingestor(
            catalog: catalog, blobs: blobs, vectors: vectors, embeddings: embeddings, temporaryDirectory: temporary,
            log: log)
        let ingestion = IngestRoute(ingestor: ingestor, queue: queue, maximumDeliveries: maximumDeliveries, log: log)
        let uploads = UploadRoutes(
            intake: UploadIntake(catalog: catalog, blobs: blobs, queue: queue, maximumBytes: maximum))
        let documents = DocumentRoutes(
            catalog: catalog, blobs: blobs, queue: queue,
            remover: DocumentRemover(catalog: catalog, blobs: blobs, vectors: vectors))
        let pages = PageRoutes(catalog: catalog, blobs: blobs, temporaryDirectory: temporary, log: log)
        let tidy = Tidy(
            catalog: catalog, storage: storage, vectors: vectors, temporaryDirectory: temporary, log: log)
        Task {
            // What a crash cut off just before this start is not old enough for the timer's round at start-up.
            try await Task.sleep(for: .seconds(150))
            do { try await tidy.requeueStuck() } catch {
                log.warning("stuck documents could not be requeued", ["error": String(describing: error)])
            }
        }
        // Nobody would see what it finds otherwise.
        if telemetry.metrics != nil {
            Task { await BacklogWatch(catalog: catalog, queue: storage.queues, log: log).run() }
        }
        var routes = FunctionRoutes()
        routes.http(.post, "upload") { try await uploads.upload($0) }
        routes.http(.get, "documents") { try await documents.list($0) }
        routes.http(.get, "documents/{id}") { try await documents.get($0) }
        routes.http(.delete, "documents/{id}") { try await documents.delete($0) }
        routes.http(.get, "documents/{id}/content") { try await documents.content($0) }
        routes.http(.get, "documents/{id}/text") { try await documents.text($0) }
        routes.http(.get, "documents/{id}/report") { try await documents.report($0) }
        routes.http(.get, "documents/{id}/pages/{page}") { try await pages.picture($0) }
        routes.http(.get, "documents/{id}/pages/{page}/words") { try await pages.words($0) }
        routes.http(.post, "documents/{id}/retry") { try await documents.retry($0) }
        routes.queue("ingest") { try await ingestion.take($0) }
        routes.timer("tidy") { _ in try await tidy.run() }
        routes.check("postgres") { try await catalog.probe() }
        routes.check("storage") { try await blobs.probe("documents") }
        routes.check("vectors") { try await vectors.probe() }
        return routes
    }
}
