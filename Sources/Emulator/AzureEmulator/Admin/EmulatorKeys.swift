import AzureSignatures
public import Settings

/// What callers of the emulator prove themselves with.
public struct EmulatorKeys: Sendable {
    /// The storage account's key, base64.
    public var storage: Secret
    /// Cosmos DB's master key, base64.
    public var cosmos: Secret
    /// What the identity endpoint wants as `X-IDENTITY-HEADER`.
    public var identityHeader: Secret
    /// The secret of every application.
    public var clientSecret: Secret

    /// Those that every Azure emulator has, and public words for identities: they protect nothing.
    public static let wellKnown = EmulatorKeys(
        storage: Secret(DevelopmentAccount.storageKey), cosmos: Secret(DevelopmentAccount.cosmosKey),
        identityHeader: Secret("apus-local-identity"), clientSecret: Secret("apus-local-client-secret"))

    /// Reads `APUS_EMULATOR_STORAGE_KEY`, `APUS_EMULATOR_COSMOS_KEY`, `APUS_EMULATOR_IDENTITY_HEADER` and
    /// `APUS_EMULATOR_CLIENT_SECRET`; what is not set is well known.
    public init(_ settings: SettingsReader) {
        self = .wellKnown
        storage = settings.secret("APUS_EMULATOR_STORAGE_KEY") ?? storage
        cosmos = settings.secret("APUS_EMULATOR_COSMOS_KEY") ?? cosmos
        identityHeader = settings.secret("APUS_EMULATOR_IDENTITY_HEADER") ?? identityHeader
        clientSecret = settings.secret("APUS_EMULATOR_CLIENT_SECRET") ?? clientSecret
    }

    private init(storage: Secret, cosmos: Secret, identityHeader: Secret, clientSecret: Secret) {
        self.storage = storage
        self.cosmos = cosmos
        self.identityHeader = identityHeader
        self.clientSecret = clientSecret
    }
}
