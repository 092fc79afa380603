import AccessControl
import Catalog
import ChatMessages
import Digests
import HTTPMessages
import JSONCoding
import Problems
import TextSearch

/// `/api/history/{chatId}/share`: links that show a chat to others as it is now, for whoever sees the chat.
struct ShareRoutes: Sendable {
    private static let bodyLimit = 64 * 1024
    static let days = 1...365
    static let standardDays = 30
    private static let atATime = 500
    private static let longestName = 80

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
            let named = Dictionary(
                grouping: try await catalog.documents(named: Set(page.flatMap(\.listed))), by: \.name)
            for message in page {
                let listed = message.listed.flatMap { named[$0] ?? [] }.map(\.id)
                path.add(message.id, attempt: message.attempt, documents: message.documents.union(listed))
                if path.name.isEmpty, message.role == "user" { path.name = Self.name(message.text) }
            }
        }
        return path
    }

    /// The beginning of a question on one line.
    private static func name(_ text: String) -> String {
        let line = text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        return line.unicodeScalars.count > longestName
            ? String(String.UnicodeScalarView(line.unicodeScalars.prefix(longestName))) + "…" : line
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

    /// Lines of an answer that may be names of documents: what there is in a library is answered with a list of them, and without
    /// a passage.
    fileprivate var listed: [String] {
        guard role == "assistant" else { return [] }
        return text.split(whereSeparator: \.isNewline).lazy
            .filter { line in
                line.hasPrefix("- ") && MarkdownName.plain(String(line)).unicodeScalars.count <= Self.longestListed
            }.prefix(Self.mostListed)
            .flatMap { line -> [String] in
                let name = String(line.dropFirst(2)).replacing("\0", with: " ")
                // Lists of before are not escaped.
                return [MarkdownName.plain(name), name]
            }
    }

    /// Such a list has 50 names, and a file's name at most 255 characters.
    private static let mostListed = 60
    private static let longestListed = 260
}
