import Catalog
import ChatMessages
import DocumentQueue
import JSONCoding

/// Deletes chats from all stores. A chat is marked first and its row removed last; its own documents are handed to the ingest
/// queue, whose function reaches every store that they are in.
struct ChatDeletion: Sendable {
    /// What went.
    struct Receipt: Sendable {
        /// Of PostgreSQL: the chat, and the copies of its messages.
        let rows: Int
        let messages: Int
        let documents: Int
        let links: Int

        /// The wire form.
        var json: JSONObject {
            [
                "rows": .int(Int64(rows)), "messages": .int(Int64(messages)), "documents": .int(Int64(documents)),
                "links": .int(Int64(links)),
            ]
        }
    }

    /// A chat that nobody sees any more, and the documents that go with it.
    struct Marked: Sendable {
        let id: String
        fileprivate let documents: [String]
    }

    /// Who has marked a chat and not removed it by then is taken to be gone.
    private static let cutOffSeconds = 60

    let catalog: WorkspaceCatalog
    let messages: MessageStore
    let queue: IngestQueue

    /// Has nobody see a chat from now on; `nil` when there is none.
    func mark(_ id: String) async throws -> Marked? {
        try await catalog.markChatDeleting(id).map { Marked(id: id, documents: $0) }
    }

    /// Removes a chat that is marked. Can be repeated; what was removed before is not counted again.
    func finish(_ chat: Marked) async throws -> Receipt {
        let deleted = try await messages.deleteAll(in: chat.id)
        for document in chat.documents { try await queue.put(document, of: catalog.workspace) }
        let (rows, links) = try await catalog.removeChat(chat.id)
        return Receipt(rows: rows, messages: deleted, documents: chat.documents.count, links: links)
    }

    /// Completes deletions that a crash cut off, and those that cannot be undone any more; for a view that sees all chats.
    func finishDue() async throws {
        // Each is removed, or has moved just now: there are fewer each time, unless all are in the hands of others.
        var count = 0
        repeat {
            count = 0
            for id in try await catalog.chatsBeingDeleted(olderThanSeconds: Self.cutOffSeconds) {
                guard let documents = try await catalog.markChatDeleting(id, ifDueAfterSeconds: Self.cutOffSeconds)
                else { continue }
                count += 1
                _ = try await finish(Marked(id: id, documents: documents))
            }
        } while count > 0
    }

    /// Deletes chats that the workspace does not keep any longer. Returns how many.
    func deletePastRetention() async throws -> Int {
        var count = 0
        for id in try await catalog.chatsPastRetention() {
            guard let chat = try await mark(id) else { continue }
            _ = try await finish(chat)
            count += 1
        }
        return count
    }
}
