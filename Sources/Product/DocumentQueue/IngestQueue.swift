public import AzureStorage
import Catalog

/// The queue of documents that are to be ingested, or removed everywhere.
public struct IngestQueue: Sendable {
    private let queue: QueueClient

    /// The queue of an account; it need not exist yet.
    public init(_ queue: QueueClient) { self.queue = queue }

    /// Puts the document of that id into the queue. The queue is made only when the service says that it is not there.
    public func put(_ id: String) async throws {
        let text = IngestMessage(documentId: id).text
        do {
            try await queue.put(text, to: IngestMessage.queue)
        } catch let error as StorageError where error.isNotFound {
            try await queue.create(IngestMessage.queue)
            try await queue.put(text, to: IngestMessage.queue)
        }
    }
}
