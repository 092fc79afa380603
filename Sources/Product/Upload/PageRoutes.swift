import AzureStorage
import Catalog
import DocumentReading
import FunctionsRuntime
import Glibc
import HTTPMessages
import Ingestion
import JSONCoding
import Problems
import TaskTools
import Telemetry

/// `/api/documents/{id}/pages/…`: a page of a PDF as it looks, and where its words stand on it. Each is made when it is
/// first asked for, and kept beside the document's other blobs.
struct PageRoutes: Sendable {
    /// The widths that there are; what is asked for becomes the next of them.
    static let widths = [800, 1600]
    /// What can be asked for.
    static let askedWidths = 1...100_000

    let catalog: WorkspaceCatalog
    let blobs: BlobClient
    let temporaryDirectory: String
    let log: Log

    /// The page as a picture.
    func picture(_ request: HTTPRequest) async throws -> HTTPResponse {
        let width = try Self.width(request)
        let (document, page) = try await self.page(request)
        let kept = Kept(
            path: BlobPaths.picture(
                workspace: catalog.workspace, document: document.id, page: page, width: width),
            type: "image/jpeg", tag: "\"\(document.sha256.prefix(24))-\(page)-\(width)\"")
        return try await answer(request, document, kept) { folder in
            try await ReaderProcess.draw(folder, page: page, width: width)
        }
    }

    /// The page's words with their places.
    func words(_ request: HTTPRequest) async throws -> HTTPResponse {
        let (document, page) = try await self.page(request)
        let kept = Kept(
            path: BlobPaths.words(workspace: catalog.workspace, document: document.id, page: page),
            type: "application/json", tag: "\"\(document.sha256.prefix(24))-\(page)-words\"")
        return try await answer(request, document, kept) { folder in
            let path = BlobPaths.text(workspace: catalog.workspace, document: document.id)
            let text = StoredPage(page, of: try await blobs.open(BlobPaths.container, path).body)
            guard try await text.begin() else { throw Self.missing(page, of: document) }
            try await FileBody.write(text, to: folder.page)
            return try await ReaderProcess.placeWords(folder, page: page)
        }
    }

    // MARK: - What is asked for

    private static func width(_ request: HTTPRequest) throws -> Int {
        guard let wanted = request.target.parameter("width") else { return widths[0] }
        guard let width = Int(wanted), askedWidths.contains(width) else {
            throw InvalidFields(
                field: "width",
                detail: "Must be a number of pixels, from \(askedWidths.lowerBound) to \(askedWidths.upperBound).")
        }
        return widths.first { $0 >= width } ?? widths[widths.count - 1]
    }

    private func page(_ request: HTTPRequest) async throws -> (document: DocumentRecord, page: Int) {
        let wanted = request.parameters["page"] ?? ""
        // More digits than a number can have are still a number.
        let isNumber = !wanted.isEmpty && wanted.utf8.allSatisfy { (48...57).contains($0) }
        guard isNumber else {
            throw InvalidFields(field: "page", detail: "Must be a page number from 1.")
        }
        let number = Int(wanted) ?? .max
        guard let document = try await catalog.document(request.parameters["id"] ?? ""), !document.isDeleting else {
            throw Problem(.notFound, "There is no document with this id.")
        }
        guard document.mediaType == MediaType.pdf.rawValue else {
            throw Problem(.notFound, "Only PDFs have pages that can be shown as they look; this document has its text.")
        }
        guard document.status == .ready else {
            throw Problem(
                .conflict, "The document has not been read; its status is \(document.status.rawValue).")
        }
        guard number >= 1, number <= document.pages ?? 0 else { throw Self.missing(number, of: document) }
        return (document, number)
    }

    private static func missing(_ page: Int, of document: DocumentRecord) -> Problem {
        Problem(.notFound, "The document has \(counted(document.pages ?? 0, "page")); there is no page \(page).")
    }

    // MARK: - What is made once

    private struct Kept: Sendable {
        let path: String
        let type: String
        /// Of a document's bytes the same comes every time.
        let tag: String

        var fields: HTTPFields {
            // A document that is deleted is not to be shown any more: browsers ask each time, and get no bytes twice.
            ["Content-Type": type, "ETag": tag, "Cache-Control": "private, no-cache"]
        }
    }

    private func answer(
        _ request: HTTPRequest, _ document: DocumentRecord, _ kept: Kept,
        make: @escaping @Sendable (ReadingFolder) async throws -> String
    ) async throws -> HTTPResponse {
        if Self.names(request.fields["if-none-match"], kept.tag) {
            return HTTPResponse(.notModified, fields: kept.fields)
        }
        if let response = try await stored(kept) { return response }
        // Before the document is copied: many who leaf through one would have it there many times.
        return try await ReaderProcess.pageSlots.run {
            // Who waited before may have made it.
            if let response = try await stored(kept) { return response }
            return try await made(document, kept, make)
        }
    }

    private func made(
        _ document: DocumentRecord, _ kept: Kept, _ make: @Sendable (ReadingFolder) async throws -> String
    ) async throws -> HTTPResponse {
        let folder = try ReadingFolder(in: temporaryDirectory)
        defer { folder.remove() }
        let file: String
        do {
            let original = BlobPaths.original(workspace: catalog.workspace, document: document.id)
            try await FileBody.write(try await blobs.open(BlobPaths.container, original).body, to: folder.original)
            file = try await make(folder)
        } catch let error as ExtractionError {
            let tooMuch = error.code == ExtractionError.tooComplex("").code
            throw Problem(
                .unprocessableContent,
                tooMuch ? "The page takes more time or memory than showing it may." : error.detail)
        }
        try await keep(file, kept, of: document)
        var status = stat()
        guard let slice = open(file, &status) else { throw ReadingFailure(reason: "the reader has left no page") }
        return HTTPResponse(.ok, fields: kept.fields, body: .file(slice))
    }

    /// Whether a field with entity tags has one, weak or not (RFC 9110, 13.1.2).
    private static func names(_ field: String?, _ tag: String) -> Bool {
        guard let field else { return false }
        return field.split(separator: ",").contains { part in
            let given = part.filter { $0 != " " }
            return given == "*" || given == tag || given == "W/" + tag
        }
    }

    private func open(_ file: String, _ status: inout stat) -> FileSlice? {
        guard lstat(file, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
        return FileSlice(path: file, range: 0..<Int(status.st_size))
    }

    private func stored(_ kept: Kept) async throws -> HTTPResponse? {
        do {
            let (body, length) = try await blobs.open(BlobPaths.container, kept.path)
            return HTTPResponse(
                .ok, fields: kept.fields,
                body: .stream(length: length) { writer in
                    while let piece = try await body.next() { try await writer.write(piece) }
                })
        } catch let error as StorageError where error.isNotFound { return nil }
    }

    /// Keeps a file for the next who asks. Whoever waits for it now gets it in any case.
    private func keep(_ file: String, _ kept: Kept, of document: DocumentRecord) async throws {
        do {
            let write = BlobWrite(contentType: kept.type)
            try await blobs.upload(try FileBody(file), to: BlobPaths.container, kept.path, write)
        } catch let error as StorageError {
            return log.warning(
                "a page could not be kept", ["document": document.id, "error": String(describing: error)])
        }
        // A deletion lists the blobs once the document is marked: what came too late for that goes here.
        let now = try await catalog.document(document.id)
        if now?.isDeleting ?? true { try await blobs.delete(BlobPaths.container, kept.path) }
    }
}
