import AzureStorage
import Catalog
import ChatMessages
import ChromaClient
import Digests
import HTTPMessages
import JSONCoding
import Settings
import TarArchives
import Telemetry

/// Writes everything into one file while the product is in use.
///
/// Rows come from one snapshot of the database. What a chat or document of the snapshot holds is read after it: messages
/// are only added, and files and passages of a ready document do not change, so the file is what the product was at the
/// snapshot, or a little later. What is deleted meanwhile is left out whole.
public struct BackupWriter: Sendable {
    /// What a backup holds.
    public struct Report: Sendable {
        public let chats: Int
        public let messages: Int
        public let documents: Int
        public let passages: Int
        public let bytes: Int
    }

    private static let page = 200

    private let services: BackupServices

    /// A writer over the stores.
    public init(_ services: BackupServices) { self.services = services }

    /// Writes the file; it appears when it is whole and on the disk.
    ///
    /// - Throws: `BackupError` when there is a file of that name; errors of the stores.
    public func write(to path: String) async throws -> Report {
        let target = try BackupFile(path)
        let rows = try await services.catalog.snapshot()
        let output = try EntryWriter(path: target.temporary)
        do {
            var documents: [JSONValue] = []
            var passages = 0
            for row in rows.rows(of: "documents") {
                guard let count = try await write(document: row, to: output) else { continue }
                documents.append(row)
                passages += count
            }
            var chats: [JSONValue] = []
            var messages = 0
            for row in rows.rows(of: "chats") {
                guard let id = row["id"]?.string else { continue }
                let list = try await allMessages(of: id)
                try output.add("messages/\(id).jsonl", Self.lines(list.map(\.item)))
                messages += list.count
                var chat = row.object ?? JSONObject()
                // The rows are from a moment before.
                chat["messages"] = .int(Int64(list.count))
                // Copies of the messages are not in the file: they are made anew.
                chat["texts_kept"] = false
                chats.append(.object(chat))
            }
            var tables = JSONObject(rows.tables.map { ($0.name, .array($0.rows)) })
            tables["chats"] = .array(chats)
            tables["documents"] = .array(documents)
            try output.add("catalog.json", JSONValue.object(tables).encoded)
            var manifest = BackupManifest(
                workspace: CatalogDatabase.firstWorkspace, schema: rows.schema, embeddingModel: services.embeddingModel,
                createdAt: Timestamp.now(),
                counts: [
                    "chats": chats.count, "messages": messages, "documents": documents.count, "passages": passages,
                ], settings: services.settings)
            manifest.entries = output.entries
            try output.add(BackupManifest.name, manifest.encoded(key: services.key))
            try output.close()
            let bytes = try target.publish()
            return Report(
                chats: chats.count, messages: messages, documents: documents.count, passages: passages, bytes: bytes)
        } catch {
            target.discard()
            guard let failure = error as? TarArchiveError else { throw error }
            throw BackupError("\(path) cannot be written: \(failure.reason)")
        }
    }

    /// Writes a document's files and passages.
    ///
    /// - Returns: The number of passages; `nil` when the document was deleted meanwhile.
    private func write(document row: JSONValue, to output: EntryWriter) async throws -> Int? {
        guard let id = row["id"]?.string, let workspace = row["workspace_id"]?.string else { return nil }
        let isReady = row["status"]?.string == "ready"
        let place = BackupPlace(workspace: workspace, document: id)
        var paths = [("original", BlobPaths.original(workspace: workspace, document: id))]
        if isReady { paths.append(("text.json", BlobPaths.text(workspace: workspace, document: id))) }
        for (name, path) in paths {
            do {
                let download = try await services.blobs.download(BlobPaths.container, path)
                guard let length = download.length else { throw BackupError("the length of \(path) is not known") }
                try await output.add(place.blob(name), download.body, bytes: length)
            } catch let error as StorageError where error.isNotFound {
                return try await missing(place, path)
            }
        }
        guard isReady else { return 0 }
        var passages: [ChromaService.StoredRecord] = []
        while true {
            let part = try await services.vectors.of(workspace).storedRecords(
                filter: ["documentId": .string(id)], limit: Self.page, offset: passages.count)
            passages += part
            if part.count < Self.page { break }
        }
        if let expected = row["passages"]?.int, Int(expected) != passages.count {
            return try await missing(place, "\(expected) passages, of which \(passages.count) are there")
        }
        try output.add(place.passages, Self.lines(passages.map(\.json)))
        return passages.count
    }

    /// Something of a document is not there: it was deleted meanwhile, or the stores do not agree.
    private func missing(_ place: BackupPlace, _ what: String) async throws -> Int? {
        let catalog = services.catalog.view(of: place.workspace)
        guard let row = try await catalog.document(place.document), !row.isDeleting else { return nil }
        throw BackupError(
            "document \(row.id) (\(row.name)) is in the database, but not in the store: \(what). Run 'apus verify', and press retry for it or delete it."
        )
    }

    private func allMessages(of chat: String) async throws -> [ChatMessage] {
        var all: [ChatMessage] = []
        while true {
            let before = all.first.map { (createdAt: $0.createdAt, id: $0.id) }
            let part = try await services.messages.messages(in: chat, limit: Self.page, before: before)
            all = part + all
            if part.count < Self.page { return all }
        }
    }

    private static func lines(_ values: [JSONValue]) -> [UInt8] {
        var result: [UInt8] = []
        for value in values {
            value.write(to: &result)
            result.append(10)
        }
        return result
    }
}
