public import AzureStorage
public import Catalog
public import ChromaClient
import Digests
import DocumentQueue
public import JSONCoding
import Telemetry

/// Compares what PostgreSQL, Blob Storage and the vector service hold of a workspace's documents, and mends what is not as it
/// has to be. Files are not read: `apus verify` compares them by their checksums, and messages with their chats.
public struct DataCheck: Sendable {
    /// Work on a document shows at least every few seconds.
    private static let restSeconds = 120
    /// An upload writes its row last: files without one are let be for an hour.
    private static let orphanMilliseconds: Int64 = 3_600_000
    private static let page = 500

    private let catalog: WorkspaceCatalog
    private let blobs: BlobClient
    private let vectors: ChromaService
    private let queue: IngestQueue

    /// A check of one workspace.
    public init(catalog: WorkspaceCatalog, storage: StorageClients, vectors: ChromaService) {
        self.catalog = catalog
        blobs = storage.blobs
        queue = IngestQueue(storage.queues)
        self.vectors = vectors
    }

    /// Looks at everything.
    ///
    /// - Parameter mends: Whether what is found is mended; every step can be repeated.
    /// - Returns: How much was looked at, and what was found by its kind; with `mended`, how much of it is as it should be now.
    public func run(mends: Bool) async throws -> JSONValue {
        let (documents, found) = try await look()
        var report: JSONObject = [
            "documents": .int(Int64(documents)), "findings": .array(found.map(\.json)),
        ]
        if mends {
            var mended = JSONObject()
            for finding in found { mended[finding.kind.rawValue] = .int(Int64(try await mend(finding))) }
            report["mended"] = .object(mended)
        }
        return .object(report)
    }

    // MARK: - Looking

    private func look() async throws -> (documents: Int, found: [DataFinding]) {
        // The other stores first: what comes meanwhile has its row by then.
        let passages = try await vectors.passageCounts()
        let files = try await storedFiles()
        var found: [DataFinding.Kind: [String]] = [:]
        var known: Set<String> = []
        var last: String?
        while true {
            let rows = try await catalog.checkedDocuments(after: last, restSeconds: Self.restSeconds, limit: Self.page)
            for row in rows {
                known.insert(row.id)
                let kind = Self.finding(of: row, files: files[row.id] ?? [], passages: passages[row.id] ?? 0)
                if let kind { found[kind, default: []].append(row.id) }
            }
            guard rows.count == Self.page else { break }
            last = rows.last?.id
        }
        let gone = Timestamp.nowMilliseconds() - Self.orphanMilliseconds
        let strays = files.keys.filter { !known.contains($0) && Int64(UUIDv7.milliseconds(of: $0)) < gone }.sorted()
        // What is being uploaded has its file before its row.
        let awaited = try await catalog.knownDocuments(strays)
        found[.filesWithoutDocument] = strays.filter { !awaited.contains($0) }
        found[.passagesWithoutDocument] = passages.keys.filter { !known.contains($0) }.sorted()
        let kinds = DataFinding.Kind.allCases
        return (
            known.count,
            kinds.compactMap { kind in
                found[kind].flatMap { $0.isEmpty ? nil : DataFinding(kind: kind, documents: $0) }
            }
        )
    }

    private static func finding(
        of row: WorkspaceCatalog.CheckedDocument, files: Set<String>, passages: Int
    ) -> DataFinding.Kind? {
        guard row.isAtRest else { return nil }
        if row.isDeleting { return .deletionCutOff }
        // What its owner has been told is no news.
        guard files.contains(originalName) else { return row.isLost ? nil : .fileLost }
        switch row.status {
        case .queued, .extracting, .embedding: return .unfinished
        case .failed: return nil
        case .ready:
            if !files.contains(textName) { return .textLost }
            return row.passages == passages ? nil : .passagesDiffer
        }
    }

    private static let originalName = name(BlobPaths.original(workspace: "", document: ""))
    private static let textName = name(BlobPaths.text(workspace: "", document: ""))

    private static func name(_ path: some StringProtocol) -> String {
        String(path.split(separator: "/").last ?? "")
    }

    /// The names of each document's blobs.
    private func storedFiles() async throws -> [String: Set<String>] {
        do {
            let paths = try await blobs.list(
                BlobPaths.container, prefix: BlobPaths.prefix(workspace: catalog.workspace))
            var files: [String: Set<String>] = [:]
            for path in paths {
                guard let document = BlobPaths.document(of: path), UUIDv7.isValid(document) else { continue }
                files[document, default: []].insert(Self.name(path))
            }
            return files
        } catch let error as StorageError where error.isNotFound {
            return [:]
        }
    }

    // MARK: - Mending

    private func mend(_ finding: DataFinding) async throws -> Int {
        var mended = 0
        for id in finding.documents where try await mend(finding.kind, id) { mended += 1 }
        return mended
    }

    private func mend(_ kind: DataFinding.Kind, _ id: String) async throws -> Bool {
        switch kind {
        case .fileLost:
            let detail = "The file is not stored any more. Upload it again, or restore it from a backup."
            return try await catalog.markLost(id, detail: detail)
        case .textLost, .passagesDiffer:
            guard try await catalog.requeueIncomplete(id) else { return false }
            try await queue.put(id, of: catalog.workspace)
            return true
        case .filesWithoutDocument:
            guard try await catalog.knownDocuments([id]).isEmpty else { return false }
            let prefix = BlobPaths.prefix(workspace: catalog.workspace, document: id)
            for path in try await blobs.list(BlobPaths.container, prefix: prefix) {
                _ = try await blobs.delete(BlobPaths.container, path)
            }
            return true
        case .passagesWithoutDocument:
            guard try await catalog.knownDocuments([id]).isEmpty else { return false }
            return try await vectors.delete(filter: ["documentId": .string(id)]) > 0
        case .unfinished, .deletionCutOff:
            try await queue.put(id, of: catalog.workspace)
            return true
        }
    }
}
