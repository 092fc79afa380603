public import AzureStorage
public import Catalog
public import ChromaClient
public import JSONCoding

/// Deletes a document everywhere. The row is marked first and removed last, so that every step can be repeated. Nothing is
/// written for a marked document (`WorkspaceCatalog.whileHeld`), so what is found and counted here is all there is.
public struct DocumentRemover: Sendable {
    /// What went.
    public struct Receipt: Sendable {
        public let rows: Int
        public let blobs: Int
        public let passages: Int

        /// Counts what went.
        public init(rows: Int, blobs: Int, passages: Int) {
            (self.rows, self.blobs, self.passages) = (rows, blobs, passages)
        }

        /// What went of several documents.
        public static func += (sum: inout Receipt, more: Receipt) {
            sum = Receipt(
                rows: sum.rows + more.rows, blobs: sum.blobs + more.blobs, passages: sum.passages + more.passages)
        }

        /// The wire form.
        public var json: JSONValue {
            ["rows": .int(Int64(rows)), "blobs": .int(Int64(blobs)), "passages": .int(Int64(passages))]
        }
    }

    private let catalog: WorkspaceCatalog
    private let blobs: BlobClient
    private let vectors: ChromaService

    /// A remover over the stores.
    public init(catalog: WorkspaceCatalog, blobs: BlobClient, vectors: ChromaService) {
        self.catalog = catalog
        self.blobs = blobs
        self.vectors = vectors
    }

    /// Deletes a document that is marked as being deleted.
    public func remove(_ id: String) async throws -> Receipt {
        let passages = try await vectors.delete(filter: ["documentId": .string(id)])
        var removed = 0
        for path in try await paths(of: id) where try await blobs.delete(BlobPaths.container, path) { removed += 1 }
        return Receipt(rows: try await catalog.removeDocument(id), blobs: removed, passages: passages)
    }

    /// The document's blobs, the one that all others are made from last.
    private func paths(of id: String) async throws -> [String] {
        let original = BlobPaths.original(workspace: catalog.workspace, document: id)
        do {
            let all = try await blobs.list(
                BlobPaths.container, prefix: BlobPaths.prefix(workspace: catalog.workspace, document: id))
            return all.filter { $0 != original } + [original]
        } catch let error as StorageError where error.isNotFound {
            return []
        }
    }
}
