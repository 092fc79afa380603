import Catalog
import ChatMessages
import HTTPMessages
import JSONCoding
import Problems
import Telemetry

/// `GET /api/history/export` and `GET /api/history/{chatId}/export`: chats as files. What is written is read page by page, so
/// memory does not depend on how many chats there are.
struct ExportRoutes: Sendable {
    private static let chatsAtATime = 200
    private static let messagesAtATime = 50

    let catalog: WorkspaceCatalog
    let messages: MessageStore

    func all(_ request: HTTPRequest) async throws -> HTTPResponse {
        let format = try Self.format(request)
        // What cannot be reached is said before the file begins.
        let first = try await catalog.chats(after: nil, limit: Self.chatsAtATime)
        return ChatFile.response("apus-chats-" + Timestamp.now().prefix(10), format) { [self] output in
            var page = first
            while true {
                for chat in page { try await write(chat, to: &output) }
                guard page.count == Self.chatsAtATime, let last = page.last else { return }
                page = try await catalog.chats(after: last.id, limit: Self.chatsAtATime)
            }
        }
    }

    func one(_ request: HTTPRequest) async throws -> HTTPResponse {
        let format = try Self.format(request)
        guard let chat = try await catalog.chat(request.parameters["chatId"] ?? "") else {
            throw Problem(.notFound, "There is no chat with this id.")
        }
        _ = try await messages.messages(in: chat.id, limit: 1)
        return ChatFile.response(chat.name, format) { [self] output in try await write(chat, to: &output) }
    }

    static func format(_ request: HTTPRequest) throws -> any ChatFormat & Sendable {
        switch request.target.parameter("format") ?? "json" {
        case "json": JSONFormat()
        case "markdown": MarkdownFormat()
        default: throw InvalidFields(field: "format", detail: "Must be json or markdown.")
        }
    }

    private func write(_ chat: ChatRecord, to output: inout ChatFile.Output) async throws {
        try await output.put { $0.begin(chat) }
        if chat.chosen != nil, !output.format.hasVersions {
            try await writePath(of: chat, to: &output)
        } else {
            try await writeAll(of: chat, to: &output)
        }
        try await output.put { $0.end() }
    }

    private func writePath(of chat: ChatRecord, to output: inout ChatFile.Output) async throws {
        var rest = try await messages.tree(of: chat.id).path(through: chat.chosen)[...]
        while !rest.isEmpty {
            let page = try await messages.messages(rest.prefix(Self.messagesAtATime), in: chat.id)
            rest = rest.dropFirst(Self.messagesAtATime)
            for message in page { try await output.put { $0.message(message) } }
        }
    }

    private func writeAll(of chat: ChatRecord, to output: inout ChatFile.Output) async throws {
        var last: (createdAt: String, id: String)?
        while true {
            let page = try await messages.messages(in: chat.id, limit: Self.messagesAtATime, after: last)
            for message in page { try await output.put { $0.message(message) } }
            guard page.count == Self.messagesAtATime, let end = page.last else { return }
            last = (end.createdAt, end.id)
        }
    }
}
