import AzureStorage
import Catalog
import ChatMessages
import ChromaClient
import Digests
import HTTPMessages
import JSONCoding

/// Compares what the stores hold with each other: every row's file by its checksum, passages and messages by their number.
public struct DataVerifier: Sendable {
    /// What was looked at and what is wrong.
    public struct Report: Sendable {
        public let documents: Int
        public let chats: Int
        /// One sentence each, with the remedy.
        public let problems: [String]
    }

    private let services: BackupServices

    /// A verifier over the stores.
    public init(_ services: BackupServices) { self.services = services }

    /// Looks at everything.
    public func run() async throws -> Report {
        let rows = try await services.catalog.snapshot()
        var problems: [String] = []
        let documents = rows.rows(of: "documents")
        let chats = rows.rows(of: "chats")
        for row in documents { problems += try await problem(ofDocument: row) }
        for row in chats {
            guard let id = row["id"]?.string, let expected = row["messages"]?.int,
                let workspace = row["workspace_id"]?.string
            else { continue }
            let count = try await services.messages.count(in: id)
            // Messages that came after the rows were read are fine.
            if count < expected {
                problems.append("chat \(id): \(count) of \(expected) messages are stored")
            } else if row["texts_kept"]?.bool == true {
                // Those of others are about to be copied.
                problems += try await problem(ofTexts: id, of: workspace, messages: count)
            }
        }
        for row in rows.rows(of: "shares") { problems += try await problem(ofLink: row) }
        let known = Set(documents.compactMap { $0["id"]?.string })
        for workspace in try await services.catalog.workspaces() {
            let catalog = services.catalog.view(of: workspace)
            for id in try await services.vectors.of(workspace).documentIDs().subtracting(known).sorted()
            where try await catalog.knownDocuments([id]).isEmpty {
                problems.append("document \(id) is gone, but has passages; the timer 'tidy' removes them")
            }
        }
        return Report(documents: documents.count, chats: chats.count, problems: problems)
    }

    /// What of a chat's messages cannot be found by looking for its words.
    private func problem(ofTexts chat: String, of workspace: String, messages: Int) async throws -> [String] {
        let catalog = services.catalog.view(of: workspace)
        let texts = try await catalog.countTexts(in: chat)
        // A message is copied a moment after it is stored.
        guard texts != messages, try await services.messages.count(in: chat) == messages,
            try await catalog.countTexts(in: chat) == texts, try await catalog.chat(chat) != nil
        else { return [] }
        return ["chat \(chat): \(texts) of \(messages) messages can be found by searching; open it once"]
    }

    /// What of the messages that a link shows is not stored.
    private func problem(ofLink row: JSONValue) async throws -> [String] {
        guard let id = row["id"]?.string, let chat = row["chat_id"]?.string, let workspace = row["workspace_id"]?.string
        else { return [] }
        let shown = (row["message_ids"]?.array ?? []).compactMap(\.string)
        let there = try await services.messages.view(of: workspace).messages(shown, in: chat).count
        guard there < shown.count, try await services.catalog.view(of: workspace).chat(chat) != nil else { return [] }
        return ["link \(id) of chat \(chat): \(there) of \(shown.count) messages are stored; end it"]
    }

    private func problem(ofDocument row: JSONValue) async throws -> [String] {
        guard let id = row["id"]?.string, let hash = row["sha256"]?.string, let workspace = row["workspace_id"]?.string
        else { return [] }
        let name = "document \(id) (\(row["name"]?.string ?? ""))"
        var problems: [String] = []
        do {
            let body = try await services.blobs.open(
                BlobPaths.container, BlobPaths.original(workspace: workspace, document: id)
            ).body
            let hasher = SHA256Hasher()
            while let piece = try await body.next() { hasher.update(piece) }
            if Digest.hex(hasher.finalize()) != hash {
                problems.append("\(name): its file is not the one that was uploaded; restore it from a backup")
            }
        } catch let error as StorageError where error.isNotFound {
            problems.append("\(name): its file is missing; restore it from a backup, or delete it")
        }
        guard row["status"]?.string == "ready" else { return problems }
        let text = try await services.blobs.properties(
            BlobPaths.container, BlobPaths.text(workspace: workspace, document: id))
        if text == nil { problems.append("\(name): its text is missing; upload it again") }
        let count = try await services.vectors.of(workspace).count(filter: ["documentId": .string(id)])
        if let expected = row["passages"]?.int, count != Int(expected) {
            problems.append("\(name): \(count) of \(expected) passages are indexed; upload it again")
        }
        guard !problems.isEmpty, try await services.catalog.view(of: workspace).document(id) == nil
        else { return problems }
        // Deleted meanwhile.
        return []
    }
}
