import AzureStorage
import Catalog
import ChatMessages
import ChromaClient
import Digests
import HTTPMessages
import JSONCoding
import TarArchives

/// Puts a backup into empty stores: files, passages and messages first, the rows that make them visible last, in one
/// transaction. A restore that was cut off is simply run again.
public struct BackupRestorer: Sendable {
    /// What was restored.
    public struct Report: Sendable {
        public let counts: [String: Int]
        /// Documents that are being embedded anew.
        public let queued: Int
    }

    private static let tableLimit = 1 << 30
    private static let batch = 64

    private let services: BackupServices

    /// A restorer into the stores.
    public init(_ services: BackupServices) { self.services = services }

    /// Adds a backup's messages to what is there, for moving them to another Cosmos DB; those that are there stay.
    ///
    /// - Returns: How many messages the backup has.
    public func restoreMessages(_ backup: BackupReader) async throws -> Int {
        let archive = try TarReader(path: backup.path)
        while let (name, _) = try archive.next() {
            if Self.isOfMessages(name) { try await restoreMessages(Self.values(archive, name)) }
        }
        return backup.manifest.counts["messages"] ?? 0
    }

    /// Restores a backup that was checked.
    ///
    /// - Parameter embedsAnew: Whether passages are left out and made again, with the model of the settings.
    /// - Throws: `BackupError` when the stores are not empty, or want another embedding model; errors of the stores.
    public func restore(_ backup: BackupReader, embedsAnew: Bool) async throws -> Report {
        let manifest = backup.manifest
        try await prepare(manifest, embedsAnew: embedsAnew)
        let archive = try TarReader(path: backup.path)
        var tables: JSONValue?
        while let (name, _) = try archive.next() {
            if let (place, content) = BackupPlace.read(name) {
                switch content {
                case .blob(let file): try await restoreBlob(archive, of: place, file)
                case .passages:
                    if !embedsAnew { try await restorePassages(Self.values(archive, name), of: place.workspace) }
                }
                continue
            }
            switch name {
            case "catalog.json": tables = try JSONParser.parse(Self.content(archive, name))
            case BackupManifest.name: break
            case _ where Self.isOfMessages(name): try await restoreMessages(Self.values(archive, name))
            default: throw BackupError("\(name) is not a part of a backup that this Apus knows")
            }
        }
        guard let tables else { throw BackupError("the backup has no catalog.json") }
        let queued = try await services.catalog.restore(tables, embedsAnew: embedsAnew)
        _ = try await services.catalog.migrate(to: nil)
        for workspace in try await services.catalog.workspaces() {
            try await ChatTextCopier(
                catalog: services.catalog.view(of: workspace), messages: services.messages.view(of: workspace)
            ).copyAll()
        }
        try await services.queue.create(IngestMessage.queue)
        for message in queued { try await services.queue.put(message.text, to: IngestMessage.queue) }
        return Report(counts: manifest.counts, queued: queued.count)
    }

    /// Whether an entry is a chat's messages.
    private static func isOfMessages(_ name: String) -> Bool {
        let (folder, ending) = ("messages/", ".jsonl")
        guard name.hasPrefix(folder), name.hasSuffix(ending) else { return false }
        return UUIDv7.isValid(String(name.dropFirst(folder.count).dropLast(ending.count)))
    }

    private func prepare(_ manifest: BackupManifest, embedsAnew: Bool) async throws {
        let known = CatalogDatabase.knownMigrations.map(\.version).max() ?? 0
        guard manifest.schema <= known else {
            throw BackupError(
                "the backup has schema \(manifest.schema), this Apus knows schemas up to \(known). Use a newer Apus.")
        }
        guard manifest.embeddingModel == services.embeddingModel || embedsAnew else {
            throw BackupError(
                "the backup's passages are embedded with \(manifest.embeddingModel), the settings name "
                    + "\(services.embeddingModel). Set APUS_EMBEDDINGS_MODEL=\(manifest.embeddingModel), or let the "
                    + "documents be embedded anew with --embed-anew.")
        }
        let applied = try await services.catalog.appliedMigrations()
        if !applied.isEmpty {
            let (chats, documents, people) = try await services.catalog.size()
            guard chats == 0, documents == 0, people == 0 else {
                throw BackupError(
                    "the place is not empty (chats: \(chats), documents: \(documents), accounts: \(people)). A "
                        + "backup is restored into an empty place only, before anybody signs up; choose another, or "
                        + "delete what is there.")
            }
        }
        // The rows are put into the schema that they came from, and brought up to date from there.
        _ = try await services.catalog.migrate(to: manifest.schema)
        try await services.blobs.createContainer(BlobPaths.container)
    }

    private func restoreBlob(_ archive: TarReader, of place: BackupPlace, _ name: String) async throws {
        let path: String
        switch name {
        case "original": path = BlobPaths.original(workspace: place.workspace, document: place.document)
        case "text.json": path = BlobPaths.text(workspace: place.workspace, document: place.document)
        default: throw BackupError("\(place.blob(name)) is not a file that this Apus knows")
        }
        let type = name == "text.json" ? "application/json" : "application/octet-stream"
        try await services.blobs.upload(ArchivedFile(archive), to: BlobPaths.container, path, contentType: type)
    }

    private func restorePassages(_ values: [JSONValue], of workspace: String) async throws {
        let vectors = services.vectors.of(workspace)
        var records: [ChromaService.Record] = []
        for value in values {
            guard let record = ChromaService.StoredRecord(json: value) else {
                throw BackupError("a passage of the backup cannot be read")
            }
            records.append(record.record)
            if records.count == Self.batch {
                try await vectors.upsert(records)
                records = []
            }
        }
        try await vectors.upsert(records)
    }

    private func restoreMessages(_ values: [JSONValue]) async throws {
        for value in values {
            guard let message = ChatMessage(item: value) else {
                throw BackupError("a message of the backup cannot be read")
            }
            _ = try await services.messages.add(message)
        }
    }

    private static func values(_ archive: TarReader, _ name: String) throws -> [JSONValue] {
        try content(archive, name).split(separator: 10).map { try JSONParser.parse(Array($0)) }
    }

    private static func content(_ archive: TarReader, _ name: String) throws -> [UInt8] {
        var content: [UInt8] = []
        while let piece = try archive.read() {
            content += piece
            guard content.count <= tableLimit else { throw BackupError("\(name) is too large") }
        }
        return content
    }
}

/// The current file of an archive as a body.
private final class ArchivedFile: HTTPBodySource {
    // Used by one reader at a time: the restorer waits for an upload before it goes on in the archive.
    private nonisolated(unsafe) let archive: TarReader

    init(_ archive: TarReader) { self.archive = archive }

    func next() async throws -> [UInt8]? { try archive.read() }
}
