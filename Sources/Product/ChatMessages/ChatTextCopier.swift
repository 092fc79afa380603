public import Catalog

/// Copies the texts of messages into the database, where they can be found, for chats that were there before copies were
/// made, or whose copies a crash has prevented. Can be repeated, and run by several at once.
public struct ChatTextCopier: Sendable {
    private static let page = 200
    private static let chatsAtATime = 100

    private let catalog: WorkspaceCatalog
    private let messages: MessageStore

    /// A copier between two stores.
    public init(catalog: WorkspaceCatalog, messages: MessageStore) {
        self.catalog = catalog
        self.messages = messages
    }

    /// Copies all chats that are still to be copied, the last used first.
    ///
    /// - Returns: How many there were.
    @discardableResult
    public func copyAll() async throws -> Int {
        var copied = 0
        while true {
            let chats = try await catalog.chatsWithoutTexts(limit: Self.chatsAtATime)
            for chat in chats {
                try await copy(chat.id, name: chat.name)
                copied += 1
            }
            if chats.count < Self.chatsAtATime { return copied }
        }
    }

    /// Copies a chat.
    public func copy(_ chat: String, name: String) async throws {
        try await copyMessages(of: chat)
        try await catalog.setTextsKept(chat, name: name)
    }

    private func copyMessages(of chat: String) async throws {
        var before: (createdAt: String, id: String)?
        while true {
            let page = try await messages.messages(in: chat, limit: Self.page, before: before)
            guard try await catalog.keepTexts(page.compactMap(\.searchText), of: chat) else { return }
            guard page.count == Self.page, let first = page.first else { return }
            before = (first.createdAt, first.id)
        }
    }

    /// Copies those of a chat's messages that have no copy yet.
    public func complete(_ messages: [ChatMessage], of chat: String) async throws {
        let missing = try await catalog.idsWithoutText(messages.map(\.id), in: chat)
        guard !missing.isEmpty else { return }
        let texts = messages.filter { missing.contains($0.id) }.compactMap(\.searchText)
        try await catalog.keepTexts(texts, of: chat)
    }
}

extension ChatMessage {
    /// What is copied into the database.
    public var searchText: ChatText? { ChatText(id: id, role: role, createdAt: createdAt, text: text) }
}
