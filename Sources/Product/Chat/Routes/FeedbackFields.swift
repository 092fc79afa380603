import Catalog
import JSONCoding

/// The body of `POST /api/feedback`, checked.
struct FeedbackFields: Sendable {
    /// What may be wrong with an answer.
    enum Reason: String, CaseIterable {
        case wrong
        case notInDocuments = "not_in_documents"
        case wrongSource = "wrong_source"
        case incomplete
        case slow
        case other
    }

    private static let names = ["chatId", "answerId", "rating", "reason", "comment"]
    static let longestComment = 2000

    let chatId: String
    let answerId: String
    /// `nil` withdraws what was said.
    let rating: FeedbackRecord.Rating?
    let reason: Reason?
    let comment: String?

    /// Reads a body.
    ///
    /// - Throws: `InvalidFields` with everything that is wrong.
    init(_ body: JSONValue) throws {
        var reader = try FieldReader(body, allowed: Self.names)
        chatId = reader.requiredID("chatId")
        answerId = reader.requiredID("answerId")
        if body["rating"] == nil { reader.add("rating", "Required: up, down, or null to withdraw what was said.") }
        rating = reader.choice("rating", of: FeedbackRecord.Rating.self)
        reason = reader.choice("reason", of: Reason.self)
        if reason != nil, rating != .down { reader.add("reason", "Goes with the rating down alone.") }
        let text = reader.string("comment", length: 0...Self.longestComment)
        comment = text.flatMap { $0.allSatisfy(\.isWhitespace) ? nil : $0 }
        if comment?.unicodeScalars.contains("\0") ?? false {
            reader.add("comment", "Must not have the character U+0000. Take it out.")
        }
        if comment != nil, rating == nil { reader.add("comment", "Goes with a rating.") }
        try reader.finish()
    }
}
