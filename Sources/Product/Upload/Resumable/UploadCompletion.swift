import AzureStorage
import Catalog
import Digests
import DocumentReading
import HTTPMessages
import JSONCoding
import Problems
import Quotas
import Telemetry

/// Makes the document of an upload whose bytes are all there. Every step can be repeated, so that another process goes on where
/// one has died.
struct UploadCompletion: Sendable {
    let catalog: WorkspaceCatalog
    let uploads: UploadRoutes
    let blobs: BlobClient

    /// Somebody makes it at the moment.
    static let busy = Problem(
        .locked, "The document of this upload is being made. Ask again in a moment: HEAD tells when it is there.",
        headers: ["Retry-After": "1"])

    static func write(_ mediaType: String = "application/octet-stream") -> BlobWrite {
        var write = BlobWrite(contentType: mediaType)
        write.makesContainer = true
        return write
    }

    /// Makes the document, whether or not anybody waits for it.
    ///
    /// - Parameter onExisting: Comes in place of what the upload has said.
    /// - Returns: The upload as it is then.
    /// - Throws: `Problem`: 415 when it is of no kind that can be read, and removed with that; others leave it to be tried again.
    func finish(_ id: String, onExisting: OnExisting? = nil) async throws -> UploadRecord? {
        try await Task { try await finishInTheEnd(id, onExisting) }.value
    }

    private func finishInTheEnd(_ id: String, _ onExisting: OnExisting?) async throws -> UploadRecord? {
        guard let upload = try await catalog.claimUpload(id) else {
            let now = try await catalog.upload(id)
            if now?.isBusy == true { throw Self.busy }
            return now
        }
        do {
            let received = try await complete(upload, onExisting)
            try await catalog.finishUpload(id, document: received?.document.id, received?.outcome)
            if let received, !received.isNew { _ = try? await blobs.delete(BlobPaths.container, path(upload)) }
            return try await catalog.upload(id)
        } catch {
            let problem = Problem(error)
            // Somebody else has it by now.
            if problem.status == .locked { throw error }
            let isFinal = (400..<500).contains(problem.status.rawValue)
            try? await catalog.releaseUpload(
                id, refusal: isFinal ? problem.json(requestID: Log.requestID ?? "") : nil)
            if problem.status == .unsupportedMediaType { try await remove(id) }
            throw error
        }
    }

    /// Removes an upload and what was stored of it.
    ///
    /// - Returns: Whether there was one that nobody makes a document of.
    @discardableResult
    func remove(_ id: String) async throws -> Bool {
        guard let old = try await catalog.beginRemoving(id) else { return false }
        try await Self.discard(old, catalog, blobs)
        try await catalog.forgetUpload(id)
        return true
    }

    /// Removes what is stored of an upload that is none any more, unless that is a document's: whoever made it may have died before
    /// it was noted with the upload.
    static func discard(_ upload: UploadRecord, _ catalog: WorkspaceCatalog, _ blobs: BlobClient) async throws {
        guard try await catalog.knownDocuments([upload.id]).isEmpty else { return }
        try await blobs.discard(
            BlobPaths.container, BlobPaths.original(workspace: upload.workspace, document: upload.id))
    }

    private func path(_ upload: UploadRecord) -> String {
        BlobPaths.original(workspace: upload.workspace, document: upload.id)
    }

    /// - Returns: `nil` for a part, which becomes no document by itself.
    private func complete(_ upload: UploadRecord, _ onExisting: OnExisting?) async throws -> UploadIntake.Received? {
        let metadata = try UploadMetadata(upload.isPart ? "" : upload.metadata)
        let name = upload.isPart ? "" : try FileName.checked(metadata.fileName)
        let mediaType = try await gatherRest(upload, name: upload.isPart ? nil : name)
        let blocks = try await catalog.blocks(of: upload.id)
        // Whoever has taken longer than they were waited for finds that another one has made the document.
        guard !blocks.isEmpty else { throw Self.busy }
        try await blobs.commit(
            blocks: blocks, to: BlobPaths.container, path(upload),
            Self.write(mediaType ?? "application/octet-stream"))
        guard !upload.isPart, let mediaType else { return nil }
        let form = metadata.form
        let chat = try await uploads.checkedChat(form.chatId)
        let readers = try uploads.checkedReaders(form.readers, chat)
        var new = WorkspaceCatalog.NewDocument(
            id: upload.id, name: name, mediaType: mediaType, bytes: upload.received,
            sha256: try await hash(upload), chatId: chat, readers: readers)
        (new.facts, new.onExisting) = (form.facts, onExisting ?? form.onExisting)
        return try await uploads.intake.enter(new, hasQuotas: try await uploads.intake.meter.limitsWhatIsHeld())
    }

    /// Makes a last block of what is too little for a full one. Returns what the file is; `nil` without a name.
    private func gatherRest(_ upload: UploadRecord, name: String?) async throws -> String? {
        guard upload.blocked < upload.received else { return upload.mediaType }
        let bytes = try await catalog.pieces(of: upload.id)
        guard bytes.count == upload.received - upload.blocked else { throw Self.busy }
        let mediaType =
            upload.blocked == 0
            ? try name.map { try UploadIntake.recognise(bytes, name: $0).rawValue } : upload.mediaType
        let id = BlobClient.newBlockID()
        try await blobs.putBlock(bytes, id: id, to: BlobPaths.container, path(upload), Self.write())
        let isMoved = try await catalog.move(
            upload.id, from: upload.received, to: upload.received,
            blocks: [.init(start: upload.blocked, id: id)], blocked: upload.received, piece: [], mediaType: mediaType)
        guard isMoved else { throw ResumableRoutes.expired }
        return mediaType
    }

    /// SHA-256 of what is stored.
    private func hash(_ upload: UploadRecord) async throws -> String {
        let hasher = SHA256Hasher()
        let body = try await blobs.open(BlobPaths.container, path(upload)).body
        let clock = ContinuousClock()
        var renewed = clock.now
        while let piece = try await body.next() {
            hasher.update(piece)
            guard clock.now - renewed > WorkspaceCatalog.busyRenewal else { continue }
            renewed = clock.now
            try await catalog.renewUpload(upload.id)
        }
        return Digest.hex(hasher.finalize())
    }
}

extension UploadIntake.Received {
    /// What became of the upload.
    var outcome: UploadRecord.Outcome { isDuplicate ? .duplicate : isSkipped ? .skipped : .new }
}
