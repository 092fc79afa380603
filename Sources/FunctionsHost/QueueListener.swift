import AzureStorage
import Digests
import Synchronization
import Telemetry

/// Delivers a queue's messages to a function, several at a time, and puts those aside that fail too often.
///
/// The hold on a message is shorter than the real host's ten minutes and renewed more often, so that the work of a
/// host that was killed is taken up again within half a minute.
struct QueueListener: Sendable {
    private static let hold = Duration.seconds(30)
    private static let renewal = Duration.seconds(10)

    let function: FunctionDefinition
    let queueName: String
    let queue: QueueClient
    let invocation: Invocation
    let configuration: HostConfiguration
    let log: Log

    /// Polls until the task is cancelled.
    func run() async {
        var wait = Duration.milliseconds(100)
        let running = RunningCount()
        await withDiscardingTaskGroup { group in
            while !Task.isCancelled {
                guard running.value <= configuration.queueNewBatchThreshold else {
                    try? await Task.sleep(for: .milliseconds(50))
                    continue
                }
                let messages = await fetch()
                for message in messages {
                    running.change(by: 1)
                    group.addTask {
                        await deliver(message)
                        running.change(by: -1)
                    }
                }
                wait =
                    messages.isEmpty
                    ? min(wait * 2 * Double.random(in: 0.8...1.2), configuration.queueMaximumPollingInterval)
                    : .milliseconds(100)
                if messages.isEmpty { try? await Task.sleep(for: wait) }
            }
        }
    }

    private func fetch() async -> [QueueMessage] {
        do {
            return try await queue.get(queueName, count: configuration.queueBatchSize, visibility: Self.hold) ?? []
        } catch {
            log.warning("the queue cannot be read", ["queue": queueName, "error": String(describing: error)])
            return []
        }
    }

    private func deliver(_ message: QueueMessage) async {
        let watch = Stopwatch()
        let id = UUIDv7.random()
        let holder = HeldMessage(message)
        let renewal = Task {
            while true {
                try await Task.sleep(for: Self.renewal)
                try await holder.renew { try await queue.update($0, in: queueName, visibility: Self.hold) }
            }
        }
        defer { renewal.cancel() }
        do {
            guard message.dequeueCount <= configuration.queueMaximumDequeueCount else {
                return try await poison(await holder.message)
            }
            guard let text = Base64.decode(message.text).flatMap({ String(validating: $0, as: UTF8.self) }) else {
                log.error("a message is not base64", ["queue": queueName])
                return try await poison(await holder.message)
            }
            do {
                let envelope = InvocationEnvelope.queue(function, message, text: text)
                _ = try await invocation.send(envelope, to: function.name, id: id)
            } catch {
                renewal.cancel()
                log.warning(
                    "invocation failed",
                    [
                        "function": function.name, "attempt": String(message.dequeueCount),
                        "error": String(describing: error),
                    ])
                guard message.dequeueCount < configuration.queueMaximumDequeueCount else {
                    return try await poison(await holder.message)
                }
                // At once would let a handler that is down burn through its attempts.
                let pause = max(configuration.queueVisibilityTimeout, .seconds(message.dequeueCount))
                _ = try await queue.update(await holder.message, in: queueName, visibility: pause)
                return
            }
            renewal.cancel()
            try await queue.delete(await holder.message, from: queueName)
            log.debug(
                "executed", ["function": function.name, "invocation": id, "milliseconds": String(watch.milliseconds)])
        } catch {
            log.warning(
                "a message could not be settled and will come again",
                ["queue": queueName, "error": String(describing: error)])
        }
    }

    private func poison(_ message: QueueMessage) async throws {
        log.warning("a message failed too often and is put aside", ["queue": queueName + "-poison"])
        try await queue.create(queueName + "-poison")
        try await queue.putRaw(message.text, to: queueName + "-poison")
        try await queue.delete(message, from: queueName)
    }
}

/// Deliveries under way.
private final class RunningCount: Sendable {
    private let count = Atomic(0)
    var value: Int { count.load(ordering: .relaxed) }
    func change(by difference: Int) { count.wrappingAdd(difference, ordering: .relaxed) }
}

/// A message with its current receipt.
private actor HeldMessage {
    private(set) var message: QueueMessage

    init(_ message: QueueMessage) { self.message = message }

    func renew(_ update: @Sendable (QueueMessage) async throws -> QueueMessage) async throws {
        message = try await update(message)
    }
}
