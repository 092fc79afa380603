public import Catalog
public import ChatMessages
import Digests
public import HTTPMessages
import JSONCoding
import Problems

/// `/v1/conversations`: chats, as OpenAI's API has them.
public struct ConversationRoutes: Sendable {
    /// Items of one request.
    private static let mostItems = 20
    private static let bodyLimit = 1 << 20

    let catalog: WorkspaceCatalog
    let store: ConversationStore
    /// Deletes a chat from all stores; `false` when there is none.
    let deleteChat: @Sendable (String) async throws -> Bool

    /// The conversations that one person sees.
    ///
    /// - Parameter deleteChat: Deletes a chat from all stores; `false` when there is none.
    public init(
        catalog: WorkspaceCatalog, messages: MessageStore,
        deleteChat: @escaping @Sendable (String) async throws -> Bool
    ) {
        self.catalog = catalog
        store = ConversationStore(catalog: catalog, messages: messages)
        self.deleteChat = deleteChat
    }

    /// `POST`: begins one.
    public func create(_ request: HTTPRequest) async throws -> HTTPResponse {
        let bytes = try await request.body.collect(limit: Self.bodyLimit)
        let body = bytes.isEmpty ? [:] : try JSONParser.parse(bytes)
        var reader = try FieldReader(body, allowed: ["items", "metadata"])
        let metadata = MetadataField.read(body, &reader) ?? [:]
        let hasItems = body["items"].map { !$0.isNull && $0.array?.isEmpty != true } ?? false
        let items = hasItems ? ResponseItem.list(body["items"], field: "items", &reader, most: Self.mostItems) : []
        try reader.finish()
        let id = UUIDv7.make()
        let chat = try await catalog.createChat(id, name: "New conversation")
        _ = try await catalog.setConversationMetadata(metadata, of: id)
        if !items.isEmpty {
            _ = try await store.add(items, to: chat, at: try await store.end(of: chat))
        }
        return HTTPResponse(json: Self.json(chat, metadata))
    }

    /// `GET …/{id}`: one of them.
    public func get(_ request: HTTPRequest) async throws -> HTTPResponse {
        try await response(try await chat(request))
    }

    /// `POST …/{id}`: other metadata.
    public func update(_ request: HTTPRequest) async throws -> HTTPResponse {
        let chat = try await chat(request)
        let body = try JSONParser.parse(try await request.body.collect(limit: Self.bodyLimit))
        var reader = try FieldReader(body, allowed: ["metadata"])
        let metadata = MetadataField.read(body, &reader)
        if body["metadata"] == nil { reader.add("metadata", "Required.") }
        try reader.finish()
        guard try await catalog.setConversationMetadata(metadata ?? [:], of: chat.id) else {
            throw OpenAIError.unknown("conversation", request.parameters["id"] ?? "")
        }
        return try await response(chat)
    }

    /// `DELETE …/{id}`: the chat goes, and with it its messages and its own documents.
    public func delete(_ request: HTTPRequest) async throws -> HTTPResponse {
        let chat = try await chat(request)
        guard try await deleteChat(chat.id) else {
            throw OpenAIError.unknown("conversation", request.parameters["id"] ?? "")
        }
        return HTTPResponse(
            json: VectorStoreForm.deleted(ObjectID.conversation.text(chat.id), "conversation.deleted"))
    }

    // MARK: - Items

    /// `GET …/{id}/items`: what was said and done.
    public func items(_ request: HTTPRequest) async throws -> HTTPResponse {
        let page = try ListQuery.read(request, allowed: ["include"], hasBefore: false, id: ObjectID.anyID)
        let include = try ListQuery.include(request)
        let entries = try await store.entries(
            of: try await chat(request), limit: page.limit + 1, isAscending: page.isAscending, after: page.after)
        return HTTPResponse(
            json: ListForm.json(
                entries.map { $0.json(withResults: include.contains(Include.results)) }, limit: page.limit))
    }

    /// `POST …/{id}/items`: adds to it.
    public func addItems(_ request: HTTPRequest) async throws -> HTTPResponse {
        let chat = try await chat(request)
        let body = try JSONParser.parse(try await request.body.collect(limit: Self.bodyLimit))
        var reader = try FieldReader(body, allowed: ["items"])
        let items = ResponseItem.list(body["items"], field: "items", &reader, most: Self.mostItems)
        try reader.finish()
        _ = try await store.add(items, to: chat, at: try await store.end(of: chat))
        return HTTPResponse(json: ListForm.json(items.map(\.json), limit: items.count))
    }

    /// `GET …/{id}/items/{item}`: one of them.
    public func item(_ request: HTTPRequest) async throws -> HTTPResponse {
        let include = try ListQuery.include(request)
        let chat = try await chat(request)
        guard let id = ObjectID.anyID(request.parameters["item"] ?? ""),
            let entry = try await store.entry(id, of: chat)
        else { throw Self.unknownItem(request) }
        return HTTPResponse(json: entry.json(withResults: include.contains(Include.results)))
    }

    /// `DELETE …/{id}/items/{item}`: removes one. Answers with the conversation.
    public func deleteItem(_ request: HTTPRequest) async throws -> HTTPResponse {
        let chat = try await chat(request)
        guard let id = ObjectID.anyID(request.parameters["item"] ?? ""), try await store.remove(id, of: chat) else {
            throw Self.unknownItem(request)
        }
        return try await response(chat)
    }

    private static func unknownItem(_ request: HTTPRequest) -> Problem {
        OpenAIError.unknown("item", request.parameters["item"] ?? "")
    }

    private func chat(_ request: HTTPRequest) async throws -> ChatRecord {
        let named = request.parameters["id"] ?? ""
        guard let id = ObjectID.conversation.id(named) else { throw OpenAIError.unknown("conversation", named) }
        return try await store.chat(id)
    }

    private func response(_ chat: ChatRecord) async throws -> HTTPResponse {
        HTTPResponse(json: Self.json(chat, try await catalog.conversationMetadata(chat.id)))
    }

    private static func json(_ chat: ChatRecord, _ metadata: JSONValue) -> JSONValue {
        [
            "id": .string(ObjectID.conversation.text(chat.id)), "object": "conversation",
            "created_at": UnixTime.json(chat.createdAt), "metadata": metadata,
        ]
    }
}
