import JSONCoding
import Synchronization
import Telemetry

/// Prints the parts' log lines one by one, each behind its part's name.
public final class LogPrinter: Sendable {
    private let showsRequests: Bool
    private let write: @Sendable (String) -> Void
    private let lock = Mutex(())

    /// - Parameter showsRequests: Whether the line of each successful request is shown.
    public convenience init(showsRequests: Bool) {
        self.init(showsRequests: showsRequests) { writeAll($0, to: 1) }
    }

    init(showsRequests: Bool, _ write: @escaping @Sendable (String) -> Void) {
        self.showsRequests = showsRequests
        self.write = write
    }

    /// Prints one line.
    public func print(_ part: String, _ line: String) {
        guard let text = format(part, line) else { return }
        lock.withLock { _ in write(text + "\n") }
    }

    private func format(_ part: String, _ line: String) -> String? {
        if line.isEmpty { return nil }
        // PostgreSQL reports its own starting and stopping; what is wrong has another word than LOG.
        if part == "postgres", !showsRequests,
            line.contains(" LOG:  ") || Self.passing.contains(where: line.hasSuffix)
        {
            return nil
        }
        guard line.hasPrefix("{"), let entry = try? JSONParser.parse(line), let message = entry["message"]?.string
        else {
            return Self.pad(part) + line
        }
        if message == "request", !showsRequests, let status = entry["status"]?.string, status < "400" { return nil }
        let level = entry["level"]?.string ?? ""
        if !showsRequests, level == "info", message == "Executing" || message == "Executed" { return nil }
        var text = level == "info" || level == "debug" ? "" : level.uppercased() + " "
        text += message
        let known = ["time", "level", "label", "message", "requestId", "traceId", "spanId"]
        for member in entry.object?.members ?? [] where !known.contains(member.name) {
            text += "  \(member.name)=\(member.value.string ?? member.value.text)"
        }
        return Self.pad(entry["label"]?.string ?? part) + text
    }

    /// What PostgreSQL tells whoever connects a moment too early or too late, which our own programs do at every start.
    private static let passing = [
        " FATAL:  the database system is starting up", " FATAL:  the database system is shutting down",
    ]

    private static func pad(_ part: String) -> String {
        part + String(repeating: " ", count: max(1, 16 - part.count))
    }
}
