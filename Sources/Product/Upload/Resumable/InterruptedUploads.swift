import AzureStorage
import Catalog
import HTTPMessages
import Problems
import Telemetry

/// Makes the documents of uploads whose bytes are all there, where a process that did so has died: their senders may have gone.
struct InterruptedUploads: Sendable {
    let catalog: CatalogDatabase
    let blobs: BlobClient
    let log: Log
    /// What takes files in, with what the sender sees of the workspace.
    let uploads: @Sendable (WorkspaceCatalog) -> UploadRoutes

    /// Does so for those that there are.
    ///
    /// - Throws: errors of the database; what becomes of one upload is noted with it.
    func finish() async throws {
        for upload in try await catalog.interruptedUploads() {
            let view = catalog.view(
                of: upload.workspace, for: upload.person, seesEverything: upload.seesEverything)
            do {
                _ = try await UploadCompletion(catalog: view, uploads: uploads(view), blobs: blobs).finish(upload.id)
            } catch {
                log.info(
                    "an upload could not be finished",
                    ["upload": upload.id, "status": String(Problem(error).status.rawValue)])
            }
        }
    }
}
