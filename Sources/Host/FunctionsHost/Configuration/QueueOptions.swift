/// `extensions.queues` (docs/reference/functions-custom-handlers.md, 9.1).
struct QueueOptions: Sendable, Equatable {
    var batchSize = 16
    /// A new fetch starts when no more than this many messages are being worked on.
    var newBatchThreshold = 8
    var maximumPollingInterval = Duration.seconds(60)
    var maximumDequeueCount = 5
    var visibilityTimeout = Duration.zero
    var encodesBase64 = true

    /// - Parameters:
    ///   - processors: How many the machine has.
    ///   - isDevelopment: Polls more often where a developer is waiting.
    init(_ section: ConfigurationSection, processors: Int, isDevelopment: Bool) throws {
        batchSize = try section.int("batchSize", in: 1...32) ?? 16
        newBatchThreshold =
            try section.int("newBatchThreshold", in: 0...Int(Int32.max)) ?? batchSize / 2 * max(1, processors)
        maximumDequeueCount = try section.int("maxDequeueCount", in: 1...Int(Int32.max)) ?? 5
        maximumPollingInterval = try section.span("maxPollingInterval") ?? .seconds(isDevelopment ? 2 : 60)
        guard maximumPollingInterval >= .milliseconds(100) else {
            throw HostError("\(section.place).maxPollingInterval must be at least 00:00:00.100.")
        }
        visibilityTimeout = try section.span("visibilityTimeout") ?? .zero
        guard visibilityTimeout >= .zero, visibilityTimeout <= .seconds(7 * 86_400) else {
            throw HostError("\(section.place).visibilityTimeout must be from 00:00:00 to 7 days.")
        }
        switch section.string("messageEncoding")?.lowercased() {
        case nil, "base64": encodesBase64 = true
        case "none": encodesBase64 = false
        case let other?:
            throw HostError("\(section.place).messageEncoding must be base64 or none, not \(other).")
        }
    }
}
