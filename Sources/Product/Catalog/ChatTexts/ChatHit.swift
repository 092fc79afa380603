import Digests
import JSONCoding
import Postgres
import Telemetry

/// A message, or a chat's name, that has what was looked for.
public struct ChatHit: Sendable {
    public let chatId: String
    public let chatName: String
    /// The message's; the chat's own where its name was found.
    public let id: String
    /// `nil` where the chat's name was found.
    public let role: ChatText.Role?
    public let createdAt: String
    public let text: String
    let rank: String

    init(_ row: PostgresRow) throws {
        chatId = try row.string("chat_id")
        chatName = try row.string("name")
        id = try row.string("id")
        role = ChatText.Role(rawValue: try row.string("role"))
        createdAt = try row.string("created_at")
        text = try row.string("text")
        rank = try row.string("rank")
    }

    /// A place in the order of hits, for the page that begins behind it. It stands for itself: the hit may have gone.
    public struct Place: Sendable {
        let rank: String
        let createdAt: String
        let id: String
        let chatId: String

        /// The place of a hit.
        public init(of hit: ChatHit) { (rank, createdAt, id, chatId) = (hit.rank, hit.createdAt, hit.id, hit.chatId) }

        /// Reads the text form; `nil` when it is none.
        public init?(_ text: String) {
            let parts = text.split(separator: "_", omittingEmptySubsequences: false).map(String.init)
            guard parts.count == 4, let rank = Float(parts[0]), rank.isFinite,
                parts[0].utf8.allSatisfy(Self.isOfNumber),
                let time = Timestamp.milliseconds(iso8601: parts[1]), UUIDv7.isValid(parts[2]),
                UUIDv7.isValid(parts[3])
            else { return nil }
            (self.rank, id, chatId) = (parts[0], parts[2], parts[3])
            createdAt = Timestamp.format(milliseconds: time)
        }

        /// The text form.
        public var text: String { [rank, createdAt, id, chatId].joined(separator: "_") }

        private static func isOfNumber(_ byte: UInt8) -> Bool {
            (48...57).contains(byte) || [UInt8(ascii: "."), UInt8(ascii: "e"), UInt8(ascii: "-")].contains(byte)
        }
    }
}
