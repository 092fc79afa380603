import AccessControl
import Catalog
import ChatMessages
import Digests
import HTTPMessages
import JSONCoding
import Problems

/// `/api/history/{chatId}/share`: links that show a chat to others as it is now, for whoever sees the chat.
struct ShareRoutes: Sendable {
    private static let bodyLimit = 64 * 1024
    private static let days = 1...365
    private static let standardDays = 30
    private static let atATime = 200

    let catalog: WorkspaceCatalog
    let messages: MessageStore

    /// `{expiresInDays?}`; the answer alone has what opens the link.
    func make(_ request: HTTPRequest) async throws -> HTTPResponse {
        let bytes = try await request.body.collect(limit: Self.bodyLimit)
        var reader = try FieldReader(bytes.isEmpty ? [:] : try JSONParser.parse(bytes), allowed: ["expiresInDays"])
        let days = reader.integer("expiresInDays", in: Self.days) ?? Self.standardDays
        try reader.finish()
        guard let chat = try await catalog.chat(request.parameters["chatId"] ?? "") else { throw Self.unknownChat }
        let path = try await path(of: chat)
        guard !path.messages.isEmpty else {
            throw Problem(.conflict, "The chat has no message yet that a link could show.", code: "nothing_to_share")
        }
        let token = ShareToken()
        let made = try await catalog.addShare(
            UUIDv7.make(), of: chat.id, showing: path, selector: token.selector, secret: token.digest, days: days)
        guard let share = made else { throw Self.unknownChat }
        AuditObjects.note("link", share.id)
        AuditObjects.note("days", String(days))
        var json = share.json
        json["token"] = .string(token.text)
        json["path"] = .string("/api/share/\(token.text)")
        return HTTPResponse(.created, json: .object(json))
    }

    /// What the chat shows, and what it was made from.
    private func path(of chat: ChatRecord) async throws -> SharedPath {
        let tree = try await messages.tree(of: chat.id)
        var rest = (chat.chosen == nil ? tree.all : tree.path(through: chat.chosen))[...]
        var path = SharedPath()
        while !rest.isEmpty {
            let page = try await messages.messages(rest.prefix(Self.atATime), in: chat.id)
            rest = rest.dropFirst(Self.atATime)
            for message in page { path.add(message.id, attempt: message.attempt, documents: message.documents) }
        }
        return path
    }

    func list(_ request: HTTPRequest) async throws -> HTTPResponse {
        guard let shares = try await catalog.shares(of: request.parameters["chatId"] ?? "") else {
            throw Self.unknownChat
        }
        return HTTPResponse(json: ["links": .array(shares.map { .object($0.json) })])
    }

    func end(_ request: HTTPRequest) async throws -> HTTPResponse {
        let (chat, id) = (request.parameters["chatId"] ?? "", request.parameters["shareId"] ?? "")
        guard try await catalog.endShare(id, of: chat) else {
            throw Problem(.notFound, "The link is not found or has ended.")
        }
        return HTTPResponse(.noContent)
    }

    private static let unknownChat = Problem(.notFound, "There is no chat with this id.")
}

extension ChatMessage {
    /// The documents that it was made from: whatever was before the model, and what is cited.
    fileprivate var documents: Set<String> {
        Set((passages + citations).compactMap { $0["documentId"]?.string })
    }
}
