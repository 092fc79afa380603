import AzureIdentity
import AzureStorage
public import Catalog
import ChatMessages
import ChromaClient
public import HTTPClient
import Settings
import Telemetry

/// The stores that a backup reads and a restore writes, as the handlers' own settings name them.
public struct BackupServices: Sendable {
    /// The database, for looking at its schema.
    public var database: CatalogDatabase { catalog }

    let catalog: CatalogDatabase
    let messages: MessageStore
    let blobs: BlobClient
    let queue: QueueClient
    let vectors: ChromaService
    let embeddingModel: String
    /// Signs manifests, and is asked for when reading them.
    let key: Secret?
    /// What a manifest tells of the settings.
    let settings: [String: String]

    /// Settings without which there is nothing to back up.
    public static let needed = ["APUS_DATABASE_URL", "APUS_COSMOS_ENDPOINT", "APUS_CHROMA_URL"]
    /// Settings that change how answers come about and hold no secrets.
    private static let told = [
        "APUS_MODELS", "APUS_EMBEDDINGS_MODEL", "APUS_PRESET", "APUS_ANSWER_CACHE", "APUS_MAX_UPLOAD_BYTES",
        "APUS_FETCH_ALLOW", "SEARXNG_URL",
    ]
    private static let secretNames = [
        "APUS_DATABASE_URL", "AzureWebJobsStorage", "APUS_COSMOS_KEY", "APUS_CHROMA_TOKEN", "APUS_BACKUP_KEY",
    ]

    /// Reads the settings; secrets may be in the vault.
    ///
    /// - Throws: `SettingsError`, and what reading the vault throws.
    public init(environment: [String: String], client: HTTPSession) async throws {
        var settings = SettingsReader(
            try await KeyVaultSettings.resolved(environment, names: Self.secretNames, client: client))
        let identity = TokenSource(settings, client: client)
        catalog = CatalogDatabase(&settings, identity: identity)
        let messages = MessageStore(&settings, identity: identity, client: client)
        let account = StorageAccount(&settings)
        embeddingModel = settings.optional("APUS_EMBEDDINGS_MODEL") ?? "all-MiniLM-L6-v2"
        vectors = ChromaService(&settings, tenant: catalog.workspace, embeddingModel: embeddingModel, client: client)
        key = settings.secret("APUS_BACKUP_KEY")
        var told: [String: String] = [:]
        for name in Self.told { told[name] = settings.optional(name) }
        self.settings = told
        try settings.finish()
        guard let messages, let account else { throw BackupError("the settings name no stores") }
        self.messages = messages
        blobs = BlobClient(account: account, identity: identity, client: client)
        queue = QueueClient(account: account, identity: identity, client: client)
    }
}
