import AccessControl
import Catalog
import Digests
import HTTPMessages
import JSONCoding
import OpenAIFaces
import Problems

/// `/v1/files`: documents, as OpenAI's API has them.
struct FileRoutes: Sendable {
    private static let mostListed = 10_000
    private static let purposeLimit = 100

    let catalog: WorkspaceCatalog
    let intake: UploadIntake
    let documents: DocumentRoutes

    /// `POST`: takes in one file. The parts come in any order.
    func create(_ request: HTTPRequest) async throws -> HTTPResponse {
        let type = request.fields["content-type"] ?? ""
        guard type.lowercased().hasPrefix("multipart/form-data"),
            let reader = MultipartReader(request.body.pieces, contentType: type)
        else {
            throw InvalidFields(field: "file", detail: "Required: a form with the parts file and purpose.")
        }
        let parts = PartsCursor(reader)
        var purpose: String?
        var received: UploadIntake.Received?
        do {
            while let part = try await parts.nextPart() {
                switch part.name {
                case "purpose":
                    let text = try await parts.text(limit: Self.purposeLimit)
                    try FileForm.requirePurpose(text)
                    purpose = text
                case "file":
                    guard received == nil else {
                        throw InvalidFields(field: "file", detail: "Must be one: send a request for each file.")
                    }
                    received = try await intake.receive(name: part.fileName, chatId: nil) {
                        try await parts.nextPiece()
                    }
                case let name where name.hasPrefix("expires_after"):
                    throw InvalidFields(
                        field: "expires_after",
                        detail:
                            "Not supported: files are kept as long as the workspace keeps its documents. Delete it when done."
                    )
                case let name:
                    throw InvalidFields(
                        field: String(name.prefix(100)), detail: "Unknown part. Known parts: file, purpose.")
                }
            }
            guard received != nil else { throw InvalidFields(field: "file", detail: "Required.") }
            guard purpose != nil else {
                throw InvalidFields(
                    field: "purpose", detail: "Required: \(FileForm.purposes.joined(separator: " or ")).")
            }
        } catch {
            // What is refused is not kept, whatever part was wrong.
            let brought = received.map { [$0] } ?? []
            await Task { [intake] in await intake.withdraw(brought) }.value
            guard let failure = error as? MultipartReader.Failure else { throw error }
            throw Problem(.badRequest, "The form cannot be read: \(failure.reason)")
        }
        guard let received, let purpose else { throw Problem(.badRequest, "The form has no file.") }
        AuditObjects.note("document", received.document.id)
        if purpose != WorkspaceCatalog.standardPurpose, !received.isDuplicate {
            try await catalog.setPurpose(purpose, of: received.document.id)
        }
        return HTTPResponse(json: try await json(received.document))
    }

    /// `GET`: the documents that belong to no chat.
    func list(_ request: HTTPRequest) async throws -> HTTPResponse {
        let page = try ListQuery.read(
            request, default: Self.mostListed, maximum: Self.mostListed, allowed: ["purpose"], hasBefore: false
        ) { UUIDv7.isValid($0) ? $0 : nil }
        let files = try await catalog.files(page.withOneMore, purpose: request.target.parameter("purpose"))
        return HTTPResponse(
            json: ListForm.json(files.map { FileForm.json($0.document, purpose: $0.purpose) }, limit: page.limit))
    }

    /// `GET …/{id}`: one of them.
    func get(_ request: HTTPRequest) async throws -> HTTPResponse {
        HTTPResponse(json: try await json(try await document(request)))
    }

    /// `GET …/{id}/content`: the bytes as they came.
    func content(_ request: HTTPRequest) async throws -> HTTPResponse {
        _ = try await document(request)
        return try await documents.content(request)
    }

    /// `DELETE …/{id}`: the document goes, from all vector stores too.
    func delete(_ request: HTTPRequest) async throws -> HTTPResponse {
        let document = try await document(request)
        _ = try await documents.delete(request)
        return HTTPResponse(json: VectorStoreForm.deleted(document.id, "file"))
    }

    private func json(_ document: DocumentRecord) async throws -> JSONValue {
        FileForm.json(document, purpose: try await catalog.purpose(of: document.id))
    }

    private func document(_ request: HTTPRequest) async throws -> DocumentRecord {
        let id = request.parameters["id"] ?? ""
        guard let document = try await catalog.document(id), !document.isDeleting else {
            throw OpenAIError.unknown("file", id)
        }
        return document
    }
}
