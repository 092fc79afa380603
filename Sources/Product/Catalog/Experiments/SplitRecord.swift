public import JSONCoding
import Postgres

/// A trial in service: a share of the chats is answered in another way, until somebody picks one.
public struct SplitRecord: Sendable {
    /// The two ways of answering.
    public enum Arm: String, Sendable, CaseIterable {
        /// As before.
        case control
        /// As the trial says.
        case variant
    }

    /// The experiment that it belongs to.
    public let id: String
    /// Of the chats, that are answered by the variant: above 0, below 1.
    public let share: Double
    /// What the variant changes, as it was sent.
    public let variant: JSONValue
    public let startedAt: String
    /// `nil` while it runs.
    public let endedAt: String?
    /// What was picked at its end.
    public let winner: Arm?

    static let columns = """
        id, share, variant::text AS variant, winner, \(SQLTime.column("started_at")), \(SQLTime.column("ended_at"))
        """

    init(_ row: PostgresRow) throws {
        id = try row.string("id")
        share = try row.double("share")
        variant = try JSONParser.parse(try row.string("variant"))
        startedAt = try row.string("started_at")
        endedAt = try row.optional("ended_at")
        winner = try row.optional("winner").flatMap(Arm.init)
    }

    /// The wire form.
    public var json: JSONObject {
        [
            "share": .double(share), "variant": variant, "startedAt": .string(startedAt),
            "endedAt": .optional(endedAt), "winner": .optional(winner?.rawValue),
        ]
    }
}
