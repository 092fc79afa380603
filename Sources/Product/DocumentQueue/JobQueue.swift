public import AzureStorage
import Digests
import JSONCoding

/// The queue of jobs that compare the stores with each other.
public struct JobQueue: Sendable {
    /// Name of the queue.
    public static let name = "jobs"

    /// A job of a workspace.
    public struct Message: Sendable {
        public let jobId: String
        public let workspace: String

        /// Names a job.
        public init(jobId: String, workspace: String) {
            self.jobId = jobId
            self.workspace = workspace
        }

        /// Reads a message's text; `nil` when it is none of ours.
        public init?(text: String) {
            guard let value = try? JSONParser.parse(text), let id = value["jobId"]?.string, UUIDv7.isValid(id),
                let workspace = value["workspace"]?.string
            else { return nil }
            self.init(jobId: id, workspace: workspace)
        }

        var text: String { JSONValue.object(["jobId": .string(jobId), "workspace": .string(workspace)]).text }
    }

    private let queue: QueueClient

    /// The queue of an account; it need not exist yet.
    public init(_ queue: QueueClient) { self.queue = queue }

    /// Puts a job into the queue.
    public func put(_ message: Message) async throws { try await queue.put(message.text, making: Self.name) }
}

extension QueueClient {
    /// Puts a message into a queue, which is made only when the service says that it is not there.
    ///
    /// - Parameter delay: Time until it becomes visible.
    func put(_ text: String, making name: String, delay: Duration = .zero) async throws {
        do {
            try await put(text, to: name, delay: delay)
        } catch let error as StorageError where error.isNotFound {
            try await create(name)
            try await put(text, to: name, delay: delay)
        }
    }
}
