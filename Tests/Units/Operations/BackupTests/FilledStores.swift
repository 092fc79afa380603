import AzureStorage
import Catalog
import ChatMessages
import ChromaClient
import Digests
import FoundationEssentials
import HTTPMessages
import JSONCoding
import LateInteraction
import Settings
import TestStores
import TestSupport

@testable import Backup

/// A product in use by two workspaces, the first of nobody: in each a document that is ready and a chat with messages; one
/// document that failed, an experiment, somebody with a key, and what they did.
struct FilledStores {
    static let workspaces = ["default", "second"]

    let services: BackupServices
    let ready: [String]
    let failed: String
    let chats: [String]

    static func content(_ number: Int) -> [UInt8] { Array("The document \(number). It has two passages.".utf8) }

    /// Fills empty stores.
    init(_ stores: Stores) async throws {
        services = try await Self.services(stores)
        try await services.blobs.createContainer(BlobPaths.container)
        try await services.catalog.prepare()
        let owner = try await Self.addOwner(to: services.catalog)
        var ready: [String] = []
        for (index, workspace) in Self.workspaces.enumerated() {
            ready.append(try await Self.addDocument(index + 1, to: services, workspace))
        }
        failed = UUIDv7.make()
        let bytes = Array("no document".utf8)
        _ = try await services.catalog.view(of: "default").addDocument(
            .init(
                id: failed, name: "broken.pdf", mediaType: "application/pdf", bytes: bytes.count,
                sha256: Digest.hex(Digest.sha256(bytes)), chatId: nil))
        try await services.blobs.upload(
            Bytes(bytes), to: BlobPaths.container, BlobPaths.original(workspace: "default", document: failed),
            contentType: "application/pdf")
        guard let claim = try await services.catalog.view(of: "default").claim(failed) else {
            throw TestFailure("the document is not there")
        }
        try await services.catalog.view(of: "default").setFailed(claim, code: "damaged", detail: "It is damaged.")
        self.ready = ready
        var chats: [String] = []
        for (index, workspace) in Self.workspaces.enumerated() {
            let number = index + 1
            let chat = UUIDv7.make()
            let view = services.catalog.view(of: workspace, for: number == 1 ? nil : owner)
            _ = try await view.createChat(chat, name: "Chat \(number)")
            var shown = SharedPath()
            for turn in 1...(number * 3) {
                let message = ChatMessage(
                    id: UUIDv7.make(), chatId: chat, workspaceId: workspace,
                    role: turn % 2 == 1 ? "user" : "assistant", text: "Message \(turn) of \(number) ✓",
                    createdAt: "2026-11-20T10:00:0\(turn).000Z", finishReason: turn % 2 == 1 ? nil : "stop")
                _ = try await services.messages.add(message)
                try await view.countMessages(chat, added: 1, text: message.searchText)
                shown.add(message.id, attempt: turn == 1 ? nil : UUIDv7.make(), documents: ready)
            }
            _ = try await view.addShare(
                UUIDv7.make(), of: chat, showing: shown, selector: "selector \(number)", secret: "s", days: 30)
            var keeping = ChatChanges()
            (keeping.isPinned, keeping.folder, keeping.isArchived) = (
                true, .named("Folder, \"\(number)\""), number == 2
            )
            _ = try await view.changeChat(chat, keeping)
            try await Self.addWhatProgramsKnow(to: view, chat: chat, document: ready[index])
            chats.append(chat)
        }
        self.chats = chats
        _ = try await services.catalog.view(of: "default").addExperiment(
            UUIDv7.make(), name: "before", result: ["figures": [["name": "mrr", "value": 0.84]], "set": "a set"])
    }

    /// What programs for OpenAI's API make: stores, conversations, responses.
    private static func addWhatProgramsKnow(to view: WorkspaceCatalog, chat: String, document: String) async throws {
        let (store, response) = (UUIDv7.make(), UUIDv7.make())
        try await view.addVectorStore(store, name: "store", description: nil, metadata: ["k": "v ✓"])
        _ = try await view.addVectorStoreFiles([(document, ["year": 2026])], to: store)
        try await view.addVectorStoreBatch(UUIDv7.make(), of: store, documents: [document])
        try await view.setPurpose("user_data", of: document)
        _ = try await view.setConversationMetadata(["topic": "t"], of: chat)
        let item = ConversationItemRecord(
            id: UUIDv7.make(), createdAt: "2026-11-20T10:00:01.000Z", item: ["type": "function_call"])
        _ = try await view.addConversationItems([item], to: chat)
        for (id, status) in [(response, "completed"), (UUIDv7.make(), "in_progress")] {
            try await view.keepResponse(
                ResponseRecord(
                    id: id, chat: chat, previous: nil, status: status, input: [["role": "user"]],
                    response: ["status": .string(status)]), isNew: true)
        }
    }

    static func services(_ stores: Stores, _ more: [String: String] = [:]) async throws -> BackupServices {
        try await BackupServices(environment: stores.settings.merging(more) { $1 }, client: stores.client)
    }

    private static func addOwner(to catalog: CatalogDatabase) async throws -> String {
        let id = UUIDv7.make()
        guard let login = LoginName("ann") else { throw TestFailure("no login") }
        _ = try await catalog.addPerson(
            id, login: login, name: "Ann", isAdministrator: true, memberships: [], digest: "a link")
        _ = try await catalog.addWorkspace("second", name: "Second", owner: id)
        _ = try await catalog.addKey(
            "key", secret: "s", of: id, workspace: "second", name: "k", scopes: ["read"], days: nil)
        try await catalog.addAudit([
            .init(
                at: "2026-11-20T10:00:00.000Z", workspace: "second", person: id, credential: nil, action: "POST /x",
                object: nil, status: 200, address: nil, requestId: "r")
        ])
        return id
    }

    private static func addDocument(_ number: Int, to services: BackupServices, _ workspace: String) async throws
        -> String
    {
        let id = UUIDv7.make()
        let bytes = content(number)
        _ = try await services.catalog.view(of: workspace).addDocument(
            .init(
                id: id, name: "document-\(number).txt", mediaType: "text/plain", bytes: bytes.count,
                sha256: Digest.hex(Digest.sha256(bytes)), chatId: nil))
        for (path, content) in [
            (BlobPaths.original(workspace: workspace, document: id), bytes),
            (BlobPaths.text(workspace: workspace, document: id), Array(#"{"pages":[]}"#.utf8)),
        ] {
            try await services.blobs.upload(Bytes(content), to: BlobPaths.container, path, contentType: "text/plain")
        }
        try await services.vectors.of(workspace).upsert(
            (0..<2).map { ordinal in
                ChromaService.Record(
                    id: "\(id):\(ordinal)", embedding: [Float(number), Float(ordinal), 0.5],
                    document: "Passage \(ordinal) of \(number)",
                    metadata: ["documentId": .string(id), "page": .int(Int64(ordinal + 1))],
                    tokens: TokenEmbeddings(bytes: [2] + [UInt8](repeating: UInt8(ordinal + 1), count: 2 * 64)))
            })
        guard let claim = try await services.catalog.view(of: workspace).claim(id) else {
            throw TestFailure("the document is not there")
        }
        try await services.catalog.view(of: workspace).setReady(
            claim, .init(pages: 2, pagesWithoutText: 0, passages: 2, language: "en", report: ["warnings": ["w"]]))
        return id
    }

    /// Everything that the stores hold of what was filled in, in a form that can be compared.
    func contents(of services: BackupServices) async throws -> [String] {
        var lines: [String] = []
        let rows = try await services.catalog.snapshot()
        for (name, table) in rows.tables { lines += table.map { "\(name) " + Self.stable($0) } }
        lines.append("audit \(try await services.catalog.auditState())")
        for (id, workspace) in zip(ready + [failed], Self.workspaces + ["default"]) {
            let path = BlobPaths.original(workspace: workspace, document: id)
            let body = try await services.blobs.open(BlobPaths.container, path).body
            var bytes: [UInt8] = []
            while let piece = try await body.next() { bytes += piece }
            lines.append("file \(id) \(String(decoding: bytes, as: UTF8.self))")
            let records = try await services.vectors.of(workspace).storedRecords(
                filter: ["documentId": .string(id)], limit: 10, offset: 0)
            lines += records.map { "passage \($0.json.text)" }.sorted()
        }
        for chat in chats {
            lines += try await services.messages.messages(in: chat, limit: 100).map { "message \($0.json().text)" }
        }
        return lines
    }

    private static func stable(_ row: JSONValue) -> String {
        (row.object?.members ?? []).sorted { $0.name < $1.name }.map { "\($0.name)=\($0.value.text)" }
            .joined(separator: " ")
    }
}
