public import JSONCoding

/// A queue message as a function gets it.
public struct QueueTrigger: Sendable {
    /// The message.
    public let text: String
    /// How often the message was delivered, this time included.
    public let dequeueCount: Int
    /// The message as a type of yours, as JSON, as bytes.
    public let input: FunctionInput

    init?(_ context: FunctionContext, binding: String) {
        guard let input = context.triggerInput(binding) else { return nil }
        self.input = input
        text = input.text
        dequeueCount = context.metadataText("DequeueCount").flatMap { Int($0) } ?? 1
    }
}

/// An occurrence of a timer.
public struct TimerTrigger: Sendable {
    /// Whether the occurrence was missed and is made up for.
    public let isPastDue: Bool
    /// What the host has recorded, `Last`, `Next` and `LastUpdated`; `nil` when it does not.
    public let scheduleStatus: JSONValue?

    init(_ context: FunctionContext, binding: String) {
        let info = try? context.triggerInput(binding)?.json()
        isPastDue = info?["IsPastDue"]?.bool ?? false
        scheduleStatus = info?["ScheduleStatus"].flatMap { $0.isNull ? .none : $0 }
    }
}

/// A blob that is new or has changed.
public struct BlobTrigger: Sendable {
    /// The content.
    public let content: [UInt8]
    /// Where the blob is.
    public let uri: String
    /// The tokens of the binding's path, and what else the host says.
    public let metadata: JSONObject

    init?(_ context: FunctionContext, binding: String) {
        guard let input = context.triggerInput(binding) else { return nil }
        content = input.bytes
        uri = context.metadataText("Uri") ?? ""
        metadata = context.metadata
    }
}
