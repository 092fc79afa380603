import AzureStorage
import EventLoop
import JSONCoding
import Telemetry

/// Runs a function for each blob that is new or has changed, found by scanning the container. What has been done is
/// recorded as a receipt, so that a restart does not repeat it (docs/reference/functions-custom-handlers.md, 2.3, 3.4).
@NetworkActor
final class BlobListener {
    private nonisolated static let concurrency = 8
    private static let attempts = 5
    private static let contentLimit = 104_857_600
    private static let poisonQueue = "webjobs-blobtrigger-poison"

    private let function: FunctionDefinition
    private let pattern: BlobPattern
    private let blobs: BlobClient
    private let queue: QueueClient
    private let storage: HostStorage
    private let invoker: Invoker
    private let console: HostConsole
    private let interval: Duration
    /// Entity tag of what has been done, by name.
    private var done: [String: String] = [:]
    private var failures: [String: (etag: String, count: Int)] = [:]
    private var scanFailed = false

    init(
        _ function: FunctionDefinition, pattern: BlobPattern, blobs: BlobClient, queue: QueueClient,
        storage: HostStorage, invoker: Invoker, interval: Duration, console: HostConsole
    ) {
        self.function = function
        self.pattern = pattern
        self.blobs = blobs
        self.queue = queue
        self.storage = storage
        self.invoker = invoker
        self.interval = interval
        self.console = console
    }

    /// Scans until the task is cancelled.
    func run() async {
        done = [:]
        while !Task.isCancelled {
            do {
                try await scan()
                scanFailed = false
            } catch {
                if !scanFailed, !Task.isCancelled {
                    console.line(
                        .warning, function.name, "the container \(pattern.container) cannot be scanned; trying on",
                        [("error", String(describing: error))])
                }
                scanFailed = true
            }
            try? await Task.sleep(for: interval)
        }
    }

    /// Runs the function for one blob, given as container/name.
    func runByHand(path: String, reason: String) async throws {
        let parts = path.trimmingSlashes.split(separator: "/", maxSplits: 1).map(String.init)
        guard parts.count == 2, parts[0] == pattern.container, let tokens = pattern.match(parts[1]) else {
            throw HostError("the input must be the path of a blob that fits the function's pattern.")
        }
        try await invoke(parts[1], tokens, reason: reason)
    }

    private func scan() async throws {
        var marker: String?
        var seen: Set<String> = []
        repeat {
            let page: BlobPage
            do {
                page = try await blobs.page(pattern.container, prefix: pattern.prefix, marker: marker)
            } catch let error as StorageError where error.isNotFound {
                return
            }
            let candidates = page.blobs.compactMap { item in pattern.match(item.name).map { (item, $0) } }
            for (item, _) in candidates { seen.insert(item.name) }
            let open = candidates.filter { done[$0.0.name] != $0.0.etag }
            await withDiscardingTaskGroup { group in
                for lane in 0..<min(Self.concurrency, open.count) {
                    group.addTask {
                        for place in stride(from: lane, to: open.count, by: Self.concurrency) where !Task.isCancelled {
                            await self.process(open[place].0, open[place].1)
                        }
                    }
                }
            }
            marker = page.next
        } while marker != nil && !Task.isCancelled
        // What is gone from the container needs no memory.
        done = done.filter { seen.contains($0.key) }
        failures = failures.filter { seen.contains($0.key) }
    }

    private func process(_ item: BlobItem, _ tokens: [(name: String, value: String)]) async {
        let receipt = receiptName(item)
        do {
            if try await storage.read(receipt) != nil {
                done[item.name] = item.etag
                return
            }
            do {
                try await invoke(item.name, tokens, reason: "blob \(pattern.container)/\(item.name)")
            } catch let error as StorageError where error.isNotFound {
                return
            } catch {
                let count = (failures[item.name].flatMap { $0.etag == item.etag ? $0.count : nil } ?? 0) + 1
                failures[item.name] = (item.etag, count)
                guard count >= Self.attempts else { return }
                try await poison(item)
            }
            failures[item.name] = nil
            try await storage.write(["DoneAt": .string(Timestamp.now())], to: receipt)
            done[item.name] = item.etag
        } catch {
            console.line(
                .warning, function.name, "a blob could not be settled and will come again",
                [("blob", item.name), ("error", String(describing: error))])
        }
    }

    private func invoke(_ name: String, _ tokens: [(name: String, value: String)], reason: String) async throws {
        // One that is gone by now needs no run.
        guard let properties = try await blobs.properties(pattern.container, name) else { return }
        let content = try await blobs.get(pattern.container, name, limit: Self.contentLimit)
        let payload = TriggerPayload.blob(
            function, content: content, uri: blobs.url(pattern.container, name), properties: properties, tokens: tokens)
        _ = try await invoker.run(function, reason: reason) { [invoker] in try await invoker.call($0, payload) }
    }

    private func poison(_ item: BlobItem) async throws {
        console.line(
            .warning, function.name, "a blob failed \(Self.attempts) times and is reported in \(Self.poisonQueue)",
            [("blob", item.name)])
        try await queue.create(Self.poisonQueue)
        let message: JSONValue = [
            "FunctionId": .string("Host.Functions." + function.name), "BlobType": "BlockBlob",
            "ContainerName": .string(pattern.container), "BlobName": .string(item.name), "ETag": .string(item.etag),
        ]
        try await queue.put(message.text, to: Self.poisonQueue)
    }

    private func receiptName(_ item: BlobItem) -> String {
        let etag = item.etag.filter { $0 != "\"" }
        return
            "blobreceipts/\(storage.hostID)/Host.Functions.\(function.name)/\(etag)/\(pattern.container)/\(item.name)"
    }
}
