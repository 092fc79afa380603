public import JSONCoding

/// A message of a chat, as one item of Cosmos DB.
public struct ChatMessage: Sendable {
    public let id: String
    public let chatId: String
    public let workspaceId: String
    /// `user` or `assistant`.
    public let role: String
    public let text: String
    public let createdAt: String
    /// The message that this one answers; of a question, what it follows, where messages of the chat have versions.
    public let parentId: String?
    /// The question of which this one is a version: its first, and no other.
    public let versionOf: String?
    public let model: String?
    /// Wire form of the citations.
    public let citations: [JSONValue]
    /// Wire form of the passages that the answer was made from.
    public let passages: [JSONValue]
    public let finishReason: String?
    public let usage: JSONValue
    /// What the answer took and how it came about; null for questions.
    public let receipt: JSONValue
    /// Why there is no answer, or only a part of one: a problem document with the `kind` of a model service's failure and the
    /// `provider`; null for an answer that did not fail.
    public let problem: JSONValue
    /// Which try of its question an answer is; `nil` for what was not written by a try.
    public let attempt: String?
    /// Tells this state of the stored message from every other; `nil` for one that was not read from the store.
    let etag: String?

    /// Makes a message.
    public init(
        id: String, chatId: String, workspaceId: String, role: String, text: String, createdAt: String,
        parentId: String? = nil, model: String? = nil, citations: [JSONValue] = [], passages: [JSONValue] = [],
        finishReason: String? = nil, usage: JSONValue = .null, receipt: JSONValue = .null,
        problem: JSONValue = .null, attempt: String? = nil, versionOf: String? = nil
    ) {
        self.init(
            id: id, chatId: chatId, workspaceId: workspaceId, role: role, text: text, createdAt: createdAt,
            parentId: parentId, model: model, citations: citations, passages: passages, finishReason: finishReason,
            usage: usage, receipt: receipt, problem: problem, attempt: attempt, versionOf: versionOf, etag: nil)
    }

    private init(
        id: String, chatId: String, workspaceId: String, role: String, text: String, createdAt: String,
        parentId: String?, model: String?, citations: [JSONValue], passages: [JSONValue], finishReason: String?,
        usage: JSONValue, receipt: JSONValue, problem: JSONValue, attempt: String?, versionOf: String?, etag: String?
    ) {
        self.id = id
        self.chatId = chatId
        self.workspaceId = workspaceId
        self.role = role
        self.text = text
        self.createdAt = createdAt
        self.parentId = parentId
        self.versionOf = versionOf
        self.model = model
        self.citations = citations
        self.passages = passages
        self.finishReason = finishReason
        self.usage = usage
        self.receipt = receipt
        self.problem = problem
        self.attempt = attempt
        self.etag = etag
    }

    /// Reads an item; `nil` when it is no message.
    public init?(item: JSONValue) {
        guard let id = item["id"]?.string, let chatId = item["chatId"]?.string, let role = item["role"]?.string else {
            return nil
        }
        self.init(
            id: id, chatId: chatId, workspaceId: item["workspaceId"]?.string ?? "", role: role,
            text: item["text"]?.string ?? "", createdAt: item["createdAt"]?.string ?? "",
            parentId: item["parentId"]?.string, model: item["model"]?.string, citations: item["citations"]?.array ?? [],
            passages: item["passages"]?.array ?? [], finishReason: item["finishReason"]?.string,
            usage: item["usage"] ?? .null, receipt: item["receipt"] ?? .null, problem: item["problem"] ?? .null,
            attempt: item["attempt"]?.string, versionOf: item["versionOf"]?.string, etag: item["_etag"]?.string)
    }

    /// The item as it is stored.
    public var item: JSONValue {
        var item: JSONObject = [
            "id": .string(id), "chatId": .string(chatId), "workspaceId": .string(workspaceId), "role": .string(role),
            "text": .string(text), "createdAt": .string(createdAt), "parentId": .optional(parentId),
            "model": .optional(model), "citations": .array(citations), "passages": .array(passages),
            "finishReason": .optional(finishReason), "usage": usage, "receipt": receipt,
        ]
        if !problem.isNull { item["problem"] = problem }
        if let attempt { item["attempt"] = .string(attempt) }
        if let versionOf { item["versionOf"] = .string(versionOf) }
        return .object(item)
    }

    /// The wire form of the history API.
    ///
    /// - Parameters:
    ///   - feedback: What somebody said of the answer.
    ///   - versions: The messages beside it and itself, the oldest first; said where there is more than one.
    public func json(feedback: JSONValue? = nil, versions: [String] = []) -> JSONValue {
        var object: JSONObject = [
            "id": .string(id), "role": .string(role), "text": .string(text), "createdAt": .string(createdAt),
            "model": .optional(model), "citations": .array(citations), "finishReason": .optional(finishReason),
            "parentId": .optional(parentId), "receipt": receipt, "feedback": feedback ?? .null,
            "passages": .array(passages), "usage": usage, "problem": problem,
        ]
        if versions.count > 1, let place = versions.firstIndex(of: id) {
            object["versions"] = .array(versions.map { .string($0) })
            object["version"] = .int(Int64(place) + 1)
        }
        return .object(object)
    }
}
