import Postgres

/// Which answer is meant, in which chat of which workspace.
public struct AnswerKey: Sendable, Hashable {
    public let workspace: String
    public let chat: String
    public let id: String

    /// Names an answer.
    public init(workspace: String, chat: String, id: String) {
        self.workspace = workspace
        self.chat = chat
        self.id = id
    }
}

/// The place of an answer that is being written, or was: whose question it answers, who writes it, how far it is.
public struct AnswerRecord: Sendable {
    public let key: AnswerKey
    /// The question.
    public let parentId: String
    /// The try: another one takes the place of one that failed.
    public let attempt: String
    /// Who may write; changes when somebody ends the answer in the place of a process that died.
    public let holder: String
    public let model: String
    /// Time of the message, which is that of its question and a moment.
    public let createdAt: String
    /// The number that this attempt's events come after.
    public let firstEvent: Int
    /// The number of the last event in the database.
    public let lastEvent: Int
    /// How it ended; `nil` while it is being written.
    public let finishReason: String?
    public let isStopWanted: Bool
    /// Whether its writer has not been heard of for too long.
    public let isAbandoned: Bool

    static let columns = """
        a.workspace_id, a.chat_id, a.id, a.parent_id, a.attempt, a.holder, a.model, a.created_at, a.first_event,
        a.finish_reason, a.stop_wanted, a.finish_reason IS NULL AND a.lease_until < now() AS abandoned,
        greatest(a.first_event, a.last_event, (
            SELECT max(e.last) FROM answer_events e
            WHERE e.workspace_id = a.workspace_id AND e.chat_id = a.chat_id AND e.answer_id = a.id)) AS reached
        """

    init(_ row: PostgresRow) throws {
        key = AnswerKey(
            workspace: try row.string("workspace_id"), chat: try row.string("chat_id"), id: try row.string("id"))
        parentId = try row.string("parent_id")
        attempt = try row.string("attempt")
        holder = try row.string("holder")
        model = try row.string("model")
        createdAt = try row.string("created_at")
        firstEvent = try row.int("first_event")
        lastEvent = try row.int("reached")
        finishReason = try row.optional("finish_reason")
        isStopWanted = try row.bool("stop_wanted")
        isAbandoned = try row.bool("abandoned")
    }
}
