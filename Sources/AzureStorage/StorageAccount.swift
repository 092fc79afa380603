public import AzureSignatures
import HTTPMessages
public import Settings

/// Where an account's services are and how to sign in.
public struct StorageAccount: Sendable {
    /// The account's key; `nil` means managed identity.
    public let key: SharedKey?
    /// Base URLs without a final slash.
    public let blobEndpoint: String
    public let queueEndpoint: String

    /// Reads a connection string.
    ///
    /// - Throws: `StorageConfigurationError` that says what is wrong, without the string itself.
    public init(connectionString: String) throws(StorageConfigurationError) {
        var parts: [String: String] = [:]
        for piece in connectionString.split(separator: ";") {
            let pair = piece.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard pair.count == 2, !pair[0].isEmpty else {
                throw StorageConfigurationError(detail: "a part of the connection string has no '='")
            }
            parts[pair[0].lowercased()] = String(pair[1])
        }
        if parts["usedevelopmentstorage"]?.lowercased() == "true" {
            let base = parts["developmentstorageproxyuri"] ?? "http://127.0.0.1"
            parts["accountname"] = DevelopmentAccount.storageName
            parts["accountkey"] = DevelopmentAccount.storageKey
            parts["blobendpoint"] = "\(base):10000/\(DevelopmentAccount.storageName)"
            parts["queueendpoint"] = "\(base):10001/\(DevelopmentAccount.storageName)"
        }
        guard let name = parts["accountname"] else {
            throw StorageConfigurationError(detail: "the connection string has no AccountName")
        }
        guard let key = SharedKey(account: name, base64Key: parts["accountkey"] ?? "") else {
            throw StorageConfigurationError(detail: "the connection string's AccountKey is missing or not base64")
        }
        self.key = key
        let scheme = parts["defaultendpointsprotocol"] ?? "https"
        let suffix = parts["endpointsuffix"] ?? "core.windows.net"
        blobEndpoint = Self.base(parts["blobendpoint"] ?? "\(scheme)://\(name).blob.\(suffix)")
        queueEndpoint = Self.base(parts["queueendpoint"] ?? "\(scheme)://\(name).queue.\(suffix)")
    }

    /// An account reached by managed identity.
    public init(blobServiceURI: String, queueServiceURI: String) {
        key = nil
        blobEndpoint = Self.base(blobServiceURI)
        queueEndpoint = Self.base(queueServiceURI)
    }

    /// Reads a connection as the Functions host does: a connection string, or the identity form `<name>__…`.
    public init?(_ settings: inout SettingsReader, named name: String = "AzureWebJobsStorage") {
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

    private static func base(_ url: String) -> String { url.hasSuffix("/") ? String(url.dropLast()) : url }
}

/// The connection string cannot be used.
public struct StorageConfigurationError: Error, Sendable {
    /// What is wrong; contains nothing of the string.
    public let detail: String
}
