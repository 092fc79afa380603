import AccessControl
import Catalog
import Digests
import HTTPMessages
import JSONCoding
import Problems

/// `POST /api/upload`: files as form parts or as one raw body.
struct UploadRoutes: Sendable {
    static let maximumFiles = 20
    private static let readersField = "readers"

    let intake: UploadIntake

    func upload(_ request: HTTPRequest) async throws -> HTTPResponse {
        let type = request.fields["content-type"] ?? ""
        let received =
            type.lowercased().hasPrefix("multipart/form-data")
            ? try await uploadParts(request, type) : [try await uploadRaw(request)]
        for item in received { AuditObjects.note("document", item.document.id) }
        return HTTPResponse(.accepted, json: ["documents": .array(received.map(\.json))])
    }

    private func uploadRaw(_ request: HTTPRequest) async throws -> UploadIntake.Received {
        var form = UploadForm()
        for name in UploadForm.names { try form.set(name, request.target.parameter(name)) }
        let pieces = request.body.pieces
        return try await receive(request.target.parameter("name"), form) { try await pieces.next() }
    }

    /// Stores one file as the form says.
    ///
    /// - Throws: as `UploadIntake.receive` does; `InvalidFields`.
    func receive(
        _ name: String?, _ form: UploadForm, _ next: @escaping @Sendable () async throws -> [UInt8]?
    ) async throws -> UploadIntake.Received {
        let chat = try await checkedChat(form.chatId)
        let readers = try checkedReaders(form.readers, chat)
        return try await intake.receive(
            name: name, chatId: chat, readers: readers, facts: form.facts, onExisting: form.onExisting, next)
    }

    private func uploadParts(_ request: HTTPRequest, _ type: String) async throws -> [UploadIntake.Received] {
        guard let reader = MultipartReader(request.body.pieces, contentType: type) else {
            throw Problem(.badRequest, "The content type has no usable boundary.")
        }
        let parts = PartsCursor(reader)
        var form = UploadForm()
        for name in UploadForm.names { try form.set(name, request.target.parameter(name)) }
        var received: [UploadIntake.Received] = []
        do {
            while let part = try await parts.nextPart() {
                switch part.name {
                case let name where UploadForm.names.contains(name):
                    try form.set(name, try await parts.text(limit: UploadForm.longestField))
                case "file":
                    guard received.count < Self.maximumFiles else {
                        throw InvalidFields(field: "file", detail: "At most \(Self.maximumFiles) files in one request.")
                    }
                    received.append(try await receive(part.fileName, form) { try await parts.nextPiece() })
                case let name:
                    throw InvalidFields(
                        field: String(name.prefix(100)),
                        detail: "Unknown part. Known parts: file, \(UploadForm.names.joined(separator: ", ")).")
                }
            }
        } catch {
            // One request is accepted or refused as a whole.
            let brought = received
            await Task { [intake] in await intake.withdraw(brought) }.value
            guard let failure = error as? MultipartReader.Failure else { throw error }
            throw Problem(.badRequest, "The form cannot be read: \(failure.reason)")
        }
        guard !received.isEmpty else {
            throw InvalidFields(field: "file", detail: "Required: at least one part named file.")
        }
        return received
    }

    /// The members that the files are limited to; `nil` for everybody.
    func checkedReaders(_ text: String?, _ chat: String?) throws -> [String]? {
        guard let text, !text.isEmpty else { return nil }
        let field = Self.readersField
        guard let person = intake.catalog.person else {
            throw InvalidFields(
                field: field, detail: "Nobody signs in here, so there is nobody to limit a document to.")
        }
        guard chat == nil else {
            throw InvalidFields(field: field, detail: "A chat's documents are its person's already. Leave one out.")
        }
        let ids = text.split(separator: ",").map { $0 == "me" ? person : String($0) }
        guard ids.count <= WorkspaceCatalog.mostReaders, ids.allSatisfy(UUIDv7.isValid) else {
            throw InvalidFields(
                field: field,
                detail: "Must be ids of members, or me, with commas between; at most \(WorkspaceCatalog.mostReaders).")
        }
        // An owner sees it in any case; everybody else would have uploaded it out of their own sight.
        guard ids.contains(person) || intake.catalog.reader == nil else {
            throw InvalidFields(field: field, detail: "Must have you among them: add me.")
        }
        return ids
    }

    func checkedChat(_ id: String?) async throws -> String? {
        guard let id, !id.isEmpty else { return nil }
        guard try await intake.catalog.chat(id) != nil else { throw UploadIntake.unknownChat }
        return id
    }
}
