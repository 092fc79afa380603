public import AzureSignatures
public import Settings

/// How requests to an account are authorised.
public enum StorageCredential: Sendable {
    /// The account's key signs each request.
    case key(SharedKey)
    /// A shared access signature, a query without its question mark, goes out with each request.
    case signature(Secret)
    /// A token of the program's identity.
    case identity
    /// Nothing; only what is public can be read.
    case anonymous
}

/// Where an account's services are and how to sign in.
public struct StorageAccount: Sendable {
    /// How requests are authorised.
    public let credential: StorageCredential
    /// Base URLs without a final slash.
    public let blobEndpoint: String
    public let queueEndpoint: String

    /// Reads a connection string.
    ///
    /// - Throws: `StorageConfigurationError` that says what is wrong, without the string itself.
    public init(connectionString: String) throws(StorageConfigurationError) {
        let parts = try ConnectionString(connectionString)
        let blob = try parts.endpoint("blob")
        let queue = try parts.endpoint("queue")
        blobEndpoint = blob.url
        queueEndpoint = queue.url
        if let text = parts["accountkey"] {
            guard let name = parts["accountname"], let key = SharedKey(account: name, base64Key: text) else {
                throw StorageConfigurationError(
                    detail: "the connection string's AccountKey is not base64 or has no AccountName")
            }
            credential = .key(key)
        } else if let signature = parts["sharedaccesssignature"] ?? blob.signature ?? queue.signature {
            credential = .signature(Secret(signature.hasPrefix("?") ? String(signature.dropFirst()) : signature))
        } else {
            credential = .anonymous
        }
    }

    /// An account reached by managed identity.
    public init(blobServiceURI: String, queueServiceURI: String) {
        credential = .identity
        blobEndpoint = Self.base(blobServiceURI)
        queueEndpoint = Self.base(queueServiceURI)
    }

    /// Reads a connection as the Functions host does: a connection string, or the identity form `<name>__…`.
    public init?(_ settings: inout SettingsReader, named name: String = standardName) {
        if let text = settings.optional(name) {
            do throws(StorageConfigurationError) {
                try self.init(connectionString: text)
                return
            } catch {
                settings.add(name, "is not usable: \(error.detail)")
                return nil
            }
        }
        let account = settings.optional("\(name)__accountName")
        let blob = settings.optional("\(name)__blobServiceUri") ?? account.map { "https://\($0).blob.core.windows.net" }
        let queue =
            settings.optional("\(name)__queueServiceUri") ?? account.map { "https://\($0).queue.core.windows.net" }
        guard let blob, let queue else {
            settings.add(
                name,
                "is not set; it has to be a storage connection string, or \(name)__blobServiceUri and "
                    + "\(name)__queueServiceUri for managed identity")
            return nil
        }
        self.init(blobServiceURI: blob, queueServiceURI: queue)
    }

    /// The key, if there is one.
    public var key: SharedKey? { if case .key(let key) = credential { key } else { nil } }

    static func base(_ url: String) -> String { url.hasSuffix("/") ? String(url.dropLast()) : url }
}

extension StorageAccount: SecretSettings {
    /// What the account is called in the settings unless said otherwise.
    public static let standardName = "AzureWebJobsStorage"

    public static var secretNames: [String] { [standardName] }
}
