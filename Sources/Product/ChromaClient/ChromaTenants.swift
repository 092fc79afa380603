public import HTTPClient
public import Settings
import TaskTools

/// The vector service by workspaces: each is a tenant of its own, and its client knows no other.
public struct ChromaTenants: SecretSettings, Sendable {
    public static let secretNames = ChromaService.secretNames

    private let services: KeyedValues<ChromaService>

    /// Reads `APUS_CHROMA_URL` and `APUS_CHROMA_TOKEN`.
    public init(_ settings: inout SettingsReader, embeddingModel: String, client: HTTPSession) {
        let url = settings.url("APUS_CHROMA_URL")
        let token = settings.secret("APUS_CHROMA_TOKEN")?.value
        services = KeyedValues { workspace in
            ChromaService(url: url, token: token, tenant: workspace, embeddingModel: embeddingModel, client: client)
        }
    }

    /// The passages of a workspace.
    public func of(_ workspace: String) -> ChromaService { services[workspace] }
}
