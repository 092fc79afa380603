import Glibc
import HTTPClient
import ProgramSupport
import Reembedding
import Telemetry

/// Embeds every passage again with the model that the settings name.
func reembed(_ options: ProgramOptions) async throws {
    var environment = ProgramLife.environment
    if environment["APUS_CHROMA_URL"] == nil, let stores = runningStack(options) {
        environment.merge(stores) { own, _ in own }
    }
    let reembedder = try await Reembedder(environment: environment, client: HTTPSession())
    if !reembedder.knowsAllWorkspaces {
        writeAll(
            "APUS_DATABASE_URL is not set, so only the passages of the first workspace are embedded.\n",
            to: STDERR_FILENO)
    }
    let outcome = try await reembedder.run { writeAll("\($0) passages embedded …\n", to: STDERR_FILENO) }
    let model = ProgramLife.environment["APUS_EMBEDDINGS_MODEL"] ?? "all-MiniLM-L6-v2"
    switch outcome.next {
    case .nothing:
        writeAll(
            "\(outcome.embedded) passages embedded. The collection is complete with \(model).\n", to: STDOUT_FILENO)
    case .restart:
        writeAll(
            """
            \(outcome.embedded) passages embedded with \(model). Until you restart them, chat and upload go on with the old ones.
            Next: set APUS_EMBEDDINGS_MODEL=\(model) for chat and upload, restart them, and run 'apus reembed' once more; it
            takes over what was uploaded meanwhile and removes the old vectors.

            """, to: STDOUT_FILENO)
    }
}
