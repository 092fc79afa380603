import Catalog
import ChatMessages
import Digests
import HTTPMessages
import JSONCoding
import Problems
import TaskTools

/// `POST /api/history/import`: chats out of a file of `GET /api/history/export`. The whole file is checked before anything of it is
/// stored; each chat becomes visible whole, when all of it is there.
struct ImportRoute: Sendable {
    /// Messages of all chats of a file.
    private static let mostMessages = 100_000

    let catalog: WorkspaceCatalog
    let messages: MessageStore
    let copier: ChatTextCopier
    /// One file at a time is in memory, and nobody keeps the others out by sending slowly.
    private let slot: Slots
    private static let time = Duration.seconds(60)

    /// - Parameter slot: The process's one.
    init(of history: HistoryRoutes, slot: Slots) {
        catalog = history.catalog
        messages = history.messages
        copier = history.copier
        self.slot = slot
    }

    func add(_ request: HTTPRequest) async throws -> HTTPResponse {
        try await slot.run {
            let bytes: [UInt8]
            do {
                bytes = try await request.body.collect(limit: ImportFile.longest, within: Self.time)
            } catch is HTTPBodyTooSlow {
                throw Problem(.requestTimeout, "The file did not come within \(Self.time.components.seconds) seconds.")
            }
            let file = try ImportFile(bytes)
            try Self.check(file)
            // What has begun goes on when the caller leaves.
            return HTTPResponse(json: try await Task { try await add(file) }.value)
        }
    }

    /// Refuses a file of which any part is wrong.
    private static func check(_ file: ImportFile) throws {
        var ids: Set<String> = []
        var count = 0
        for index in 0..<file.count {
            let chat = try file.chat(index)
            guard ids.insert(chat.id).inserted else {
                throw InvalidFields(field: "chats[\(index)].id", detail: "Another chat of the file has it, too.")
            }
            count += chat.messages.count
            guard count <= mostMessages else {
                throw InvalidFields(field: "chats", detail: "Must have at most \(mostMessages) messages together.")
            }
        }
    }

    private func add(_ file: ImportFile) async throws -> JSONValue {
        var added: [JSONValue] = []
        var (count, loose) = (0, 0)
        for index in 0..<file.count {
            let chat = try file.chat(index)
            do {
                let names = Dictionary(
                    try await catalog.names(of: Array(chat.documents), limit: chat.documents.count).map {
                        ($0.id, $0.name)
                    }
                ) { $1 }
                let id = try await add(chat, names)
                added.append([
                    "id": .string(id), "name": .string(chat.name), "messages": .int(Int64(chat.messages.count)),
                ])
                count += chat.messages.count
                loose += chat.messages.reduce(0) { $0 + $1.citations.count { $0.isLoose(names) } }
            } catch {
                var problem = Problem(error)
                if index > 0 {
                    problem.detail += " The first \(index) chats of the file were imported, the others not."
                }
                throw problem
            }
        }
        return [
            "chats": .array(added), "messages": .int(Int64(count)), "citationsWithoutDocument": .int(Int64(loose)),
        ]
    }

    /// Stores a chat: as one that is being deleted, until all of it is there. Whatever a crash leaves of it is what a deletion
    /// leaves that was cut off, and goes the same way.
    private func add(_ chat: ImportedChat, _ names: [String: String]) async throws -> String {
        let id = UUIDv7.make()
        var mark = try await catalog.beginImport(id, name: chat.name, preset: chat.preset)
        let (stored, chosen) = chat.stored(chatId: id, workspace: catalog.workspace, names: names)
        do {
            for part in MessageStore.batches(stored) {
                try await messages.add(part, in: id)
                mark = try await catalog.continueImport(id, mark)
            }
            try await catalog.finishImport(
                id, mark, messages: stored.count, createdAt: chat.createdAt, updatedAt: chat.updatedAt,
                chosen: chosen)
        } catch {
            // As far as it goes; the rest is done at the next start.
            if (try? await messages.deleteAll(in: id)) != nil { _ = try? await catalog.removeChat(id) }
            throw error
        }
        // A chat is worth more than its folder, where there are too many of those.
        if let keeping = chat.keeping { _ = try? await catalog.changeChat(id, keeping) }
        // It is there; what is not copied now is copied at the next start.
        try? await copier.copy(id, name: chat.name)
        return id
    }
}
