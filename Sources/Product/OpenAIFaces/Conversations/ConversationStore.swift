public import Catalog
public import ChatMessages
import Digests
import HTTPMessages
import JSONCoding
import Problems
import Telemetry

/// Conversations of OpenAI's API, which are chats: what users and answers say are their messages, and what a chat has no place
/// for, such as calls of functions, stands among them by its time.
public struct ConversationStore: Sendable {
    /// Items that a model is given of what was said before; older ones are left out.
    public static let contextItems = 100
    /// Bytes of them, about; what is read at once.
    private static let contextBytes = 1 << 20
    private static let contextPage = 20

    /// An item and its time.
    struct Entry: Sendable {
        let item: ResponseItem
        let createdAt: String
        /// Whether it is all that there was to be of it.
        var isWhole = true
        /// The wire form.
        func json(withResults: Bool) -> JSONValue {
            item.json(status: isWhole ? "completed" : "incomplete", withResults: withResults)
        }
        var place: (String, String) { (createdAt, item.id) }
    }

    /// Where a conversation goes on.
    public struct End: Sendable {
        /// The last user's message, as long as nobody has answered it.
        public fileprivate(set) var question: String?
        /// When that was asked, as long as nothing stands behind it: milliseconds since 1970.
        fileprivate(set) var asked: Int64?
        /// Milliseconds since 1970 before which nothing may be added.
        fileprivate(set) var time: Int64
        /// The last message of the chosen path, in chats whose messages have versions.
        fileprivate(set) var last: String?
    }

    let catalog: WorkspaceCatalog
    let messages: MessageStore

    /// The conversations that one person sees.
    public init(catalog: WorkspaceCatalog, messages: MessageStore) {
        self.catalog = catalog
        self.messages = messages
    }

    /// The chat of a conversation.
    ///
    /// - Throws: `Problem` 404.
    public func chat(_ id: String, field: String? = nil) async throws -> ChatRecord {
        if let chat = try await catalog.chat(id) { return chat }
        let wireID = ObjectID.conversation.text(id)
        throw field.map { OpenAIError.unknown("conversation", wireID, field: $0) }
            ?? OpenAIError.unknown("conversation", wireID)
    }

    // MARK: - Reading

    /// Items in the order of time or against it.
    func entries(of chat: ChatRecord, limit: Int, isAscending: Bool, after: String?) async throws -> [Entry] {
        var place: (createdAt: String, id: String)?
        if let after {
            guard let entry = try await entry(after, of: chat) else {
                throw InvalidFields(field: "after", detail: "There is no item with this id in the conversation.")
            }
            place = (entry.createdAt, entry.item.id)
        }
        async let said = said(in: chat, limit, isAscending, place)
        let others = try await catalog.conversationItems(
            of: chat.id, limit: limit, isAscending: isAscending, after: place)
        let all = try await said + others.compactMap(Self.entry)
        let sorted = all.sorted { isAscending ? $0.place < $1.place : $0.place > $1.place }
        return Array(sorted.prefix(limit))
    }

    /// What was said last, the oldest first, beginning with a user's message where older ones are left out.
    public func context(of chat: ChatRecord) async throws -> [ResponseItem] {
        var items: [ResponseItem] = []
        var (bytes, isWhole) = (0, false)
        while items.count < Self.contextItems, bytes < Self.contextBytes, !isWhole {
            let older = try await entries(
                of: chat, limit: Self.contextPage, isAscending: false, after: items.first?.id)
            items = older.reversed().map(\.item) + items
            bytes += older.reduce(0) { $0 + $1.item.bytes }
            isWhole = older.count < Self.contextPage
        }
        if isWhole { return items }
        return Array(items.drop { if case .message(.user, _, _) = $0.content { false } else { true } })
    }

    func entry(_ id: String, of chat: ChatRecord) async throws -> Entry? {
        if let message = try await messages.message(id, in: chat.id) { return Self.entry(message) }
        return try await catalog.conversationItem(id, of: chat.id).flatMap(Self.entry)
    }

    private func said(
        in chat: ChatRecord, _ limit: Int, _ isAscending: Bool, _ place: (createdAt: String, id: String)?
    ) async throws -> [Entry] {
        guard let chosen = chat.chosen else {
            let found =
                isAscending
                ? try await messages.messages(in: chat.id, limit: limit, after: place)
                : try await messages.messages(in: chat.id, limit: limit, before: place)
            return found.map(Self.entry)
        }
        let path = try await messages.tree(of: chat.id).path(through: chosen)
        let all = try await messages.messages(path, in: chat.id).map(Self.entry)
        guard let place else { return Array(isAscending ? all.prefix(limit) : all.suffix(limit)) }
        let beyond = all.filter { isAscending ? $0.place > (place.0, place.1) : $0.place < (place.0, place.1) }
        return Array(isAscending ? beyond.prefix(limit) : beyond.suffix(limit))
    }

    private static func entry(_ message: ChatMessage) -> Entry {
        let role = message.role == "assistant" ? ResponseItem.Role.assistant : .user
        let annotations = message.citations.map(CitationForm.annotation)
        let isWhole = !["cancelled", "interrupted", "error", "length"].contains(message.finishReason)
        return Entry(
            item: ResponseItem(.message(role, message.text, annotations: annotations), id: message.id),
            createdAt: message.createdAt, isWhole: isWhole)
    }

    private static func entry(_ record: ConversationItemRecord) -> Entry? {
        ResponseItem(stored: record.item).map {
            Entry(item: ResponseItem($0.content, id: record.id), createdAt: record.createdAt)
        }
    }

    // MARK: - Writing

    /// Where a chat ends.
    public func end(of chat: ChatRecord) async throws -> End {
        let newest = try await entries(of: chat, limit: 1, isAscending: false, after: nil).first
        var end = End(time: Self.milliseconds(newest?.createdAt))
        let said = try await said(in: chat, 1, false, nil).first
        if let said, case .message(.user, _, _) = said.item.content {
            end.question = said.item.id
            if newest?.item.id == said.item.id { end.asked = Timestamp.milliseconds(iso8601: said.createdAt) }
        }
        if let chosen = chat.chosen { end.last = try await messages.tree(of: chat.id).path(through: chosen).last }
        return end
    }

    private static func milliseconds(_ createdAt: String?) -> Int64 {
        max(Timestamp.nowMilliseconds(), (createdAt.flatMap { Timestamp.milliseconds(iso8601: $0) } ?? 0) + 1)
    }

    /// Adds items at the end.
    ///
    /// - Parameter answer: The message of the chat that stands for the assistant's among the items, when that is an answer.
    /// - Throws: `Problem` 404 when the chat has gone meanwhile.
    public func add(_ items: [ResponseItem], to chat: ChatRecord, at end: End, answer: ChatMessage? = nil) async throws
        -> End
    {
        var end = end
        end.time = max(end.time, Timestamp.nowMilliseconds())
        var others: [ConversationItemRecord] = []
        for (index, item) in items.enumerated() {
            let createdAt = Timestamp.format(milliseconds: end.time)
            end.time += 1
            switch item.content {
            case .message(.user, let text, _) where !text.isEmpty:
                let question = ChatMessage(
                    id: item.id, chatId: chat.id, workspaceId: catalog.workspace, role: "user", text: text,
                    createdAt: createdAt, parentId: end.last)
                try await store(question, in: chat)
                end.question = item.id
                end.asked = end.time - 1
                if end.last != nil {
                    end.last = item.id
                    try await catalog.choose(item.id, in: chat.id)
                }
                if chat.messages == 0 { try await catalog.suggestName(chat.id, ChatName.make(from: text)) }
            case .message(.assistant, let text, let annotations):
                // An answer follows its question, and is not followed by a call; what stands elsewhere, or has annotations of
                // others, is kept as it is.
                let asks = items[(index + 1)...].contains { if case .functionCall = $0.content { true } else { false } }
                let isPlain = annotations.isEmpty && !text.isEmpty
                if !asks, let question = end.question, answer?.id == item.id || isPlain {
                    let own = answer.flatMap { $0.id == item.id ? $0 : nil }
                    // As everywhere in chats it stands below its question, whatever else was asked meanwhile.
                    let answered = end.asked.map { Timestamp.format(milliseconds: $0 + 2) } ?? createdAt
                    try await store(
                        Self.message(item.id, text, own, question, chat, catalog.workspace, answered), in: chat)
                    if end.last != nil { end.last = item.id }
                    if let asked = end.asked { end.time = max(end.time, asked + 3) }
                    (end.question, end.asked) = (nil, nil)
                } else {
                    end.asked = nil
                    others.append(ConversationItemRecord(id: item.id, createdAt: createdAt, item: item.json))
                }
            case .fileSearch:
                let searched = end.asked.map { Timestamp.format(milliseconds: $0 + 1) } ?? createdAt
                others.append(ConversationItemRecord(id: item.id, createdAt: searched, item: item.json))
            case .functionCall, .functionOutput, .message:
                end.asked = nil
                others.append(ConversationItemRecord(id: item.id, createdAt: createdAt, item: item.json))
            }
        }
        guard try await catalog.addConversationItems(others, to: chat.id) else {
            guard try await catalog.chat(chat.id) == nil else {
                throw Problem(
                    .conflict,
                    "A conversation has at most \(WorkspaceCatalog.mostConversationItems) items beside messages. Begin a new one.",
                    code: "conversation_full")
            }
            throw OpenAIError.unknown("conversation", ObjectID.conversation.text(chat.id))
        }
        return end
    }

    private static func message(
        _ id: String, _ text: String, _ answer: ChatMessage?, _ question: String, _ chat: ChatRecord,
        _ workspace: String, _ createdAt: String
    ) -> ChatMessage {
        ChatMessage(
            id: id, chatId: chat.id, workspaceId: workspace, role: "assistant", text: text, createdAt: createdAt,
            parentId: question, model: answer?.model, citations: answer?.citations ?? [],
            passages: answer?.passages ?? [], finishReason: answer?.finishReason ?? "stop",
            usage: answer?.usage ?? .null, receipt: answer?.receipt ?? .null, problem: answer?.problem ?? .null)
    }

    private func store(_ message: ChatMessage, in chat: ChatRecord) async throws {
        _ = try await messages.add(message)
        // The chat may have been deleted meanwhile; then nothing of it may stay.
        if try await !catalog.countMessages(chat.id, added: 1, text: message.searchText) {
            _ = try await messages.deleteAll(in: chat.id)
            throw OpenAIError.unknown("conversation", ObjectID.conversation.text(chat.id))
        }
    }

    /// Removes an item. Returns whether there was one.
    ///
    /// - Throws: `Problem` 409 where messages have versions, of which each would be another conversation.
    func remove(_ id: String, of chat: ChatRecord) async throws -> Bool {
        if try await catalog.removeConversationItem(id, of: chat.id) { return true }
        guard try await messages.message(id, in: chat.id) != nil else { return false }
        guard chat.chosen == nil else {
            throw Problem(
                .conflict, "The messages of this chat have versions; single ones of it cannot be deleted.",
                code: "not_supported")
        }
        guard try await messages.remove(id, in: chat.id) else { return false }
        try await catalog.forgetMessage(id, of: chat.id)
        return true
    }
}
