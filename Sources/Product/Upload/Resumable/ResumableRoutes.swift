import AccessControl
import AzureStorage
import Catalog
import FunctionsRuntime
import HTTPMessages
import JSONCoding
import Problems
import Quotas

/// `/api/uploads`: files that come in several requests, each from where the one before has ended (tus 1.0.0).
struct ResumableRoutes: Sendable {
    static let path = "/api/uploads"
    static let unknown = Problem(.notFound, "There is no upload with this id, or it is somebody else's.")
    static let expired = Problem(
        .gone, "The upload has expired, and what came of it has been removed. Begin another one: POST \(path).")
    private static let overrideField = "x-http-method-override"

    let catalog: WorkspaceCatalog
    let blobs: BlobClient
    let uploads: UploadRoutes
    /// Seconds until an upload expires.
    let lifetime: Int

    private var maximumBytes: Int { uploads.intake.maximumBytes }
    private var completion: UploadCompletion { UploadCompletion(catalog: catalog, uploads: uploads, blobs: blobs) }

    /// What can be done, and how much: for everybody, for nothing is told by it but settings.
    static func options(maximumBytes: Int) -> HTTPResponse {
        HTTPResponse(
            .noContent,
            fields: [
                "Tus-Resumable": ResumableProtocol.version, "Tus-Version": ResumableProtocol.version,
                "Tus-Max-Size": String(maximumBytes), "Tus-Extension": ResumableProtocol.extensions,
                "Tus-Checksum-Algorithm": UploadChecksum.algorithms,
            ])
    }

    // MARK: - Beginning

    /// Begins an upload; with a body its first bytes are taken.
    func create(_ request: HTTPRequest) async throws -> HTTPResponse {
        try await answering {
            try ResumableProtocol.requireVersion(request)
            let concatenation = try UploadConcatenation(request)
            let metadata = try UploadMetadata(request.fields[UploadMetadata.field] ?? "")
            if case .joined(let parts) = concatenation { return try await join(parts, metadata, request) }
            let length = try wantedLength(request)
            let bringsBytes = try ResumableProtocol.bringsBytes(request)
            let checksum = try UploadChecksum(request)
            let isPart = concatenation == .part
            if !isPart { try await check(metadata) }
            _ = try await uploads.intake.meter.admitUpload(bytes: length ?? 1)
            let upload = try await catalog.addUpload(
                .init(length: length, metadata: metadata.text, isPart: isPart, lifetime: lifetime))
            guard bringsBytes else { return response(.created, upload, isNew: true) }
            do {
                return response(
                    .created, try await take(request, upload, metadata, checksum, nil), isNew: true)
            } catch {
                // It is there, and can be gone on with.
                var problem = Problem(error)
                problem.headers["Location"] = Self.address(upload.id)
                throw problem
            }
        }
    }

    /// What `Upload-Length` or `Upload-Defer-Length` says.
    private func wantedLength(_ request: HTTPRequest) throws -> Int? {
        let length = try ResumableProtocol.bytes("Upload-Length", request)
        if let deferred = request.fields["upload-defer-length"] {
            guard deferred == "1", length == nil else {
                throw InvalidFields(
                    field: "Upload-Defer-Length", detail: "Must be 1, and without Upload-Length.")
            }
            return nil
        }
        guard let length else {
            throw InvalidFields(
                field: "Upload-Length",
                detail: "Required: the file's length in bytes, or else Upload-Defer-Length: 1.")
        }
        try checkLength(length)
        return length
    }

    private func checkLength(_ length: Int) throws {
        guard length > 0 else { throw InvalidFields(field: "Upload-Length", detail: "The file is empty.") }
        guard length <= maximumBytes else {
            throw Problem(
                .contentTooLarge,
                "The file is larger than the limit of \(maximumBytes) bytes. Split it and upload the parts.",
                fields: [.init(field: "Upload-Length", detail: "Larger than \(maximumBytes) bytes.")],
                headers: ["Tus-Max-Size": String(maximumBytes)])
        }
    }

    /// Refuses at once what would be refused at the end, as far as that can be told.
    private func check(_ metadata: UploadMetadata) async throws {
        let name = try FileName.checked(metadata.fileName)
        let chat = try await uploads.checkedChat(metadata.form.chatId)
        _ = try uploads.checkedReaders(metadata.form.readers, chat)
        guard metadata.form.onExisting == .ask, let existing = try await catalog.document(named: name, chatId: chat)
        else { return }
        throw UploadIntake.nameTaken(existing)
    }

    /// Puts parts together.
    private func join(_ ids: [String], _ metadata: UploadMetadata, _ request: HTTPRequest) async throws -> HTTPResponse
    {
        let field = UploadConcatenation.field
        for name in ["Upload-Length", "Upload-Defer-Length"] where request.fields[name] != nil {
            throw InvalidFields(field: name, detail: "The parts say how long it is. Leave it out.")
        }
        var length = 0
        for id in ids {
            guard let part = try await catalog.upload(id), part.isPart, !part.isExpired else {
                throw InvalidFields(field: field, detail: "Names \(id), which is no part of yours.")
            }
            guard part.stage == .done else {
                throw Problem(
                    .conflict, "The part \(id) is not complete. Send the rest of it first.",
                    fields: [.init(field: field, detail: "Must name parts that are complete.")])
            }
            length += part.received
        }
        try checkLength(length)
        let source = JoinedParts(
            blobs: blobs, paths: ids.map { BlobPaths.original(workspace: catalog.workspace, document: $0) })
        let received = try await uploads.receive(metadata.fileName, metadata.form) { try await source.next() }
        AuditObjects.note("document", received.document.id)
        let upload = try await catalog.addJoined(
            .init(length: length, metadata: metadata.text, isPart: false, lifetime: lifetime),
            parts: request.fields[field] ?? "", document: received.document.id, received.outcome)
        guard let upload else { throw Self.unknown }
        // Nobody needs them any more, and their room is needed. Where that fails, they go when they expire.
        for id in ids { _ = try? await completion.remove(id) }
        return response(.created, upload, isNew: true)
    }

    // MARK: - Going on

    /// How far an upload is, as fields (HEAD) or as an object.
    func get(_ request: HTTPRequest) async throws -> HTTPResponse {
        try await answering {
            if request.method == .head { try ResumableProtocol.requireVersion(request) }
            let upload = try await upload(request)
            if upload.isWhole, upload.stage == .open, upload.refusal == nil, !upload.isBusy {
                // Whoever made the document has died.
                let completion = completion
                Task { try await completion.finish(upload.id) }
            }
            var answer = response(.ok, upload)
            answer.fields["Cache-Control"] = "no-store"
            if !upload.metadata.isEmpty { answer.fields[UploadMetadata.field] = upload.metadata }
            if let length = upload.length { answer.fields["Upload-Length"] = String(length) }
            if upload.length == nil { answer.fields["Upload-Defer-Length"] = "1" }
            if upload.isPart { answer.fields[UploadConcatenation.field] = "partial" }
            if let parts = upload.parts { answer.fields[UploadConcatenation.field] = parts }
            guard request.method != .head else { return answer }
            answer.fields["Content-Type"] = "application/json"
            answer.body = .bytes(upload.json.encoded)
            return answer
        }
    }

    /// Takes bytes. `?onExisting=` comes in place of what the upload has said, where its name is taken at the end.
    func patch(_ request: HTTPRequest) async throws -> HTTPResponse {
        try await answering {
            try ResumableProtocol.requireVersion(request)
            try ResumableProtocol.requireContentType(request)
            guard let offset = try ResumableProtocol.bytes("Upload-Offset", request) else {
                throw InvalidFields(field: "Upload-Offset", detail: "Required: where in the file the body begins.")
            }
            let checksum = try UploadChecksum(request)
            var form = UploadForm()
            let given = request.target.parameter("onExisting")
            try form.set("onExisting", given)
            var upload = try await upload(request)
            guard upload.parts == nil else {
                throw Problem(.forbidden, "The upload was put together from parts; nothing can be added to it.")
            }
            if let length = try ResumableProtocol.bytes("Upload-Length", request), length != upload.length {
                upload = try await say(length, of: upload)
            }
            guard offset == upload.received else { throw UploadReceiver.conflict(at: upload.received) }
            let metadata = try UploadMetadata(upload.isPart ? "" : upload.metadata)
            return response(
                .noContent, try await take(request, upload, metadata, checksum, given == nil ? nil : form.onExisting))
        }
    }

    private func say(_ length: Int, of upload: UploadRecord) async throws -> UploadRecord {
        guard upload.length == nil else {
            throw InvalidFields(
                field: "Upload-Length", detail: "Was said before, and cannot be changed. Leave it out.")
        }
        try checkLength(length)
        guard length >= upload.received else {
            throw InvalidFields(
                field: "Upload-Length", detail: "Is less than the \(upload.received) bytes that have come.")
        }
        try await uploads.intake.meter.checkRoom(bytes: length)
        _ = try await catalog.setLength(length, of: upload.id)
        guard let now = try await catalog.upload(upload.id) else { throw Self.unknown }
        return now
    }

    /// Takes a body, and makes the document when it was the last one.
    private func take(
        _ request: HTTPRequest, _ upload: UploadRecord, _ metadata: UploadMetadata, _ checksum: UploadChecksum?,
        _ onExisting: OnExisting?
    ) async throws -> UploadRecord {
        let limit = upload.length ?? maximumBytes
        guard (ResumableProtocol.length(of: request) ?? 0) <= limit - upload.received else {
            throw UploadReceiver.tooLong(limit)
        }
        let receiver = UploadReceiver(catalog: catalog, blobs: blobs, maximumBytes: maximumBytes)
        do {
            _ = try await receiver.receive(
                request.body.pieces, into: upload, name: upload.isPart ? nil : metadata.fileName, checksum: checksum)
        } catch let problem as Problem where problem.status == .unsupportedMediaType {
            // Nothing can become of it.
            try await completion.remove(upload.id)
            throw problem
        }
        guard let now = try await catalog.upload(upload.id) else { throw Self.unknown }
        guard now.isWhole, now.stage == .open else { return now }
        guard let done = try await completion.finish(now.id, onExisting: onExisting) else { throw Self.unknown }
        if let document = done.documentId { AuditObjects.note("document", document) }
        return done
    }

    // MARK: - Ending

    /// Removes an upload; the document that was made of one stays.
    func delete(_ request: HTTPRequest) async throws -> HTTPResponse {
        try await answering {
            try ResumableProtocol.requireVersion(request)
            let upload = try await upload(request)
            guard try await completion.remove(upload.id) else { throw UploadCompletion.busy }
            return HTTPResponse(.noContent)
        }
    }

    /// A request of a client whose network knows no such methods.
    func override(_ request: HTTPRequest) async throws -> HTTPResponse {
        var meant = request
        meant.method = HTTPMethod(rawValue: request.fields[Self.overrideField] ?? "")
        switch meant.method {
        case .patch: return try await patch(meant)
        case .delete: return try await delete(meant)
        case .head: return try await get(meant)
        default:
            throw Problem(
                .methodNotAllowed,
                "POST is not possible on this path, unless X-HTTP-Method-Override says PATCH, DELETE or HEAD.",
                headers: ["Allow": "GET, HEAD, PATCH, DELETE"])
        }
    }

    // MARK: - Answers

    private func upload(_ request: HTTPRequest) async throws -> UploadRecord {
        guard let upload = try await catalog.upload(request.parameters["id"] ?? "") else { throw Self.unknown }
        guard !upload.isExpired, upload.stage != .gone else { throw Self.expired }
        return upload
    }

    /// Every answer says which version is spoken.
    private func answering(_ work: () async throws -> HTTPResponse) async throws -> HTTPResponse {
        do {
            var response = try await work()
            response.fields["Tus-Resumable"] = ResumableProtocol.version
            return response
        } catch {
            var problem = Problem(error)
            // Such errors are logged with all that is known of them.
            guard problem.status.rawValue < 500, problem.status != .callerLeft else { throw error }
            problem.headers["Tus-Resumable"] = ResumableProtocol.version
            throw problem
        }
    }

    private static func address(_ id: String) -> String { "\(path)/\(id)" }

    private func response(_ status: HTTPStatus, _ upload: UploadRecord, isNew: Bool = false) -> HTTPResponse {
        var fields: HTTPFields = [
            "Upload-Offset": String(upload.received), "Upload-Expires": ResumableProtocol.date(upload.expiresAt),
        ]
        if isNew { fields["Location"] = Self.address(upload.id) }
        if let document = upload.documentId { fields["Upload-Document-Id"] = document }
        if let outcome = upload.outcome { fields["Upload-Outcome"] = outcome.rawValue }
        // All of it has come, and yet there is no document.
        if upload.refusal != nil { fields["Upload-Outcome"] = "refused" }
        return HTTPResponse(status, fields: fields)
    }
}
