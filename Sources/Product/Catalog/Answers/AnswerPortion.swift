import JSONCoding

/// What is new of an answer, on its way into the database.
public struct AnswerPortion: Sendable {
    public let key: AnswerKey
    public let holder: String
    public let events: [LoggedEvent]
    /// How the answer ended, with its last events.
    public let finishReason: String?

    /// Describes what is new.
    public init(key: AnswerKey, holder: String, events: [LoggedEvent], finishReason: String?) {
        self.key = key
        self.holder = holder
        self.events = events
        self.finishReason = finishReason
    }

    var row: JSONValue {
        [
            "workspace": .string(key.workspace), "chat": .string(key.chat), "answer": .string(key.id),
            "holder": .string(holder), "last": events.last.map { .int(Int64($0.id)) } ?? .null,
            "events": .string(LoggedEvent.lines(events)), "finish": .optional(finishReason),
        ]
    }
}
