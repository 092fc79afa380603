import HTTPMessages
import JSONCoding
public import Problems

/// A chat with versions has as many messages as can be put together at once.
public struct ChatTooLarge: ProblemConvertible {
    public var problem: Problem {
        Problem(
            .conflict,
            "Only chats of up to \(MessageStore.mostWithVersions) messages have versions, branches and links. Begin a new chat.",
            code: "chat_too_large")
    }
}

extension MessageStore {
    /// Messages of a chat whose messages have versions.
    public static let mostWithVersions = 10_000
    /// Versions of one message, the first included.
    public static let mostVersions = 20
    private static let atATime = 200
    /// So many messages are looked up one by one.
    private static let few = 20

    /// How the messages of a chat hang together.
    ///
    /// - Throws: `ChatTooLarge`; what the store throws.
    public func tree(of chat: String) async throws -> ChatTree {
        let rows = try await query(
            "c.id, c.role, c.createdAt, c.parentId, c.versionOf", "true", [], of: chat,
            limit: Self.mostWithVersions + 1)
        guard rows.count <= Self.mostWithVersions else { throw ChatTooLarge() }
        return ChatTree(
            rows.compactMap { row in
                guard let id = row["id"]?.string, let role = row["role"]?.string else { return nil }
                return ChatTree.Node(
                    id: id, role: role, createdAt: row["createdAt"]?.string ?? "", parentId: row["parentId"]?.string,
                    versionOf: row["versionOf"]?.string)
            })
    }

    /// Messages of a chat, in the order of their ids in the list; what is not there is left out.
    public func messages(_ ids: some Collection<String>, in chat: String) async throws -> [ChatMessage] {
        var found = try await between(ids, in: chat)
        var rest = ids.filter { found[$0] == nil }[...]
        while !rest.isEmpty {
            let part = rest.prefix(Self.atATime)
            rest = rest.dropFirst(Self.atATime)
            let rows = try await query(
                "*", "ARRAY_CONTAINS(@ids, c.id)", [("@ids", .array(part.map { .string($0) }))], of: chat)
            for message in rows.compactMap(ChatMessage.init(item:)) { found[message.id] = message }
        }
        return ids.compactMap { found[$0] }
    }

    /// Those of many messages that stand between the first and the last in time, by their ids: what follows each other on a path
    /// mostly does, and the time is looked up in an index.
    private func between(_ ids: some Collection<String>, in chat: String) async throws -> [String: ChatMessage] {
        guard ids.count > Self.few, let first = ids.first, let last = ids.reversed().first,
            let from = try await message(first, in: chat), let to = try await message(last, in: chat)
        else { return [:] }
        // Versions of messages, which may be there as well, are to have an end, too.
        let rows = try await query(
            "*", "(c.createdAt >= @from AND c.createdAt <= @to)",
            [("@from", .string(from.createdAt)), ("@to", .string(to.createdAt))], of: chat, limit: 2 * ids.count)
        let wanted = Set(ids)
        let messages = rows.compactMap(ChatMessage.init(item:)).filter { wanted.contains($0.id) }
        return Dictionary(messages.map { ($0.id, $0) }) { first, _ in first }
    }
}
