import AppSetup
import Catalog
import ChromaClient
public import HTTPClient
import Models
import Settings

/// Embeds all passages again while the old ones go on answering: with another model, or because their words are not
/// indexed or their tokens not kept yet.
///
/// The new vectors are written into a collection of their own. When it is complete, the names are exchanged: programs that
/// run hold on to the old collection by its id, programs that start find the new one. A second run, after the restart, takes
/// over what came in between and removes the old collection. Each step can be repeated.
public struct Reembedder: Sendable {
    /// What a run did, and what is to be done next.
    public struct Outcome: Sendable, Equatable {
        /// Passages that were embedded.
        public let embedded: Int
        /// Next step for the operator.
        public let next: Next

        /// What an operator does next.
        public enum Next: Sendable, Equatable {
            case nothing
            /// Restart chat and upload with the new model, then run again.
            case restart
        }
    }

    private let url: String
    private let token: String?
    /// `nil` where no database is named.
    private let catalog: CatalogDatabase?
    private let embeddings: EmbeddingClient
    private let client: HTTPSession

    /// Reads `APUS_CHROMA_URL`, `APUS_CHROMA_TOKEN` and the settings of the new embedding model, and `APUS_DATABASE_URL`, which
    /// knows the workspaces; secrets may be in the vault.
    ///
    /// - Throws: `SettingsError`, and what reading the vault throws.
    public init(environment: [String: String], client: HTTPSession) async throws {
        var services = try await AppServices(
            [CatalogDatabase.self, EmbeddingClient.self, ChromaService.self], environment: environment, client: client)
        url = services.settings.url("APUS_CHROMA_URL", default: "http://127.0.0.1:8000")
        token = services.settings.secret("APUS_CHROMA_TOKEN")?.value
        let named = services.settings.optional("APUS_DATABASE_URL") != nil
        catalog = named ? services.make(CatalogDatabase.self) : nil
        let wanted = services.make(EmbeddingClient.self)
        embeddings = try services.finish(wanted)
        self.client = client
    }

    /// Whether all workspaces are known; without a database only the first one is.
    public var knowsAllWorkspaces: Bool { catalog != nil }

    /// Does what is to be done in all workspaces that are known; `progress` gets the number of passages embedded so far.
    ///
    /// - Throws: `VectorServiceError`, `ModelServiceError`, `PostgresError`.
    public func run(_ progress: (Int) -> Void) async throws -> Outcome {
        var embedded = 0
        var next = Outcome.Next.nothing
        for workspace in try await catalog?.workspaces() ?? [CatalogDatabase.firstWorkspace] {
            let reembedding = WorkspaceReembedding(
                url: url, token: token, workspace: workspace, embeddings: embeddings, client: client)
            let before = embedded
            let outcome = try await reembedding.run { progress(before + $0) }
            embedded += outcome.embedded
            if outcome.next == .restart { next = .restart }
        }
        return Outcome(embedded: embedded, next: next)
    }
}
