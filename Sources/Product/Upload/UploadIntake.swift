import AzureStorage
import Catalog
import Digests
import DocumentQueue
import DocumentReading
import HTTPMessages
import JSONCoding
import Problems
import Quotas
import Synchronization
import Telemetry

/// Takes in one file: bytes to Blob Storage as they come, then the row, then the queue message, so that what can be
/// rebuilt comes last and a crash leaves nothing that `tidy` cannot finish or remove.
struct UploadIntake: Sendable {
    let catalog: WorkspaceCatalog
    let blobs: BlobClient
    let queue: IngestQueue
    let meter: Meter
    let maximumBytes: Int

    /// Several uploads at once, three blocks each, are to fit into a small process.
    static let blockBytes = 1 << 20

    struct Received: Sendable {
        let document: DocumentRecord
        /// Its place had the same bytes already.
        let isDuplicate: Bool
        /// Its place had a document of its name, and the file was left out.
        var isSkipped = false

        var isNew: Bool { !isDuplicate && !isSkipped }

        var json: JSONValue {
            var object = document.json.object ?? JSONObject()
            if isDuplicate { object["duplicate"] = true }
            if isSkipped { object["skipped"] = true }
            return .object(object)
        }
    }

    /// Stores a file whose content `next` gives piece by piece.
    ///
    /// - Parameters:
    ///   - facts: What is said of it.
    ///   - onExisting: What becomes of it where its place has a document of its name.
    /// - Throws: `Problem` 400, 409, 413 or 415; errors of the stores.
    func receive(
        name given: String?, chatId: String?, readers: [String]? = nil, facts: DocumentFacts = DocumentFacts(),
        onExisting: OnExisting = .keep,
        _ next: @escaping @Sendable () async throws -> [UInt8]?
    ) async throws -> Received {
        let name = try FileName.checked(given)
        let hasQuotas = try await meter.admitUpload()
        var prefix: [UInt8] = []
        while prefix.count < MediaType.prefixBytes, let piece = try await next() { prefix += piece }
        guard !prefix.isEmpty else {
            throw Problem(.badRequest, "The file \(name) is empty.", fields: [.init(field: "file", detail: "Empty.")])
        }
        let type = try Self.recognise(prefix, name: name)
        let id = UUIDv7.make()
        let path = BlobPaths.original(workspace: catalog.workspace, document: id)
        let measured = MeasuredSource(prefix: prefix, next: next, limit: maximumBytes, name: name)
        if onExisting == .ask || onExisting == .skip,
            let existing = try await catalog.document(named: name, chatId: chatId)
        {
            // Read to its end, so that it can be said whether it is the same; kept nowhere.
            while try await measured.next() != nil {}
            return try await leftOut(existing, hash: measured.result.hash, onExisting)
        }
        let stored: (document: DocumentRecord, isDuplicate: Bool)
        do {
            var write = BlobWrite(contentType: type.rawValue)
            write.makesContainer = true
            write.blockBytes = Self.blockBytes
            _ = try await blobs.upload(measured, to: BlobPaths.container, path, write)
            let (count, hash) = measured.result
            var new = WorkspaceCatalog.NewDocument(
                id: id, name: name, mediaType: type.rawValue, bytes: count, sha256: hash, chatId: chatId,
                readers: readers)
            (new.facts, new.onExisting) = (facts, onExisting)
            stored = try await catalog.addDocument(new, hasQuotas: hasQuotas)
        } catch {
            await Task { _ = try? await blobs.delete(BlobPaths.container, path) }.value
            // Another file of the name came in while this one did.
            if let taken = error as? NameTaken {
                return try await leftOut(taken.document, hash: measured.result.hash, onExisting)
            }
            throw error is ChatGone ? Self.unknownChat as any Error : error
        }
        if stored.isDuplicate {
            let received = try await duplicate(of: stored.document, at: path)
            _ = try? await blobs.delete(BlobPaths.container, path)
            return received
        }
        do {
            try await queue.put(id, of: catalog.workspace)
        } catch {
            // Nothing may stay behind of a refused upload. Where this fails too, the mark lets `tidy` finish it.
            await Task { await withdraw(id, path) }.value
            throw error
        }
        return Received(document: stored.document, isDuplicate: false)
    }

    /// What a file is, by its first bytes.
    ///
    /// - Throws: `Problem` 415.
    static func recognise(_ prefix: [UInt8], name: String) throws -> MediaType {
        if let type = MediaType.recognise(prefix, name: name) { return type }
        let remedy = MediaType.remedy(prefix, name: name) ?? "Convert it and try again."
        throw Problem(
            .unsupportedMediaType,
            "\(name) is, whatever its name says, of none of the kinds that can be read: \(MediaType.titles). \(remedy)",
            fields: [.init(field: "file", detail: "Unsupported content.")])
    }

    /// Gives a file its row and its message that is stored as the blob of its id already, and may have had them before: every step
    /// can be repeated. The blob stays, whatever becomes of the file: who calls removes one that is no document's.
    ///
    /// - Throws: `Problem`; errors of the stores.
    func enter(_ new: WorkspaceCatalog.NewDocument, hasQuotas: Bool) async throws -> Received {
        let path = BlobPaths.original(workspace: catalog.workspace, document: new.id)
        var document = try await catalog.document(new.id)
        if document == nil {
            do {
                let stored = try await catalog.addDocument(new, hasQuotas: hasQuotas)
                if stored.isDuplicate { return try await duplicate(of: stored.document, at: path) }
                document = stored.document
            } catch let taken as NameTaken {
                return try await leftOut(taken.document, hash: new.sha256, new.onExisting)
            } catch is ChatGone {
                throw Self.unknownChat
            }
        }
        try await queue.put(new.id, of: catalog.workspace)
        guard let document else { throw Self.unknownChat }
        return Received(document: document, isDuplicate: false)
    }

    /// Answers for a file whose bytes a document has.
    private func duplicate(of document: DocumentRecord, at path: String) async throws -> Received {
        if document.errorCode == DocumentRecord.lostCode { try await restore(document, from: path) }
        return Received(document: try await retried(document), isDuplicate: true)
    }

    /// Answers for a file of which nothing was stored, because its place has a document of its name.
    private func leftOut(_ existing: DocumentRecord, hash: String, _ onExisting: OnExisting) async throws -> Received {
        let same = try await catalog.document(sha256: hash, chatId: existing.chatId)
        if let same = existing.sha256 == hash ? existing : same {
            return Received(document: try await retried(same), isDuplicate: true)
        }
        guard onExisting == .ask else { return Received(document: existing, isDuplicate: false, isSkipped: true) }
        throw Self.nameTaken(existing)
    }

    /// Asks what becomes of a file whose name a document has.
    static func nameTaken(_ existing: DocumentRecord) -> Problem {
        let choices = OnExisting.allCases.filter { $0 != .ask }.map(\.rawValue)
        return Problem(
            .conflict,
            """
            There is a document with the name \(existing.name) already. Nothing was stored; send the file again and say what \
            becomes of it by the field onExisting.
            """,
            fields: [.init(field: "onExisting", detail: "Must be one of \(choices.joined(separator: ", ")).")],
            code: "name_exists",
            members: [
                "existing": [
                    "id": .string(existing.id), "name": .string(existing.name), "bytes": .int(Int64(existing.bytes)),
                    "version": .int(Int64(existing.version)), "status": .string(existing.status.rawValue),
                    "createdAt": .string(existing.createdAt),
                ], "choices": .strings(choices),
            ])
    }

    /// The bytes of a document that were lost are there again.
    private func restore(_ document: DocumentRecord, from path: String) async throws {
        var write = BlobWrite(contentType: document.mediaType)
        write.blockBytes = Self.blockBytes
        let body = try await blobs.open(BlobPaths.container, path).body
        let original = BlobPaths.original(workspace: catalog.workspace, document: document.id)
        _ = try await blobs.upload(body, to: BlobPaths.container, original, write)
    }

    /// Uploading a file again that failed before is a wish to try again.
    private func retried(_ document: DocumentRecord) async throws -> DocumentRecord {
        guard let queued = try await catalog.requeue(document.id) else { return document }
        try await queue.put(queued.id, of: catalog.workspace)
        return queued
    }

    static let unknownChat = Problem(
        .notFound, "There is no chat with this id.", fields: [.init(field: "chatId", detail: "Unknown.")])

    static func tooLarge(_ name: String, limit: Int) -> Problem {
        Problem(
            .contentTooLarge, "\(name) is larger than the limit of \(limit) bytes. Split it and upload the parts.",
            fields: [.init(field: "file", detail: "Larger than \(limit) bytes.")])
    }

    /// Takes back what one request brought before it failed; the ingest function removes it everywhere.
    func withdraw(_ received: [Received]) async {
        for item in received where item.isNew {
            guard (try? await catalog.takeBack(item.document)) == true else { continue }
            try? await queue.put(item.document.id, of: catalog.workspace)
        }
    }

    private func withdraw(_ id: String, _ path: String) async {
        guard (try? await catalog.markDeleting(id)) == true else { return }
        guard (try? await blobs.delete(BlobPaths.container, path)) != nil else { return }
        _ = try? await catalog.removeDocument(id)
    }
}

/// Counts, hashes and limits a file on its way to the store.
private final class MeasuredSource: HTTPBodySource {
    private struct State {
        var prefix: [UInt8]?
        var count = 0
        /// `nil` before the end.
        var hash: String?
    }

    private let state: Mutex<State>
    private nonisolated(unsafe) let hasher = SHA256Hasher()  // Used by one reader at a time.
    private let rest: @Sendable () async throws -> [UInt8]?
    private let limit: Int
    private let name: String

    init(prefix: [UInt8], next: @escaping @Sendable () async throws -> [UInt8]?, limit: Int, name: String) {
        state = Mutex(State(prefix: prefix))
        rest = next
        self.limit = limit
        self.name = name
    }

    /// Bytes and SHA-256 of the whole file, once it has been read to its end.
    var result: (count: Int, hash: String) { state.withLock { ($0.count, $0.hash ?? "") } }

    func next() async throws -> [UInt8]? {
        let (prefix, isOver) = state.withLock { state in
            defer { state.prefix = nil }
            return (state.prefix, state.hash != nil)
        }
        if isOver { return nil }
        let piece: [UInt8]?
        if let prefix { piece = prefix } else { piece = try await rest() }
        guard let piece else {
            let hash = Digest.hex(hasher.finalize())
            state.withLock { $0.hash = hash }
            return nil
        }
        hasher.update(piece)
        let count = state.withLock { state in
            state.count += piece.count
            return state.count
        }
        guard count <= limit else {
            throw UploadIntake.tooLarge(name, limit: limit)
        }
        return piece
    }
}
