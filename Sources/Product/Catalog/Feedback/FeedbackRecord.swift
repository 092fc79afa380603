public import JSONCoding
import Postgres

/// What somebody thinks of an answer.
public struct FeedbackRecord: Sendable {
    /// Whether the answer helped.
    public enum Rating: String, Sendable, CaseIterable {
        case up, down
    }

    public let chatId: String
    public let answerId: String
    public let rating: Rating
    /// Why it did not help, one of a few; `nil` when nobody said.
    public let reason: String?
    /// In the person's own words.
    public let comment: String?
    /// What was asked; kept here so that whoever evaluates need not open each chat.
    public let question: String
    /// Who answered.
    public let model: String
    public let createdAt: String
    public let updatedAt: String
    /// `createdAt` in microseconds since 1970, as the order of the list has it.
    private let moment: String

    static let columns = """
        chat_id, answer_id, rating, reason, comment, question, model, \(SQLTime.column("created_at")),
        \(SQLTime.column("updated_at")), (extract(epoch FROM created_at) * 1000000)::bigint AS moment
        """

    init(_ row: PostgresRow) throws {
        chatId = try row.string("chat_id")
        answerId = try row.string("answer_id")
        rating = Rating(rawValue: try row.string("rating")) ?? .down
        reason = try row.optional("reason")
        comment = try row.optional("comment")
        question = try row.string("question")
        model = try row.string("model")
        createdAt = try row.string("created_at")
        updatedAt = try row.string("updated_at")
        moment = try row.string("moment")
    }

    /// Where the list goes on behind this one, whatever becomes of it.
    public var cursor: String { "\(moment)_\(chatId)_\(answerId)" }

    /// The wire form, where each stands by itself.
    public var json: JSONValue {
        [
            "chatId": .string(chatId), "answerId": .string(answerId), "rating": .string(rating.rawValue),
            "reason": .optional(reason), "comment": .optional(comment), "question": .string(question),
            "model": .string(model), "createdAt": .string(createdAt), "updatedAt": .string(updatedAt),
        ]
    }

    /// The wire form beside its answer.
    public var ofAnswer: JSONValue {
        ["rating": .string(rating.rawValue), "reason": .optional(reason), "comment": .optional(comment)]
    }
}
