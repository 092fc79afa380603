import AzureStorage
import Catalog
import HTTPMessages

/// The content of several blobs, one behind the other, as one body.
actor JoinedParts: HTTPBodySource {
    private let blobs: BlobClient
    private var paths: ArraySlice<String>
    private var current: (any HTTPBodySource)?

    /// - Parameter paths: Of the blobs, in their order.
    init(blobs: BlobClient, paths: [String]) {
        self.blobs = blobs
        self.paths = paths[...]
    }

    func next() async throws -> [UInt8]? {
        while true {
            if let piece = try await current?.next() { return piece }
            guard let path = paths.popFirst() else { return nil }
            current = try await blobs.open(BlobPaths.container, path).body
        }
    }
}
