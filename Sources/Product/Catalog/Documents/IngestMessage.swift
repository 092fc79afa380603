import Digests
import JSONCoding
public import Telemetry

/// A message of the queue `ingest`.
public struct IngestMessage: Sendable {
    /// Name of the queue.
    public static let queue = "ingest"
    /// Where messages end up that failed too often.
    public static let poisonQueue = "ingest-poison"
    /// With waits of 2, 4, 8, 16 and then 30 seconds eight and a half minutes together: longer than a database takes to change its
    /// server, and nobody waits for long when a service is back.
    private static let mostPostponed = 20
    private static let longestWait: Int64 = 30

    public let documentId: String
    /// The workspace that the document belongs to.
    public let workspace: String
    /// The trace of the request that wants the document ingested.
    public let cause: TraceContext?
    /// How often it was put off because a service did not answer.
    private var postponed = 0

    /// A message about a document, caused by the current task's work.
    public init(documentId: String, workspace: String) {
        self.documentId = documentId
        self.workspace = workspace
        cause = Span.current?.context
    }

    /// Reads a message's text; `nil` when it is none of ours.
    public init?(text: String) {
        guard let value = try? JSONParser.parse(text), let id = value["documentId"]?.string, UUIDv7.isValid(id)
        else {
            return nil
        }
        documentId = id
        // Messages had none while there was one workspace alone.
        guard let workspace = value["workspace"] == nil ? CatalogDatabase.firstWorkspace : value["workspace"]?.string,
            WorkspaceName.isValid(workspace)
        else { return nil }
        self.workspace = workspace
        cause = value["traceparent"]?.string.flatMap { TraceContext(traceparent: $0) }
        postponed = max(0, Int(clamping: value["postponed"]?.int ?? 0))
    }

    /// The message's text.
    public var text: String {
        var message: JSONObject = ["documentId": .string(documentId), "workspace": .string(workspace)]
        if let cause { message["traceparent"] = .string(cause.traceparent) }
        if postponed > 0 { message["postponed"] = .int(Int64(postponed)) }
        return JSONValue.object(message).text
    }

    /// The message for later, and how much later, where a service does not answer; `nil` when it was put off often enough.
    public var postponement: (message: IngestMessage, delay: Duration)? {
        guard postponed < Self.mostPostponed else { return nil }
        var later = self
        later.postponed += 1
        return (later, .seconds(min(Self.longestWait, 2 << postponed)))
    }
}
