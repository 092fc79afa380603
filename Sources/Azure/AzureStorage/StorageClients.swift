public import AzureIdentity
public import HTTPClient
public import Settings

/// The clients of the account that the settings name.
public struct StorageClients: ConfiguredClient, Sendable {
    public static var secretNames: [String] { StorageAccount.secretNames }

    public let blobs: BlobClient
    public let queues: QueueClient

    public init?(_ settings: inout SettingsReader, identity: TokenSource, client: HTTPSession) {
        guard let account = StorageAccount(&settings) else { return nil }
        blobs = BlobClient(account: account, identity: identity, client: client)
        queues = QueueClient(account: account, identity: identity, client: client)
    }
}
