import AzureIdentity
import AzureSignatures
import AzureStorage
import CosmosDB
import HTTPClient
import Settings

/// Finds what a binding's `connection` names and makes clients for it
/// (docs/reference/functions-custom-handlers.md, 2.3).
struct Connections: Sendable {
    static let standard = "AzureWebJobsStorage"

    let environment: [String: String]
    let client: HTTPSession

    /// The name under which the settings have a connection, in the host's order of looking.
    ///
    /// - Throws: `HostError` that names the setting.
    func settingName(_ name: String) throws -> String {
        for candidate in [
            "ConnectionStrings:AzureWebJobs\(name)", "AzureWebJobs\(name)", "ConnectionStrings:\(name)", name,
        ]
        where environment[candidate] != nil || environment.keys.contains(where: { $0.hasPrefix(candidate + "__") }) {
            return candidate
        }
        throw HostError(
            "the connection \(name) is not set; put a connection string into the setting \(name), or "
                + "\(name)__accountName for managed identity.")
    }

    /// A storage account and the identity that it may be reached by.
    private func storage(_ name: String) throws -> (StorageAccount, TokenSource) {
        let setting = try settingName(name)
        var given = environment
        if given[setting] == "UseDevelopmentStorage=true" { given[setting] = Self.developmentStorage }
        var settings = SettingsReader(given.filter { $0.key.hasPrefix(setting) })
        let account = StorageAccount(&settings, named: setting)
        do {
            try settings.finish()
        } catch {
            throw HostError(error.problems.joined(separator: "; ") + ".")
        }
        guard let account else { throw HostError("the connection \(name) is not usable.") }
        return (account, TokenSource(SettingsReader(environment), client: client))
    }

    func queue(_ name: String) throws -> QueueClient {
        let (account, identity) = try storage(name)
        return QueueClient(account: account, identity: identity, client: client)
    }

    func blob(_ name: String) throws -> BlobClient {
        let (account, identity) = try storage(name)
        return BlobClient(account: account, identity: identity, client: client)
    }

    /// A Cosmos DB container, by connection string or by identity.
    func cosmos(_ name: String, database: String, container: String) throws -> CosmosContainer {
        let setting = try settingName(name)
        var endpoint = environment[setting + "__accountEndpoint"]
        var key: String?
        for part in (environment[setting] ?? "").split(separator: ";") {
            let pair = part.split(separator: "=", maxSplits: 1).map(String.init)
            guard pair.count == 2 else { continue }
            if pair[0].lowercased() == "accountendpoint" { endpoint = pair[1] }
            if pair[0].lowercased() == "accountkey" { key = pair[1] }
        }
        guard let endpoint else {
            throw HostError(
                "the connection \(name) has no AccountEndpoint; it must be a Cosmos DB connection string, or "
                    + "\(name)__accountEndpoint for managed identity.")
        }
        let identity = TokenSource(SettingsReader(environment), client: client)
        return try CosmosContainer(
            endpoint: endpoint, key: key, identity: identity, client: client, database: database, container: container)
    }

    private static let developmentStorage =
        "AccountName=\(DevelopmentAccount.storageName);AccountKey=\(DevelopmentAccount.storageKey);"
        + "BlobEndpoint=http://127.0.0.1:10000/\(DevelopmentAccount.storageName);"
        + "QueueEndpoint=http://127.0.0.1:10001/\(DevelopmentAccount.storageName)"
}
