/// Takes a stream of server-sent events apart (WHATWG HTML, section 9.2.6), whatever the pieces it arrives in.
public struct ServerSentEventParser: Sendable {
    /// One event.
    public struct Event: Sendable, Equatable {
        /// `message` unless said otherwise.
        public let name: String
        /// Data lines joined by newlines.
        public let data: String
    }

    /// Longest event; a longer one is dropped, which the reader meets as a missing event.
    private static let maximumBytes = 4 << 20

    private var pending: [UInt8] = []
    private var name = ""
    private var data: [String] = []
    private var skipsNewline = false

    /// A parser at the start of a stream.
    public init() {}

    /// Takes bytes; returns the events that they complete.
    public mutating func feed(_ bytes: [UInt8]) -> [Event] {
        var events: [Event] = []
        for byte in bytes {
            if byte == 10, skipsNewline {
                skipsNewline = false
                continue
            }
            skipsNewline = byte == 13
            if byte == 10 || byte == 13 {
                if let event = line() { events.append(event) }
            } else if pending.count < Self.maximumBytes {
                pending.append(byte)
            }
        }
        return events
    }

    private mutating func line() -> Event? {
        defer { pending.removeAll(keepingCapacity: true) }
        guard !pending.isEmpty else {
            defer {
                name = ""
                data = []
            }
            return data.isEmpty ? nil : Event(name: name.isEmpty ? "message" : name, data: data.joined(separator: "\n"))
        }
        let text = String(decoding: pending, as: UTF8.self)
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        var value = parts.count > 1 ? parts[1] : ""
        if value.hasPrefix(" ") { value = value.dropFirst() }
        switch parts[0] {
        case "event": name = String(value)
        case "data": data.append(String(value))
        default: break
        }
        return nil
    }
}
