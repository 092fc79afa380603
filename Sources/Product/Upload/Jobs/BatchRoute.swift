import AccessControl
import Catalog
import DocumentReading
import HTTPMessages
import Ingestion
import JSONCoding
import Problems

/// `POST /api/documents/batch`: up to 1,000 files as parts of a form, or as a ZIP archive, or both. Each is accepted or refused
/// alone, and one job tells how far they are.
struct BatchRoute: Sendable {
    /// Who may see a job sees the names of its files, and a chat's are its person's alone.
    private static let fields = UploadForm.names.filter { $0 != "chatId" }

    let uploads: UploadRoutes
    let temporaryDirectory: String

    private var catalog: WorkspaceCatalog { uploads.intake.catalog }

    func take(_ request: HTTPRequest) async throws -> HTTPResponse {
        let type = request.fields["content-type"] ?? ""
        let kind = type.prefix { $0 != ";" }.lowercased()
        let pieces = request.body.pieces
        let receiver: BatchReceiver
        switch kind {
        case "multipart/form-data":
            guard
                let reader = MultipartReader(
                    pieces, contentType: type,
                    maximumParts: WorkspaceCatalog.mostJobItems + Self.fields.count)
            else { throw Problem(.badRequest, "The content type has no usable boundary.") }
            receiver = try await begin(request)
            let parts = PartsCursor(reader)
            try await whole(receiver) { try await takeParts(parts, receiver) }
        case "application/zip", "application/x-zip-compressed":
            receiver = try await begin(request)
            try await whole(receiver) { try await takeArchive(nil, receiver) { try await pieces.next() } }
        default:
            throw Problem(
                .unsupportedMediaType,
                "A batch is a form with parts named file (multipart/form-data), or a ZIP archive (application/zip).")
        }
        let items = await receiver.items
        guard !items.isEmpty else {
            _ = try await catalog.cancelJob(receiver.job)
            throw InvalidFields(field: "file", detail: "Required: at least one file.")
        }
        try await catalog.openJob(receiver.job)
        guard let job = try await catalog.job(receiver.job) else {
            throw Problem(.notFound, "The job was deleted while its files came.")
        }
        return HTTPResponse(
            HTTPStatus(rawValue: 207), job: job, json: ["job": job.json, "items": .array(items.map(\.json))])
    }

    private func begin(_ request: HTTPRequest) async throws -> BatchReceiver {
        guard request.target.parameter("chatId") == nil else {
            throw InvalidFields(
                field: "chatId", detail: "A batch belongs to the workspace. Upload a chat's files by POST /api/upload.")
        }
        var form = UploadForm()
        for name in Self.fields { try form.set(name, request.target.parameter(name)) }
        let job = try await catalog.addJob(.batch)
        AuditObjects.note("job", job)
        return BatchReceiver(job: job, uploads: uploads, form: form)
    }

    /// Where the files cannot be taken in to the last, the job says so; those that came stay.
    private func whole(_ receiver: BatchReceiver, _ take: @Sendable () async throws -> Void) async throws {
        do { try await take() } catch {
            await Task { [catalog] in try? await catalog.openJob(receiver.job, isWhole: false) }.value
            throw error
        }
    }

    private func takeParts(_ parts: PartsCursor, _ receiver: BatchReceiver) async throws {
        do {
            while let part = try await parts.nextPart() {
                if Self.fields.contains(part.name) {
                    try await receiver.set(part.name, try await parts.text(limit: UploadForm.longestField))
                    continue
                }
                guard part.name == "file" else {
                    throw InvalidFields(
                        field: String(part.name.prefix(100)),
                        detail: "Unknown part. Known parts: file, \(Self.fields.joined(separator: ", ")).")
                }
                if part.fileName?.lowercased().hasSuffix(".zip") == true {
                    try await takeArchive(part.fileName, receiver) { try await parts.nextPiece() }
                } else {
                    try await receiver.take(part.fileName) { try await parts.nextPiece() }
                }
            }
        } catch let failure as MultipartReader.Failure {
            let taken = await receiver.items.count
            throw Problem(
                .badRequest,
                "The form cannot be read: \(failure.reason) \(counted(taken, "file")) before that came in; see the job \(receiver.job)."
            )
        }
    }

    /// Takes in the files of an archive: unpacked by the program that reads documents, within its limits.
    private func takeArchive(
        _ name: String?, _ receiver: BatchReceiver, _ next: @escaping @Sendable () async throws -> [UInt8]?
    ) async throws {
        let folder = try ReadingFolder(in: temporaryDirectory)
        defer { folder.remove() }
        let title = name ?? "archive.zip"
        do {
            do {
                try await FileBody.write(
                    LimitedBody(next: next, limit: uploads.intake.maximumBytes, name: title), to: folder.original)
            } catch let problem as Problem where problem.status == .contentTooLarge {
                return try await receiver.refuse(title, problem)
            }
            for entry in try await ReaderProcess.unpack(folder) {
                switch entry.file {
                case .success(let path):
                    let body = try FileBody(path)
                    try await receiver.take(entry.name) { try await body.next() }
                case .failure(let error):
                    try await receiver.refuse(
                        entry.name, Problem(.unprocessableContent, error.detail, code: error.code))
                }
            }
        } catch let error as ExtractionError {
            try await receiver.refuse(title, Problem(.unprocessableContent, error.detail, code: error.code))
        }
    }
}

/// A body that is not to be longer than one file may be.
private actor LimitedBody: HTTPBodySource {
    private let source: @Sendable () async throws -> [UInt8]?
    private let limit: Int
    private let name: String
    private var count = 0

    init(next: @escaping @Sendable () async throws -> [UInt8]?, limit: Int, name: String) {
        source = next
        self.limit = limit
        self.name = name
    }

    func next() async throws -> [UInt8]? {
        guard let piece = try await source() else { return nil }
        count += piece.count
        guard count <= limit else { throw UploadIntake.tooLarge(name, limit: limit) }
        return piece
    }
}
