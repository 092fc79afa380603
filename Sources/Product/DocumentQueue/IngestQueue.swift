public import AzureStorage
public import Catalog

/// The queue of documents that are to be ingested, or removed everywhere.
public struct IngestQueue: Sendable {
    private let queue: QueueClient

    /// The queue of an account; it need not exist yet.
    public init(_ queue: QueueClient) { self.queue = queue }

    /// Puts the document of that id into the queue.
    public func put(_ id: String, of workspace: String) async throws {
        try await put(IngestMessage(documentId: id, workspace: workspace))
    }

    /// Puts a message into the queue, which is made only when the service says that it is not there.
    ///
    /// - Parameter delay: Time until it becomes visible.
    public func put(_ message: IngestMessage, delay: Duration = .zero) async throws {
        try await queue.put(message.text, making: IngestMessage.queue, delay: delay)
    }
}
