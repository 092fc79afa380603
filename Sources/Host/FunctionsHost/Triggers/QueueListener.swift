import AzureStorage
import Digests
import EventLoop

/// Delivers a queue's messages to a function, several at a time, and puts those aside that fail too often
/// (docs/reference/functions-custom-handlers.md, 9.1).
@NetworkActor
final class QueueListener {
    private static let poisonSuffix = "-poison"
    private static let shortestWait = Duration.milliseconds(100)
    private static let lengthInterval = Duration.seconds(5)

    let queueName: String
    private let function: FunctionDefinition
    private let queue: QueueClient
    private let invoker: Invoker
    private let options: QueueOptions
    private let behaviour: HostBehaviour
    private let console: HostConsole
    private let alarm = Alarm()
    private var running = 0
    private var fetchFailed = false

    init(
        _ function: FunctionDefinition, queueName: String, queue: QueueClient, invoker: Invoker, options: QueueOptions,
        behaviour: HostBehaviour, console: HostConsole
    ) {
        self.function = function
        self.queueName = queueName
        self.queue = queue
        self.invoker = invoker
        self.options = options
        self.behaviour = behaviour
        self.console = console
    }

    private var hold: Duration { behaviour.holdsBriefly ? .seconds(30) : .seconds(600) }
    private var renewal: Duration { behaviour.holdsBriefly ? .seconds(10) : .seconds(300) }

    /// Ends the current wait: there is something in the queue.
    func wake() { alarm.ring() }

    /// Polls until the task is cancelled.
    func run() async {
        var empty = 0
        var lengthAt = MonotonicTime.now
        await withDiscardingTaskGroup { group in
            while !Task.isCancelled {
                guard running <= options.newBatchThreshold else {
                    // Whoever is done rings.
                    await alarm.wait(.seconds(5))
                    continue
                }
                let messages = await fetch()
                running += messages.count
                for message in messages {
                    group.addTask { await self.settle(message) }
                }
                if MonotonicTime.now >= lengthAt {
                    lengthAt = .now + Self.lengthInterval
                    if let count = try? await queue.count(queueName) { invoker.metrics.queueLength(queueName, count) }
                }
                empty = messages.isEmpty ? empty + 1 : 0
                await alarm.wait(wait(empty))
            }
        }
    }

    /// Grows from try to try up to the longest interval while there is nothing.
    private func wait(_ empty: Int) -> Duration {
        // More is likely to follow, unless there is no room for it; then whoever is done rings.
        guard empty > 0 else { return running > options.newBatchThreshold ? .seconds(5) : Self.shortestWait }
        let growth = Self.shortestWait * Double(1 << min(empty - 1, 20)) * Double.random(in: 0.8...1.2)
        return min(options.maximumPollingInterval, Self.shortestWait + growth)
    }

    private func fetch() async -> [QueueMessage] {
        do {
            let messages = try await queue.get(queueName, count: options.batchSize, visibility: hold) ?? []
            fetchFailed = false
            return messages
        } catch {
            // Said once, not at every poll.
            if !fetchFailed, !Task.isCancelled {
                console.line(
                    .warning, function.name, "the queue \(queueName) cannot be read; trying on",
                    [("error", String(describing: error))])
            }
            fetchFailed = true
            return []
        }
    }

    // MARK: - One message

    private func settle(_ message: QueueMessage) async {
        await deliver(message)
        running -= 1
        if running <= options.newBatchThreshold { alarm.ring() }
    }

    private func deliver(_ given: QueueMessage) async {
        let holder = HeldMessage(given)
        let (queue, queueName, hold, renewal) = (queue, queueName, hold, renewal)
        let renewing = Task { @NetworkActor in
            while true {
                try await Task.sleep(for: renewal)
                holder.message = try await queue.update(holder.message, in: queueName, visibility: hold)
            }
        }
        defer { renewing.cancel() }
        do {
            guard given.dequeueCount <= options.maximumDequeueCount || !hasPoisonQueue else {
                return try await poison(given, "it was dequeued \(given.dequeueCount) times")
            }
            guard let text = decoded(given) else {
                return try await poison(given, "it is not base64 text, which messageEncoding asks for")
            }
            do {
                _ = try await invoker.run(function, reason: "queue \(queueName), message \(given.id)") {
                    [invoker, function] in
                    try await invoker.call($0, .queue(function, text: text, message: given))
                }
            } catch {
                renewing.cancel()
                return try await settleFailure(holder.message)
            }
            renewing.cancel()
            try await queue.delete(holder.message, from: queueName)
        } catch {
            console.line(
                .warning, function.name, "a message could not be settled and will come again",
                [("message", given.id), ("error", String(describing: error))])
        }
    }

    private func decoded(_ message: QueueMessage) -> String? {
        guard options.encodesBase64 else { return message.text }
        return Base64.decode(message.text).flatMap { String(validating: $0, as: UTF8.self) }
    }

    private func settleFailure(_ message: QueueMessage) async throws {
        // A host that is being stopped has not given the message a fair chance, but it was delivered all the same.
        if message.dequeueCount >= options.maximumDequeueCount, hasPoisonQueue {
            return try await poison(message, "it failed \(message.dequeueCount) times")
        }
        var pause = options.visibilityTimeout
        // At once would let a handler that is down burn through its attempts.
        // So would a message that fails for good and has nowhere to go.
        let isHopeless = message.dequeueCount > options.maximumDequeueCount
        if behaviour.failsFast, isHopeless || !invoker.handler.isReady {
            pause = max(pause, .seconds(min(60, message.dequeueCount)))
        }
        _ = try await queue.update(message, in: queueName, visibility: pause)
    }

    /// A poison queue has none itself, and a name has 63 characters at most.
    private var hasPoisonQueue: Bool {
        !queueName.hasSuffix(Self.poisonSuffix) && queueName.utf8.count + Self.poisonSuffix.utf8.count <= 63
    }

    private func poison(_ message: QueueMessage, _ reason: String) async throws {
        // Without one it comes back when its hold has run out.
        guard hasPoisonQueue else { return }
        let name = queueName + Self.poisonSuffix
        console.line(.warning, function.name, "a message is moved to \(name): \(reason)", [("message", message.id)])
        do {
            try await queue.putRaw(message.text, to: name)
        } catch let error as StorageError where error.isNotFound {
            try await queue.create(name)
            try await queue.putRaw(message.text, to: name)
        }
        // Deleted last: a crash in between leaves it in both rather than in none.
        try await queue.delete(message, from: queueName)
    }
}

/// A message with its current receipt.
@NetworkActor
private final class HeldMessage {
    var message: QueueMessage
    init(_ message: QueueMessage) { self.message = message }
}
