import AzureStorage
import Catalog
import Digests
import DocumentReading
import HTTPMessages
import JSONCoding
import Problems

/// Stores the bytes of one request of an upload: full blocks with the blob, the rest in the database. What is stored is counted
/// at once, unless a checksum has to be compared before; then all of it is counted at the end, or nothing.
struct UploadReceiver: Sendable {
    let catalog: WorkspaceCatalog
    let blobs: BlobClient
    /// Bytes of the longest file.
    let maximumBytes: Int

    /// The upload is not where its writer has seen it: another one has moved it.
    static func conflict(at offset: Int) -> Problem {
        Problem(
            .conflict, "The upload is at another offset: \(offset) bytes have come. Go on from there.",
            fields: [.init(field: "Upload-Offset", detail: "Must be \(offset).")], code: "offset_conflict",
            headers: ["Upload-Offset": String(offset)])
    }

    static func tooLong(_ length: Int) -> Problem {
        Problem(
            .contentTooLarge,
            "The body goes beyond the end of the upload, whose length is \(length) bytes. Send no more than that.",
            fields: [.init(field: "Upload-Length", detail: "Is \(length).")])
    }

    /// Takes a body.
    ///
    /// - Parameters:
    ///   - upload: As it is; the body belongs behind what has come.
    ///   - name: The file's, which helps to tell its kind; `nil` for a part, whose kind is nobody's business.
    /// - Returns: The new offset.
    /// - Throws: `Problem` 409, 413, 415 or 460; errors of the body and of the stores.
    func receive(
        _ body: any HTTPBodySource, into upload: UploadRecord, name: String?, checksum: UploadChecksum?
    ) async throws -> Int {
        let state = Progress(
            cutting: BlockCutting(
                length: UploadIntake.blockBytes, blocked: upload.blocked, received: upload.received),
            counted: upload.received, hasher: checksum.map { ChecksumHasher($0.algorithm) })
        let limit = upload.length ?? maximumBytes
        // The next block comes while this one is stored; one at a time, so that they are counted in their order.
        var storing: Task<Void, any Error>?
        while let piece = try await next(body, upload, state, counts: checksum == nil, storing) {
            state.hasher?.update(piece)
            state.cutting.add(piece)
            guard state.cutting.end <= limit else {
                _ = await storing?.result
                throw Self.tooLong(limit)
            }
            while let block = state.cutting.next() {
                try await storing?.value
                // Whoever sends may go at any moment; what has come from them is stored all the same.
                storing = Task { try await store(block, of: upload, name, state, counts: checksum == nil) }
            }
        }
        try await storing?.value
        if let checksum { try checksum.check(state.hasher?.finalize() ?? []) }
        return try await count(upload, state)
    }

    /// The body's next piece. Where it is cut off, everything that has come is counted before.
    private func next(
        _ body: any HTTPBodySource, _ upload: UploadRecord, _ state: Progress, counts: Bool,
        _ storing: Task<Void, any Error>?
    ) async throws -> [UInt8]? {
        do { return try await body.next() } catch {
            if counts {
                await Task {
                    // Behind a block that is not stored there is nothing to be counted.
                    if case .failure = await storing?.result { return }
                    _ = try? await count(upload, state)
                }.value
            }
            throw error
        }
    }

    /// How far one request is. What is cut belongs to the task that takes the body, the rest to the one that stores, until it has
    /// been waited for.
    private final class Progress: @unchecked Sendable {
        var cutting: BlockCutting
        /// Where in the file the bytes end that are counted.
        var counted: Int
        /// Stored, and not counted yet.
        var blocks: [WorkspaceCatalog.UploadedBlock] = []
        var mediaType: String?
        let hasher: ChecksumHasher?

        init(cutting: BlockCutting, counted: Int, hasher: ChecksumHasher?) {
            (self.cutting, self.counted, self.hasher) = (cutting, counted, hasher)
        }
    }

    private func store(
        _ block: BlockCutting.Block, of upload: UploadRecord, _ name: String?, _ state: Progress, counts: Bool
    ) async throws {
        var bytes = block.takesPieces ? try await catalog.pieces(of: upload.id) : []
        bytes += block.bytes
        // The pieces are others by now where somebody else has gone on.
        guard bytes.count == UploadIntake.blockBytes else { throw try await conflict(upload) }
        if block.start == 0, let name {
            state.mediaType = try UploadIntake.recognise(bytes, name: name).rawValue
        }
        let id = BlobClient.newBlockID()
        try await blobs.putBlock(
            bytes, id: id, to: BlobPaths.container,
            BlobPaths.original(workspace: upload.workspace, document: upload.id), UploadCompletion.write())
        state.blocks.append(.init(start: block.start, id: id))
        guard counts else { return }
        let end = block.end(UploadIntake.blockBytes)
        try await move(upload, state, to: end, blocked: end, piece: [])
    }

    /// Counts everything that has come. Returns the new offset.
    private func count(_ upload: UploadRecord, _ state: Progress) async throws -> Int {
        let end = state.cutting.end
        if end > state.counted {
            try await move(upload, state, to: end, blocked: state.cutting.blocked, piece: state.cutting.rest)
        }
        return end
    }

    private func move(
        _ upload: UploadRecord, _ state: Progress, to end: Int, blocked: Int, piece: [UInt8]
    ) async throws {
        let isMoved = try await catalog.move(
            upload.id, from: state.counted, to: end, blocks: state.blocks, blocked: blocked, piece: piece,
            mediaType: state.mediaType)
        guard isMoved else { throw try await conflict(upload) }
        state.counted = end
        state.blocks = []
    }

    /// Why an upload could not be moved.
    private func conflict(_ upload: UploadRecord) async throws -> Problem {
        guard let now = try await catalog.upload(upload.id) else {
            // It was removed while this went on, and what came since belongs to nothing.
            try await UploadCompletion.discard(upload, catalog, blobs)
            return ResumableRoutes.unknown
        }
        return now.isExpired || now.stage == .gone ? ResumableRoutes.expired : Self.conflict(at: now.received)
    }
}
