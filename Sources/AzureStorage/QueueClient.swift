public import AzureIdentity
import Digests
public import HTTPClient
import HTTPMessages
import Markup

/// A message that was dequeued and is invisible to others for a while.
public struct QueueMessage: Sendable {
    public let id: String
    /// Proves the right to update or delete; changes with each update.
    public var popReceipt: String
    /// Text as carried, usually base64.
    public let text: String
    /// How often the message was dequeued, this time included.
    public let dequeueCount: Int
    public let insertionTime: String
    public let expirationTime: String
    public let nextVisibleTime: String
}

/// Queue Storage: what the product needs of it.
public struct QueueClient: Sendable {
    private let transport: StorageTransport

    /// A client of an account.
    public init(account: StorageAccount, identity: TokenSource?, client: HTTPClient) {
        transport = StorageTransport(
            endpoint: account.queueEndpoint, key: account.key, identity: identity, client: client)
    }

    /// Makes a queue; does nothing when it is there.
    public func create(_ queue: String) async throws {
        _ = try await transport.call("Create Queue", .put, "/" + queue, expected: [201, 204, 409])
    }

    /// Adds a message; the text goes out base64-encoded, as the Functions queue trigger expects.
    ///
    /// - Parameter delay: Time until the message becomes visible.
    public func put(_ text: String, to queue: String, delay: Duration = .zero) async throws {
        try await putRaw(Base64.encode(text.bytes), to: queue, delay: delay)
    }

    /// Adds a message whose text is carried as it is.
    public func putRaw(_ text: String, to queue: String, delay: Duration = .zero) async throws {
        let body = "<QueueMessage><MessageText>\(XMLText.escape(text))</MessageText></QueueMessage>"
        let query = delay > .zero ? [("visibilitytimeout", String(delay.components.seconds))] : []
        _ = try await transport.call(
            "Put Message", .post, "/\(queue)/messages", query: query, fields: ["Content-Type": "application/xml"],
            body: body.bytes, expected: [201])
    }

    /// Dequeues up to `count` messages and hides them from others.
    ///
    /// - Returns: The messages; `nil` when there is no such queue.
    public func get(_ queue: String, count: Int, visibility: Duration) async throws -> [QueueMessage]? {
        let query = [("numofmessages", String(count)), ("visibilitytimeout", String(visibility.components.seconds))]
        let answer = try await transport.call(
            "Get Messages", .get, "/\(queue)/messages", query: query, expected: [200, 404], retries: false)
        guard answer.status == .ok else { return nil }
        return try MarkupReader.tree(answer.body).all("QueueMessage").map { node in
            func text(_ name: String) -> String { node[name]?.text ?? "" }
            return QueueMessage(
                id: text("MessageId"), popReceipt: text("PopReceipt"), text: text("MessageText"),
                dequeueCount: Int(text("DequeueCount")) ?? 1, insertionTime: text("InsertionTime"),
                expirationTime: text("ExpirationTime"), nextVisibleTime: text("TimeNextVisible"))
        }
    }

    /// Changes how long a message stays invisible. Returns the message with its new receipt.
    public func update(_ message: QueueMessage, in queue: String, visibility: Duration) async throws -> QueueMessage {
        let query = [("popreceipt", message.popReceipt), ("visibilitytimeout", String(visibility.components.seconds))]
        let answer = try await transport.call(
            "Update Message", .put, "/\(queue)/messages/\(message.id)", query: query, expected: [204])
        var updated = message
        updated.popReceipt = answer.fields["x-ms-popreceipt"] ?? message.popReceipt
        return updated
    }

    /// Deletes a message; one that is gone already is fine.
    public func delete(_ message: QueueMessage, from queue: String) async throws {
        _ = try await transport.call(
            "Delete Message", .delete, "/\(queue)/messages/\(message.id)", query: [("popreceipt", message.popReceipt)],
            expected: [204, 404])
    }
}
