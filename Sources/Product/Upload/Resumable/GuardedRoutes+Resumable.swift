import AccessControl
import AzureStorage
import Catalog
import HTTPMessages
import Telemetry

extension GuardedRoutes {
    /// Adds `/api/uploads`.
    ///
    /// - Parameters:
    ///   - maximumBytes: Of the longest file.
    ///   - lifetime: Seconds until an upload expires.
    mutating func addResumable(
        _ catalog: CatalogDatabase, _ blobs: BlobClient, maximumBytes: Int, lifetime: Int,
        _ uploads: @escaping @Sendable (Access) -> UploadRoutes
    ) {
        @Sendable func routes(_ access: Access) -> ResumableRoutes {
            ResumableRoutes(
                catalog: catalog.view(for: access), blobs: blobs, uploads: uploads(access), lifetime: lifetime)
        }
        open(.options, "uploads") { _ in ResumableRoutes.options(maximumBytes: maximumBytes) }
        http(.post, "uploads", for: .write) { try await routes($1).create($0) }
        http(.get, "uploads/{id}", for: .write) { try await routes($1).get($0) }
        http(.patch, "uploads/{id}", for: .write, audited: .named) { try await routes($1).patch($0) }
        http(.delete, "uploads/{id}", for: .write) { try await routes($1).delete($0) }
        http(.post, "uploads/{id}", for: .write, audited: .named) { try await routes($1).override($0) }
    }
}
