import AccessControl
import AzureStorage
import Catalog
import HTTPMessages
import OpenAIFaces
import Retrieval
import Telemetry

/// The routes of OpenAI's API that are about documents: `/v1/files` and `/v1/vector_stores`.
struct OpenAIRoutes: Sendable {
    let catalog: CatalogDatabase
    let blobs: BlobClient
    let intake: @Sendable (Access) -> UploadIntake
    let documents: @Sendable (Access) -> DocumentRoutes
    /// Of a workspace.
    let retriever: @Sendable (String) -> PassageRetriever
    let log: Log

    private typealias Action = @Sendable (HTTPRequest, Access) async throws -> HTTPResponse

    /// Adds them to the app's.
    func add(to routes: inout GuardedRoutes) {
        addFiles(to: &routes)
        addStores(to: &routes)
        addStoreFiles(to: &routes)
    }

    private func add(
        _ method: HTTPMethod, _ path: String, for permission: Permission, audited: GuardedRoutes.Audited? = nil,
        to routes: inout GuardedRoutes, _ action: @escaping Action
    ) {
        routes.http(method, at: "/v1/" + path, for: permission, audited: audited) { [log] request, access in
            await OpenAIError.answering(request, log: log) { try await action(request, access) }
        }
    }

    private func addFiles(to routes: inout GuardedRoutes) {
        @Sendable func files(_ access: Access) -> FileRoutes {
            FileRoutes(catalog: catalog.view(for: access), intake: intake(access), documents: documents(access))
        }
        add(.post, "files", for: .write, to: &routes) { try await files($1).create($0) }
        add(.get, "files", for: .read, to: &routes) { try await files($1).list($0) }
        add(.get, "files/{id}", for: .read, to: &routes) { try await files($1).get($0) }
        add(.delete, "files/{id}", for: .write, to: &routes) { try await files($1).delete($0) }
        add(.get, "files/{id}/content", for: .read, audited: .soon, to: &routes) { try await files($1).content($0) }
    }

    private func addStores(to routes: inout GuardedRoutes) {
        @Sendable func stores(_ access: Access) -> VectorStoreRoutes {
            VectorStoreRoutes(catalog: catalog.view(for: access))
        }
        add(.post, "vector_stores", for: .write, to: &routes) { try await stores($1).create($0) }
        add(.get, "vector_stores", for: .read, to: &routes) { try await stores($1).list($0) }
        add(.get, "vector_stores/{id}", for: .read, to: &routes) { try await stores($1).get($0) }
        add(.post, "vector_stores/{id}", for: .write, to: &routes) { try await stores($1).update($0) }
        add(.delete, "vector_stores/{id}", for: .write, to: &routes) { try await stores($1).delete($0) }
        add(.post, "vector_stores/{id}/search", for: .read, audited: .soon, to: &routes) {
            let view = catalog.view(for: $1)
            return try await VectorStoreSearchRoute(catalog: view, retriever: retriever($1.workspace)).search($0)
        }
    }

    private func addStoreFiles(to routes: inout GuardedRoutes) {
        @Sendable func files(_ access: Access) -> VectorStoreFileRoutes {
            VectorStoreFileRoutes(catalog: catalog.view(for: access))
        }
        @Sendable func batches(_ access: Access) -> VectorStoreBatchRoutes {
            VectorStoreBatchRoutes(catalog: catalog.view(for: access))
        }
        let path = "vector_stores/{id}/files"
        add(.post, path, for: .write, to: &routes) { try await files($1).add($0) }
        add(.get, path, for: .read, to: &routes) { try await files($1).list($0) }
        add(.get, path + "/{file}", for: .read, to: &routes) { try await files($1).get($0) }
        add(.post, path + "/{file}", for: .write, to: &routes) { try await files($1).update($0) }
        add(.delete, path + "/{file}", for: .write, to: &routes) { try await files($1).remove($0) }
        let batch = "vector_stores/{id}/file_batches"
        add(.post, batch, for: .write, to: &routes) { try await batches($1).create($0) }
        add(.get, batch + "/{batch}", for: .read, to: &routes) { try await batches($1).get($0) }
        add(.post, batch + "/{batch}/cancel", for: .write, to: &routes) { try await batches($1).cancel($0) }
        add(.get, batch + "/{batch}/files", for: .read, to: &routes) { try await batches($1).files($0) }
    }
}
