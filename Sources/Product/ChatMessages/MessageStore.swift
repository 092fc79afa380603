public import AzureIdentity
public import CosmosDB
public import HTTPClient
import JSONCoding
public import Settings
import TaskTools

/// The messages of chats: database `apus`, container `messages`, one partition per chat. The catalogue says whose chat is
/// whose; a view of one workspace finds nothing of another even where it was asked for the wrong chat.
public struct MessageStore: ConfiguredClient, Sendable {
    public static let secretNames = ["APUS_COSMOS_KEY"]
    /// Names in Cosmos DB.
    public static let databaseName = "apus"
    public static let containerName = "messages"

    private let container: CosmosContainer
    /// Whose messages these are; `nil` for those of all workspaces.
    private let workspace: String?
    private let setup: RunOnce

    /// A store over a container that may not exist yet.
    public init(_ container: CosmosContainer) { self.init(container, workspace: nil, setup: RunOnce()) }

    private init(_ container: CosmosContainer, workspace: String?, setup: RunOnce) {
        self.container = container
        self.workspace = workspace
        self.setup = setup
    }

    /// The messages of one workspace.
    public func view(of workspace: String) -> MessageStore {
        MessageStore(container, workspace: workspace, setup: setup)
    }

    /// Reads `APUS_COSMOS_ENDPOINT` and `APUS_COSMOS_KEY`; without a key managed identity is used.
    public init?(_ settings: inout SettingsReader, identity: TokenSource, client: HTTPSession) {
        let endpoint = settings.url("APUS_COSMOS_ENDPOINT")
        do throws(CosmosError) {
            self.init(
                try CosmosContainer(
                    endpoint: endpoint, key: settings.secret("APUS_COSMOS_KEY")?.value, identity: identity,
                    client: client,
                    database: Self.databaseName, container: Self.containerName))
        } catch {
            settings.add("APUS_COSMOS_KEY", "is not a key: it has to be base64")
            return nil
        }
    }

    /// Whether the service answers.
    public func probe() async throws { try await container.probe() }

    /// Stores a new message.
    ///
    /// - Returns: `false` when a message of that id is there already; it is left as it is.
    public func add(_ message: ChatMessage) async throws -> Bool {
        try await prepare()
        do {
            try await container.create(message.item, partition: message.chatId)
            return true
        } catch let error as CosmosError where error.isConflict {
            // It may be our own: the first try was carried out, and only its answer was lost.
            let there = try await self.message(message.id, in: message.chatId)
            return there?.createdAt == message.createdAt && there?.text == message.text
        }
    }

    /// Stores a new answer, as long as its question is there: in one step, so that nothing of a chat comes after its deletion.
    ///
    /// - Returns: `false` when the question has gone, or an answer of that id is there already.
    public func add(_ answer: ChatMessage, answering question: String) async throws -> Bool {
        try await prepare()
        do {
            // A second run meets an answer of its own as a conflict.
            try await container.batch(
                [.read(question), .create(answer.item)], partition: answer.chatId, isRepeatable: true)
            return true
        } catch let error as CosmosError where error.isNotFound {
            return false
        } catch let error as CosmosError where error.isConflict {
            let there = try await message(answer.id, in: answer.chatId)
            return there?.createdAt == answer.createdAt && there?.text == answer.text
        }
    }

    /// Stores new messages of a chat that nobody else knows yet; for one of `batches`. Can be repeated.
    public func add(_ messages: [ChatMessage], in chat: String) async throws {
        try await prepare()
        try await container.batch(messages.map { .upsert($0.item) }, partition: chat, isRepeatable: true)
    }

    /// Messages in groups that are stored in one step each: a hundred operations and 2 MB at most.
    public static func batches(_ messages: [ChatMessage]) -> [[ChatMessage]] {
        var batches: [[ChatMessage]] = []
        var size = 0
        for message in messages {
            let bytes = message.item.encoded.count
            if let last = batches.last, last.count < 100, size + bytes <= 1_500_000 {
                batches[batches.count - 1].append(message)
                size += bytes
            } else {
                batches.append([message])
                size = bytes
            }
        }
        return batches
    }

    /// Stores a message in the place of one that was read before.
    ///
    /// - Returns: `false` when that one has changed or gone meanwhile; then everything stays as it is.
    public func replace(_ old: ChatMessage, with message: ChatMessage) async throws -> Bool {
        try await prepare()
        do {
            try await container.replace(
                old.id, message.item, partition: old.chatId, condition: old.etag.map { .unchanged($0) } ?? .none)
            return true
        } catch let error as CosmosError where error.isPreconditionFailed || error.isNotFound {
            return false
        }
    }

    /// A message; `nil` when it is not there.
    public func message(_ id: String, in chat: String) async throws -> ChatMessage? {
        try await prepare()
        let found = try await container.read(id, partition: chat).flatMap(ChatMessage.init)
        return found.flatMap { workspace == nil || $0.workspaceId == workspace ? $0 : nil }
    }

    /// The newest messages of a chat, oldest first.
    ///
    /// - Parameter before: Only messages older than this one's time and id.
    public func messages(in chat: String, limit: Int, before: (createdAt: String, id: String)? = nil) async throws
        -> [ChatMessage]
    {
        try await page(of: chat, limit, beyond: before, isNewestFirst: true).reversed()
    }

    /// The oldest messages of a chat, oldest first.
    ///
    /// - Parameter after: Only messages newer than this one's time and id; `nil` for the chat's beginning.
    public func messages(in chat: String, limit: Int, after: (createdAt: String, id: String)?) async throws
        -> [ChatMessage]
    {
        try await page(of: chat, limit, beyond: after, isNewestFirst: false)
    }

    private func page(
        of chat: String, _ limit: Int, beyond: (createdAt: String, id: String)?, isNewestFirst: Bool
    ) async throws -> [ChatMessage] {
        try await prepare()
        let (sign, direction) = isNewestFirst ? ("<", "DESC") : (">", "ASC")
        let order = "ORDER BY c.createdAt \(direction) OFFSET 0 LIMIT @limit"
        // One more than is wanted tells whether the page's border cuts through messages of one moment.
        let size: (String, JSONValue) = ("@limit", .int(Int64(limit) + 1))
        func isBeyond(_ time: String, _ id: String) -> Bool {
            guard let beyond else { return true }
            let (one, two) = ((time, id), (beyond.createdAt, beyond.id))
            return isNewestFirst ? one < two : one > two
        }
        var rows: [JSONValue]
        if let beyond {
            rows = try await query(
                "*", "(c.createdAt \(sign) @time OR (c.createdAt = @time AND c.id \(sign) @id)) \(order)",
                [("@time", .string(beyond.createdAt)), ("@id", .string(beyond.id)), size], of: chat)
        } else {
            rows = try await query("*", "true \(order)", [size], of: chat)
        }
        let times = rows.map { $0["createdAt"]?.string }
        if rows.count > limit, limit > 0, let border = times[limit], border == times[limit - 1] {
            // Ordered by time alone, any of them may have come; the id decides, so all are needed.
            rows.removeAll { $0["createdAt"]?.string == border }
            rows += try await query("*", "c.createdAt = @time", [("@time", .string(border))], of: chat).filter {
                isBeyond(border, $0["id"]?.string ?? "")
            }
        }
        let messages = rows.compactMap(ChatMessage.init).sorted { one, two in
            let (one, two) = ((one.createdAt, one.id), (two.createdAt, two.id))
            return isNewestFirst ? one > two : one < two
        }
        return Array(messages.prefix(limit))
    }

    /// How many messages a chat has.
    public func count(in chat: String) async throws -> Int {
        try await prepare()
        let rows = try await query("VALUE COUNT(1)", "true", [], of: chat)
        return Int(rows.first?.int ?? 0)
    }

    /// Deletes one message of a chat. Returns whether it was there.
    public func remove(_ id: String, in chat: String) async throws -> Bool {
        guard try await message(id, in: chat) != nil else { return false }
        return try await container.delete(id, partition: chat)
    }

    /// Deletes every message of a chat. Returns how many there were.
    public func deleteAll(in chat: String) async throws -> Int {
        try await prepare()
        var deleted = 0
        while true {
            let ids = try await query("VALUE c.id", "true", [], of: chat, limit: 1000).compactMap(\.string)
            if ids.isEmpty { return deleted }
            deleted += try await delete(ids, in: chat)
        }
    }

    /// Deletes messages a hundred at a time. When somebody else deletes of the same chat meanwhile, a batch finds one
    /// of its messages gone and does nothing; they go one by one then.
    private func delete(_ ids: [String], in chat: String) async throws -> Int {
        var deleted = 0
        for start in stride(from: 0, to: ids.count, by: 100) {
            let part = ids[start..<min(start + 100, ids.count)]
            do {
                try await container.batch(part.map { .delete($0) }, partition: chat)
                deleted += part.count
            } catch let error as CosmosError where error.isNotFound || error.status == 0 {
                for id in part where try await container.delete(id, partition: chat) { deleted += 1 }
            }
        }
        return deleted
    }

    /// Items of a chat, those of the workspace alone.
    func query(
        _ what: String, _ condition: String, _ parameters: [(String, JSONValue)], of chat: String, limit: Int? = nil
    ) async throws -> [JSONValue] {
        var parameters = parameters
        var own = ""
        if let workspace {
            own = "c.workspaceId = @workspace AND "
            parameters.append(("@workspace", .string(workspace)))
        }
        let sql = "SELECT \(what) FROM c WHERE \(own)\(condition)"
        try await prepare()
        guard let limit else { return try await container.query(sql, parameters, partition: chat) }
        return try await container.query(sql, parameters, partition: chat, limit: limit)
    }

    private func prepare() async throws {
        try await setup.ensure { [container] in try await container.createIfMissing(partitionKeyPath: "/chatId") }
    }
}
