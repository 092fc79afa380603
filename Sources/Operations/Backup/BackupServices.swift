import AppSetup
import AzureStorage
public import Catalog
import ChatMessages
import ChromaClient
public import HTTPClient
import Models
public import Settings

/// The stores that a backup reads and a restore writes, as the handlers' own settings name them.
public struct BackupServices: SecretSettings, Sendable {
    private static let keyName = "APUS_BACKUP_KEY"
    public static let secretNames = [keyName]

    /// The database, for looking at its schema.
    public var database: CatalogDatabase { catalog }

    let catalog: CatalogDatabase
    let messages: MessageStore
    let blobs: BlobClient
    let queue: QueueClient
    let vectors: ChromaTenants
    let embeddingModel: String
    /// Signs manifests, and is asked for when reading them.
    let key: Secret?
    /// What a manifest tells of the settings.
    let settings: [String: String]

    /// Settings without which there is nothing to back up.
    public static let needed = ["APUS_DATABASE_URL", "APUS_COSMOS_ENDPOINT", "APUS_CHROMA_URL"]
    /// Settings that change how answers come about and hold no secrets.
    private static let told = [
        "APUS_MODELS", "APUS_EMBEDDINGS_MODEL", "APUS_PRESET", "APUS_ANSWER_CACHE", "APUS_UNSUPPORTED",
        "APUS_MAX_UPLOAD_BYTES", "APUS_OCR_LANGUAGES", "APUS_FETCH_ALLOW", "SEARXNG_URL",
    ]
    /// The key that backups are signed with, for reading one without its stores; it may be in the vault.
    ///
    /// - Throws: what reading the vault throws.
    public static func key(environment: [String: String], client: HTTPSession) async throws -> Secret? {
        let services = try await AppServices([BackupServices.self], environment: environment, client: client)
        return services.settings.secret(keyName)
    }

    /// Reads the settings; secrets may be in the vault.
    ///
    /// - Throws: `SettingsError`, and what reading the vault throws.
    public init(environment: [String: String], client: HTTPSession) async throws {
        var services = try await AppServices(
            [
                CatalogDatabase.self, MessageStore.self, StorageClients.self, ChromaTenants.self, BackupServices.self,
            ], environment: environment, client: client)
        let wanted = (
            services.make(CatalogDatabase.self), services.make(MessageStore.self), services.make(StorageClients.self)
        )
        embeddingModel = EmbeddingClient.model(services.settings)
        vectors = ChromaTenants(&services.settings, embeddingModel: embeddingModel, client: client)
        key = services.settings.secret(Self.keyName)
        var told: [String: String] = [:]
        for name in Self.told { told[name] = services.settings.optional(name) }
        settings = told
        let storage: StorageClients
        (catalog, messages, storage) = try services.finish(wanted.0, wanted.1, wanted.2)
        blobs = storage.blobs
        queue = storage.queues
    }
}
