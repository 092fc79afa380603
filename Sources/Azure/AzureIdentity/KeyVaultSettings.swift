public import HTTPClient
import Settings
import TextSearch

/// Secrets of a vault that override settings: each is named like its setting, with `-` for `_`.
public enum KeyVaultSettings {
    /// The environment with the overrides of `APUS_KEY_VAULT_URL`'s vault; the environment itself without that setting.
    ///
    /// - Throws: `IdentityError`: without the vault the settings are not complete.
    public static func resolved(
        _ environment: [String: String], names: [String], client: HTTPSession
    ) async throws -> [String: String] {
        let settings = SettingsReader(environment)
        guard let url = settings.optional("APUS_KEY_VAULT_URL") else { return environment }
        let vault = KeyVaultClient(url: url, identity: TokenSource(settings, client: client), client: client)
        let known = try await known(in: vault)
        var result = environment
        for name in names {
            let secret = name.replacing("_", with: "-")
            guard known?.contains(secret.lowercased()) ?? true, let value = try await vault.secret(secret) else {
                continue
            }
            result[name] = value.value
        }
        return result
    }

    /// The names of the secrets there are, so that absent ones cost nothing; `nil` where the identity may read secrets but
    /// not list them, which are two permissions.
    private static func known(in vault: KeyVaultClient) async throws -> Set<String>? {
        do {
            return Set(try await vault.list().filter(\.isEnabled).map { $0.name.lowercased() })
        } catch let error as IdentityError where error.isForbidden {
            return nil
        }
    }
}
