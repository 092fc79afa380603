import AccessControl
import Catalog
import Digests
import HTTPMessages
import JSONCoding
import Problems
import Synchronization

/// `POST /api/upload`: files as form parts or as one raw body.
struct UploadRoutes: Sendable {
    private static let maximumFiles = 20
    private static let readersLimit = 64 * 1024
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
        let chat = try await checkedChat(request.target.parameter("chatId"))
        let readers = try checkedReaders(request.target.parameter("readers"), chat)
        let name = request.target.parameter("name")
        switch request.body {
        case .source(let source):
            return try await intake.receive(name: name, chatId: chat, readers: readers) { try await source.next() }
        case .bytes(let bytes):
            let pieces = Mutex<[[UInt8]]>(bytes.isEmpty ? [] : [bytes])
            return try await intake.receive(name: name, chatId: chat, readers: readers) {
                pieces.withLock { $0.popLast() }
            }
        }
    }

    private func uploadParts(_ request: HTTPRequest, _ type: String) async throws -> [UploadIntake.Received] {
        let source: any HTTPBodySource =
            switch request.body {
            case .source(let source): source
            case .bytes(let bytes): WholeBody(bytes)
            }
        guard let reader = MultipartReader(source, contentType: type) else {
            throw Problem(.badRequest, "The content type has no usable boundary.")
        }
        let parts = PartsCursor(reader)
        var chat = try await checkedChat(request.target.parameter("chatId"))
        var named = request.target.parameter("readers")
        var received: [UploadIntake.Received] = []
        do {
            while let part = try await parts.nextPart() {
                switch part.name {
                case "chatId": chat = try await checkedChat(try await parts.text(limit: 64))
                case "readers": named = try await parts.text(limit: Self.readersLimit)
                case "file":
                    guard received.count < Self.maximumFiles else {
                        throw InvalidFields(field: "file", detail: "At most \(Self.maximumFiles) files in one request.")
                    }
                    let readers = try checkedReaders(named, chat)
                    received.append(
                        try await intake.receive(name: part.fileName, chatId: chat, readers: readers) {
                            try await parts.nextPiece()
                        })
                case let name:
                    throw InvalidFields(
                        field: String(name.prefix(100)), detail: "Unknown part. Known parts: file, chatId, readers.")
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
    private func checkedReaders(_ text: String?, _ chat: String?) throws -> [String]? {
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

    private func checkedChat(_ id: String?) async throws -> String? {
        guard let id, !id.isEmpty else { return nil }
        guard try await intake.catalog.chat(id) != nil else { throw UploadIntake.unknownChat }
        return id
    }
}

/// A body that is in memory already.
final class WholeBody: HTTPBodySource {
    private let bytes: Mutex<[UInt8]?>
    init(_ bytes: [UInt8]) { self.bytes = Mutex(bytes.isEmpty ? nil : bytes) }
    func next() async throws -> [UInt8]? {
        bytes.withLock { bytes in
            defer { bytes = nil }
            return bytes
        }
    }
}

/// The multipart reader, shared with the closures that read a part's content; one of them reads at a time.
actor PartsCursor {
    private var reader: MultipartReader?

    init(_ reader: MultipartReader) { self.reader = reader }

    func nextPart() async throws -> MultipartReader.Part? {
        guard var taken = reader else { return nil }
        defer { reader = taken }
        return try await taken.nextPart()
    }

    func nextPiece() async throws -> [UInt8]? {
        guard var taken = reader else { return nil }
        defer { reader = taken }
        return try await taken.nextPiece()
    }

    func text(limit: Int) async throws -> String {
        var bytes: [UInt8] = []
        while let piece = try await nextPiece() {
            bytes += piece
            guard bytes.count <= limit else { throw HTTPBodyTooLarge(limit: limit) }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
