public import HTTPClient
import HTTPMessages
import JSONCoding
import Settings

/// Reads secrets that override settings: the secret is named like the setting, with `-` for `_`.
public struct KeyVaultSettings: Sendable {
    private let identity: TokenSource
    private let client: HTTPClient

    /// A reader by managed identity.
    public init(identity: TokenSource, client: HTTPClient) {
        self.identity = identity
        self.client = client
    }

    /// The environment with the overrides of `APUS_KEY_VAULT_URL`'s vault; the environment itself without that setting.
    public static func resolved(
        _ environment: [String: String], names: [String], client: HTTPClient
    ) async throws -> [String: String] {
        let settings = SettingsReader(environment)
        guard let vault = settings.optional("APUS_KEY_VAULT_URL") else { return environment }
        let reader = KeyVaultSettings(identity: TokenSource(settings, client: client), client: client)
        return try await reader.resolve(environment, names: names, vault: vault)
    }

    /// The environment with every setting of `names` replaced for which the vault has a secret.
    ///
    /// - Throws: `IdentityError`, `HTTPClientError`: without the vault the settings are not complete.
    public func resolve(_ environment: [String: String], names: [String], vault: String) async throws -> [String:
        String]
    {
        let token = try await identity.token(for: "https://vault.azure.net")
        let base = vault.hasSuffix("/") ? String(vault.dropLast()) : vault
        var result = environment
        for name in names {
            let secret = name.replacing("_", with: "-")
            let request = HTTPClient.Request(
                .get, "\(base)/secrets/\(secret)?api-version=7.4", fields: ["Authorization": "Bearer \(token)"])
            let answer = try await client.fetch(request, limit: 64 * 1024)
            switch answer.status.rawValue {
            case 200: result[name] = (try? JSONParser.parse(answer.body))?["value"]?.string ?? result[name]
            case 404: continue
            case let status: throw IdentityError(description: "Key Vault answered \(status) for secret \(secret)")
            }
        }
        return result
    }
}
