public import AzureIdentity
import Digests
public import HTTPClient
import HTTPMessages
import Markup

/// A message of a queue.
public struct QueueMessage: Sendable {
    public let id: String
    /// Proves the right to update or delete; changes with each update. Empty for a message that was only peeked at.
    public var popReceipt: String
    /// Text as carried, usually base64.
    public let text: String
    /// How often the message was dequeued, this time included.
    public let dequeueCount: Int
    public let insertionTime: String
    public let expirationTime: String
    public let nextVisibleTime: String

    init(_ node: XMLNode) {
        func text(_ name: String) -> String { node[name]?.text ?? "" }
        id = text("MessageId")
        popReceipt = text("PopReceipt")
        self.text = text("MessageText")
        dequeueCount = Int(text("DequeueCount")) ?? 1
        insertionTime = text("InsertionTime")
        expirationTime = text("ExpirationTime")
        nextVisibleTime = text("TimeNextVisible")
    }
}

/// Queue Storage.
///
/// What changes a queue is repeated only when it was surely not carried out: a message put twice would be two.
public struct QueueClient: Sendable {
    private let transport: StorageTransport

    /// A client of an account.
    public init(account: StorageAccount, identity: TokenSource?, client: HTTPSession) {
        transport = StorageTransport(
            service: "Queue Storage", endpoint: account.queueEndpoint, credential: account.credential,
            identity: identity, client: client)
    }

    private func call(
        _ operation: String, _ method: HTTPMethod, _ queue: String, _ rest: String = "",
        query: [(String, String)] = [], expected: [Int]
    ) -> StorageTransport.Call {
        var call = StorageTransport.Call(operation, method, "/" + percentEncoded(queue) + rest, expected: expected)
        call.query = query
        return call
    }

    // MARK: - Queues

    /// Makes a queue; does nothing when it is there.
    public func create(_ queue: String) async throws {
        _ = try await transport.call(call("Create Queue", .put, queue, expected: [201, 204, 409]))
    }

    /// Deletes a queue with its messages. Returns whether there was one.
    @discardableResult
    public func deleteQueue(_ queue: String) async throws -> Bool {
        try await transport.call(call("Delete Queue", .delete, queue, expected: [204, 404])).status == .noContent
    }

    /// About how many messages a queue has, visible or not; `nil` when there is no such queue.
    public func count(_ queue: String) async throws -> Int? {
        let answer = try await transport.call(
            call("Get Queue Metadata", .get, queue, query: [("comp", "metadata")], expected: [200, 404]))
        return answer.fields["x-ms-approximate-messages-count"].flatMap { Int($0) }
    }

    /// Deletes every message of a queue.
    public func clear(_ queue: String) async throws {
        _ = try await transport.call(call("Clear Messages", .delete, queue, "/messages", expected: [204]))
    }

    // MARK: - Messages

    /// Adds a message; the text goes out base64-encoded, as the Functions queue trigger expects.
    ///
    /// - Parameter delay: Time until the message becomes visible.
    public func put(_ text: String, to queue: String, delay: Duration = .zero) async throws {
        try await putRaw(Base64.encode(text.bytes), to: queue, delay: delay)
    }

    /// Adds a message whose text is carried as it is.
    public func putRaw(_ text: String, to queue: String, delay: Duration = .zero) async throws {
        let query = delay > .zero ? [("visibilitytimeout", String(delay.components.seconds))] : []
        var call = call("Put Message", .post, queue, "/messages", query: query, expected: [201])
        call.fields["Content-Type"] = "application/xml"
        call.body = "<QueueMessage><MessageText>\(XMLText.escape(text))</MessageText></QueueMessage>".bytes
        call.repetition = .ifRefused
        _ = try await transport.call(call)
    }

    /// Dequeues up to `count` messages and hides them from others.
    ///
    /// - Returns: The messages; `nil` when there is no such queue.
    public func get(_ queue: String, count: Int, visibility: Duration) async throws -> [QueueMessage]? {
        let query = [("numofmessages", String(count)), ("visibilitytimeout", String(visibility.components.seconds))]
        var call = call("Get Messages", .get, queue, "/messages", query: query, expected: [200, 404])
        call.repetition = .never
        return try messages(try await transport.call(call))
    }

    /// Looks at up to `count` messages without touching them; `nil` when there is no such queue.
    public func peek(_ queue: String, count: Int) async throws -> [QueueMessage]? {
        let query = [("peekonly", "true"), ("numofmessages", String(count))]
        return try messages(
            try await transport.call(
                call("Peek Messages", .get, queue, "/messages", query: query, expected: [200, 404])))
    }

    private func messages(
        _ answer: (status: HTTPStatus, fields: HTTPFields, body: [UInt8])
    ) throws -> [QueueMessage]? {
        guard answer.status == .ok else { return nil }
        return try MarkupReader.tree(answer.body).all("QueueMessage").map { QueueMessage($0) }
    }

    /// Changes how long a message stays invisible. Returns the message with its new receipt.
    public func update(_ message: QueueMessage, in queue: String, visibility: Duration) async throws -> QueueMessage {
        let query = [("popreceipt", message.popReceipt), ("visibilitytimeout", String(visibility.components.seconds))]
        var call = call("Update Message", .put, queue, "/messages/\(message.id)", query: query, expected: [204])
        call.repetition = .ifRefused
        var updated = message
        updated.popReceipt = try await transport.call(call).fields["x-ms-popreceipt"] ?? message.popReceipt
        return updated
    }

    /// Deletes a message; one that is gone already is fine.
    public func delete(_ message: QueueMessage, from queue: String) async throws {
        _ = try await transport.call(
            call(
                "Delete Message", .delete, queue, "/messages/\(message.id)",
                query: [("popreceipt", message.popReceipt)], expected: [204, 404]))
    }
}
