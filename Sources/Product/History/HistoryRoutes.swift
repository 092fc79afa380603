import Catalog
import ChatMessages
import FunctionsRuntime
import HTTPMessages
import JSONCoding
import Problems
import Telemetry

/// `/api/history`: chats and their messages.
struct HistoryRoutes: Sendable {
    private static let bodyLimit = 64 * 1024
    static let messagePage = PageSize(standard: 100, most: 500)
    static let chatPage = PageSize(standard: 30, most: 200)

    let catalog: WorkspaceCatalog
    let messages: MessageStore
    let copier: ChatTextCopier
    let interrupted: InterruptedAnswers
    let log: Log

    func list(_ request: HTTPRequest) async throws -> HTTPResponse {
        let limit = try PageLimit.read(request, Self.chatPage)
        let page = try await catalog.chats(
            limit: limit + 1, before: try request.idParameter("before"), try ChatFields.filter(request))
        let shown = page.prefix(limit)
        return HTTPResponse(
            json: ["chats": .array(shown.map(\.json)), "next": .optional(page.count > limit ? shown.last?.id : nil)])
    }

    func get(_ request: HTTPRequest) async throws -> HTTPResponse {
        let id = try await chat(request).id
        let limit = try PageLimit.read(request, Self.messagePage)
        let (first, through) = (try request.idParameter("before"), try request.idParameter("path"))
        let open = try await openAnswers(in: id)
        let chat = try await chat(request)
        let page = try await ChatPath(messages: messages, chat: chat)
            .page(limit: limit, before: first, through: through)
        let answers = page.messages.filter { $0.role == "assistant" }.map(\.id)
        let feedback = try await catalog.feedback(in: chat.id, of: answers)
        // A crash between storing a message and copying it leaves it where nobody finds it; here it is seen again.
        Task {
            do { try await copier.complete(page.messages, of: chat.id) } catch {
                log.warning("messages could not be made searchable", ["error": String(describing: error)])
            }
        }
        let shown = page.messages.map { message in
            message.json(feedback: feedback[message.id]?.ofAnswer, versions: page.versions(message.id))
        }
        return HTTPResponse(
            json: [
                "chat": chat.json, "messages": .array(shown),
                "next": .optional(page.hasMore ? page.messages.first?.id : nil),
                "running": .array(Self.running(open, beside: page)),
            ])
    }

    /// The answers that are being written. One whose process died is ended first, so that it is among the messages.
    private func openAnswers(in chat: String) async throws -> [AnswerRecord] {
        var open: [AnswerRecord] = []
        for answer in try await catalog.openAnswers(in: chat) {
            if answer.isAbandoned, try await interrupted.end(answer) { continue }
            // It is being written, or somebody else is about to end it.
            open.append(answer)
        }
        return open
    }

    /// Those whose message is not there yet: it is stored a moment before the answer is known to have ended.
    private static func running(_ open: [AnswerRecord], beside page: ChatPath.Page) -> [JSONValue] {
        let stored = Set(page.messages.compactMap(\.attempt))
        return open.filter { !stored.contains($0.attempt) }.map { answer in
            [
                "answerId": .string(answer.key.id), "messageId": .string(answer.parentId),
                "model": .string(answer.model), "createdAt": .string(answer.createdAt),
            ]
        }
    }

    /// What is said about the chat, or another path: the one through `chosen`.
    func change(_ request: HTTPRequest) async throws -> HTTPResponse {
        let body = try JSONParser.parse(try await request.body.collect(limit: Self.bodyLimit))
        var reader = try FieldReader(body, allowed: ["chosen"] + ChatFields.names)
        if body["chosen"] != nil {
            for name in ChatFields.names where body[name] != nil {
                reader.add("chosen", "Must not come with \(name): send them one after the other.")
            }
            let chosen = reader.requiredString("chosen", length: 1...64).lowercased()
            try reader.finish()
            let chat = try await chat(request)
            guard try await messages.message(chosen, in: chat.id) != nil else { throw ChatPath.unknown("chosen") }
            // Where there are no versions there is one path.
            if chat.chosen == nil { return HTTPResponse(json: chat.json) }
            guard let chat = try await catalog.choose(chosen, in: chat.id) else { throw Self.unknown }
            return HTTPResponse(json: chat.json)
        }
        let changes = ChatFields.changes(body, &reader)
        try reader.finish()
        guard let chat = try await catalog.changeChat(request.parameters["chatId"] ?? "", changes) else {
            throw Self.unknown
        }
        return HTTPResponse(json: chat.json)
    }

    /// The folders of the chats that whoever asks sees.
    func folders(_ request: HTTPRequest) async throws -> HTTPResponse {
        let folders = try await catalog.folders().map { folder -> JSONValue in
            ["name": .string(folder.name), "chats": .int(Int64(folder.chats))]
        }
        return HTTPResponse(json: ["folders": .array(folders)])
    }

    private static let unknown = Problem(.notFound, "There is no chat with this id.")

    private func chat(_ request: HTTPRequest) async throws -> ChatRecord {
        guard let chat = try await catalog.chat(request.parameters["chatId"] ?? "") else { throw Self.unknown }
        return chat
    }
}
