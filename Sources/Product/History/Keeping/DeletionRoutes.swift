import AccessControl
import Catalog
import ChatMessages
import DocumentQueue
import HTTPMessages
import JSONCoding
import Problems
import Telemetry

/// `DELETE /api/history/{chatId}`, `POST /api/history/delete` and `POST /api/history/{chatId}/restore`: chats go for good, or for
/// as long as that can be undone.
struct DeletionRoutes: Sendable {
    private static let bodyLimit = 64 * 1024
    static let mostChats = 100
    private static let atATime = 4
    /// How long somebody waits for the receipts of many chats; the removal goes on after that.
    private static let patience = Duration.seconds(60)
    private static let unknown = Problem(.notFound, "There is no chat with this id.")

    let deletion: ChatDeletion
    let log: Log

    private var catalog: WorkspaceCatalog { deletion.catalog }

    /// One chat; with `undo=true` it can be restored for a while.
    func one(_ request: HTTPRequest) async throws -> HTTPResponse {
        let id = request.parameters["chatId"] ?? ""
        if try Self.wantsUndo(request) {
            guard let until = try await catalog.hideChat(id) else { throw Self.unknown }
            AuditObjects.note("undo", "true")
            finishLater()
            return HTTPResponse(.accepted, json: ["undoUntil": .string(until)])
        }
        guard let chat = try await deletion.mark(id) else { throw Self.unknown }
        // The deletion goes on when the caller leaves.
        let receipt = try await Task { try await deletion.finish(chat) }.value
        return HTTPResponse(json: .object(receipt.json))
    }

    private static func wantsUndo(_ request: HTTPRequest) throws -> Bool {
        switch request.target.parameter("undo") {
        case nil, "false": false
        case "true": true
        default: throw InvalidFields(field: "undo", detail: "Must be true or false.")
        }
    }

    /// A chat whose deletion can still be undone, as it was.
    func restore(_ request: HTTPRequest) async throws -> HTTPResponse {
        guard let chat = try await catalog.restoreChat(request.parameters["chatId"] ?? "") else {
            throw Problem(
                .notFound,
                "There is no chat with this id that can be restored: it is there, was deleted for good, or "
                    + "more than \(WorkspaceCatalog.undoSeconds) seconds have passed.")
        }
        return HTTPResponse(json: chat.json)
    }

    /// Nobody may be here to do it: then whichever process of the app looks next does.
    private func finishLater() {
        // Whatever is due goes, whosever it is.
        let due = ChatDeletion(
            catalog: catalog.index.view(of: catalog.workspace), messages: deletion.messages, queue: deletion.queue)
        Task {
            try await Task.sleep(for: .seconds(WorkspaceCatalog.undoSeconds + 1))
            do { try await due.finishDue() } catch {
                log.warning("a deletion could not be completed", ["error": String(describing: error)])
            }
        }
    }

    // MARK: - Many

    /// What became of each.
    private typealias Results = [String: JSONObject]

    /// `{ids, undo?}`: each chat is deleted by itself, and what cannot be deleted keeps none of the others.
    func many(_ request: HTTPRequest) async throws -> HTTPResponse {
        let body = try JSONParser.parse(try await request.body.collect(limit: Self.bodyLimit))
        var reader = try FieldReader(body, allowed: ["ids", "undo"])
        let given = reader.strings("ids", maximumCount: Self.mostChats) ?? []
        if body["ids"]?.isNull ?? true || body["ids"]?.array?.isEmpty == true {
            reader.add("ids", "Required: a list of 1 to \(Self.mostChats) ids of chats.")
        }
        let undo = reader.bool("undo", default: false)
        try reader.finish()
        var ids: [String] = []
        for id in given where !ids.contains(id) { ids.append(id) }
        let wanted = ids
        // What has begun goes on when the caller leaves.
        let results = await Task { undo ? await hide(wanted) : await remove(wanted) }.value
        AuditObjects.note("chats", ids.filter { [200, 202].contains(results[$0]?["status"]) }.joined(separator: ","))
        AuditObjects.note("undo", String(undo))
        return HTTPResponse(
            json: [
                "results": .array(
                    ids.map { id in
                        var result: JSONObject = ["id": .string(String(id.prefix(100)))]
                        for (name, value) in results[id]?.members ?? [] { result[name] = value }
                        return .object(result)
                    })
            ])
    }

    private func hide(_ ids: [String]) async -> Results {
        var results: Results = [:]
        for id in ids {
            results[id] = await Self.result {
                guard let until = try await catalog.hideChat(id) else { throw Self.unknown }
                return ["status": 202, "undoUntil": .string(until)]
            }
        }
        finishLater()
        return results
    }

    /// All are out of sight first, and then removed, a few side by side.
    private func remove(_ ids: [String]) async -> Results {
        var results: Results = [:]
        var marked: [ChatDeletion.Marked] = []
        for id in ids {
            results[id] = await Self.result {
                guard let chat = try await deletion.mark(id) else { throw Self.unknown }
                marked.append(chat)
                // Unless it is known better below: it is out of sight, and goes on going.
                return ["status": 202]
            }
        }
        let end = ContinuousClock.now + Self.patience
        var rest = marked[...]
        while !rest.isEmpty, ContinuousClock.now < end {
            let part = rest.prefix(Self.atATime)
            rest = rest.dropFirst(Self.atATime)
            results.merge(await finish(part)) { $1 }
        }
        if !rest.isEmpty { Task { [rest] in for chat in rest { _ = await finish([chat]) } } }
        return results
    }

    private func finish(_ chats: some Collection<ChatDeletion.Marked>) async -> Results {
        await withTaskGroup(of: (String, JSONObject).self) { group in
            for chat in chats {
                group.addTask {
                    do {
                        var result: JSONObject = ["status": 200]
                        for (name, value) in try await deletion.finish(chat).json.members { result[name] = value }
                        return (chat.id, result)
                    } catch {
                        log.warning("a deletion could not be completed", ["error": String(describing: error)])
                        let detail = "Nobody sees the chat any more; its removal goes on when all stores answer."
                        return (chat.id, ["status": 202, "detail": .string(detail)])
                    }
                }
            }
            return await group.reduce(into: [:]) { $0[$1.0] = $1.1 }
        }
    }

    private static func result(_ act: () async throws -> JSONObject) async -> JSONObject {
        do { return try await act() } catch {
            let problem = Problem(error)
            return ["status": .int(Int64(problem.status.rawValue)), "detail": .string(problem.detail)]
        }
    }
}
