import Digests

/// Blobs whose blocks come in several requests, perhaps of several processes: whoever calls remembers which blocks belong to
/// the content. Blocks that no list has named are dropped by the service a week after the last one came.
extension BlobClient {
    /// An id that no other block has. Ids of one blob are of one length.
    public static func newBlockID() -> String { Base64.encode(Array(Digest.hex(Digest.randomBytes(12)).utf8)) }

    /// Stores a block; it belongs to no blob yet.
    ///
    /// - Parameter id: As `newBlockID` makes them.
    public func putBlock(
        _ bytes: [UInt8], id: String, to container: String, _ name: String, _ write: BlobWrite
    ) async throws {
        try await putBlock(bytes, id, container, name, write)
    }

    /// Makes the blob of blocks that were stored, in their order. May be repeated.
    public func commit(blocks ids: [String], to container: String, _ name: String, _ write: BlobWrite) async throws {
        _ = try await commit(ids, container, name, write)
    }

    /// Removes a blob, and what was stored of one that never was.
    public func discard(_ container: String, _ name: String) async throws {
        do {
            // A list drops what it does not name; without a list there is nothing that could be deleted.
            _ = try await commit([], container, name, BlobWrite(contentType: "application/octet-stream"))
            try await delete(container, name)
        } catch let error as StorageError where error.isNotFound {
            return
        }
    }
}
