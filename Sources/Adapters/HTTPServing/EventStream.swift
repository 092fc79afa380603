public import HTTPMessages
public import JSONCoding
import Synchronization

/// Sends server-sent events (WHATWG HTML, section 9.2) over a response body.
public struct EventStream: Sendable {
    private let writer: any HTTPBodyWriter
    private let lastSent: SharedInstant

    /// Sends one event whose data is one JSON value.
    ///
    /// - Throws: when the caller has gone.
    public func send(_ event: String, _ data: JSONValue) async throws {
        lastSent.touch()
        try await writer.write("event: \(event)\ndata: \(data.text)\n\n".bytes)
    }

    /// Sends events that have numbers, from which a caller who comes back goes on.
    ///
    /// - Parameter events: Number, name and data, which has no line ends.
    /// - Throws: when the caller has gone.
    public func send(_ events: [(id: Int, name: String, data: String)]) async throws {
        lastSent.touch()
        let text = events.map { "event: \($0.name)\nid: \($0.id)\ndata: \($0.data)\n\n" }.joined()
        try await writer.write(text.bytes)
    }

    /// Sends data without an event's name, as OpenAI's streams do.
    ///
    /// - Throws: when the caller has gone.
    public func send(_ data: JSONValue) async throws { try await sendText(data.text) }

    /// Sends a line of text as data without an event's name.
    ///
    /// - Throws: when the caller has gone.
    public func sendText(_ text: String) async throws {
        lastSent.touch()
        try await writer.write("data: \(text)\n\n".bytes)
    }

    /// A response whose body is the events that `produce` sends. A comment line goes out after each
    /// `heartbeat` of silence, so that proxies keep the connection and a caller that left is noticed.
    public static func response(
        heartbeat: Duration = .seconds(10),
        _ produce: @escaping @Sendable (EventStream) async throws -> Void
    ) -> HTTPResponse {
        let fields: HTTPFields = [
            "Content-Type": "text/event-stream; charset=utf-8", "Cache-Control": "no-store", "X-Accel-Buffering": "no",
        ]
        return HTTPResponse(
            .ok, fields: fields,
            body: .stream(length: nil) { writer in
                let stream = EventStream(writer: writer, lastSent: SharedInstant())
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask { try await stream.beat(every: heartbeat) }
                    do {
                        try await produce(stream)
                    } catch {
                        group.cancelAll()
                        throw error
                    }
                    group.cancelAll()
                }
            })
    }

    private func beat(every interval: Duration) async throws {
        while !Task.isCancelled {
            let due = lastSent.value + interval
            if ContinuousClock.now >= due {
                lastSent.touch()
                // A failed beat is not the stream's failure: the producer meets it with its next event.
                guard (try? await writer.write(": still here\n\n".bytes)) != nil else { return }
            } else {
                guard (try? await Task.sleep(until: due)) != nil else { return }
            }
        }
    }
}

private final class SharedInstant: Sendable {
    private let instant = Mutex(ContinuousClock.now)
    var value: ContinuousClock.Instant { instant.withLock { $0 } }
    func touch() { instant.withLock { $0 = .now } }
}
