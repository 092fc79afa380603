import Catalog
import ChatMessages
import JSONCoding

/// The messages of a chat that are shown: all of them, or one path where some have versions.
struct ChatPath: Sendable {
    let messages: MessageStore
    let chat: ChatRecord

    /// A part of the path.
    struct Page: Sendable {
        let messages: [ChatMessage]
        /// Whether there are messages before them.
        let hasMore: Bool
        fileprivate let tree: ChatTree?

        /// The messages beside one and itself; none where there are no versions.
        func versions(_ id: String) -> [String] { tree?.versions(of: id) ?? [] }
    }

    /// The path's last messages, oldest first.
    ///
    /// - Parameters:
    ///   - before: Only those before this one.
    ///   - through: A message that the path is to lead through, in the place of the one that was chosen.
    /// - Throws: `InvalidFields`, `ChatTooLarge`; what the store throws.
    func page(limit: Int, before: String?, through: String?) async throws -> Page {
        guard chat.chosen != nil else { return try await linear(limit, before, through) }
        let tree = try await messages.tree(of: chat.id)
        if let through, !tree.contains(through) { throw Self.unknown("path") }
        var path = tree.path(through: through ?? chat.chosen)[...]
        if let before {
            guard let place = path.firstIndex(of: before) else { throw Self.unknown("before") }
            path = path[..<place]
        }
        let ids = path.suffix(limit)
        return Page(
            messages: try await messages.messages(ids, in: chat.id), hasMore: ids.count < path.count, tree: tree)
    }

    /// Everything that was said, in the order of time.
    private func linear(_ limit: Int, _ before: String?, _ through: String?) async throws -> Page {
        if let through, try await messages.message(through, in: chat.id) == nil { throw Self.unknown("path") }
        var place: (String, String)?
        if let before {
            guard let message = try await messages.message(before, in: chat.id) else { throw Self.unknown("before") }
            place = (message.createdAt, message.id)
        }
        let page = try await messages.messages(in: chat.id, limit: limit + 1, before: place)
        return Page(messages: page.suffix(limit), hasMore: page.count > limit, tree: nil)
    }

    /// What is said of an id that leads nowhere.
    static func unknown(_ field: String) -> InvalidFields {
        InvalidFields(field: field, detail: "There is no message with this id in the chat.")
    }
}
