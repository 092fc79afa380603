import Catalog
import DocumentQueue
import FunctionsRuntime
import Ingestion
import Telemetry

/// The queue function `ingest`.
struct IngestRoute: Sendable {
    /// Works on the documents of a workspace.
    let ingestor: @Sendable (_ workspace: String) -> Ingestor
    let queue: IngestQueue
    /// The queue's `maxDequeueCount`: after so many failures the host puts a message aside.
    let maximumDeliveries: Int
    let log: Log

    /// Works on the document that a message names. Where a service does not answer, the message is put off: the host would
    /// deliver it again at once, and five times are over before a database has started again.
    ///
    /// - Throws: whatever else stands in the way, so that the message is delivered again.
    func take(_ message: QueueTrigger) async throws {
        guard let parsed = IngestMessage(text: message.text) else {
            return log.error("a queue message is none of ours", ["length": String(message.text.utf8.count)])
        }
        // The upload's trace goes on; it has not waited for this.
        let span = Span("ingest", kind: .consumer, parent: parsed.cause, link: Span.current?.context)
        defer { span.end() }
        try await Span.$current.withValue(span) {
            let isLastTry = message.dequeueCount >= maximumDeliveries
            let later = parsed.postponement
            do {
                try await ingestor(parsed.workspace).ingest(
                    parsed.documentId, isLastTry: isLastTry, canWait: later != nil)
            } catch {
                guard let later, Ingestor.isOutage(error) else { throw error }
                log.warning(
                    "a service does not answer; the document is tried again later",
                    [
                        "document": parsed.documentId, "seconds": String(later.delay.components.seconds),
                        "error": String(reflecting: error),
                    ])
                try await queue.put(later.message, delay: later.delay)
            }
        }
    }
}
