/// One event of an answer's log.
public struct LoggedEvent: Sendable, Equatable {
    /// Its number: numbers of one answer grow, also from one attempt to the next.
    public let id: Int
    public let name: String
    /// JSON on one line.
    public let data: String

    /// Makes an event.
    public init(id: Int, name: String, data: String) {
        self.id = id
        self.name = name
        self.data = data
    }

    /// Whether nothing comes after it.
    public var isLast: Bool { name == "done" || name == "error" }

    // MARK: - In the database

    /// Events as they are kept: a line for each, with number, name and data. Neither names nor JSON have line ends.
    public static func lines(_ events: some Sequence<LoggedEvent>) -> String {
        events.map { "\($0.id) \($0.name) \($0.data)" }.joined(separator: "\n")
    }

    /// Reads such lines; what is none is left out.
    public static func events(in lines: String) -> [LoggedEvent] {
        lines.utf8.split(separator: UInt8(ascii: "\n")).compactMap { line in
            let parts = line.split(separator: UInt8(ascii: " "), maxSplits: 2)
            guard parts.count == 3, let id = Int(Substring(parts[0])) else { return nil }
            return LoggedEvent(id: id, name: String(Substring(parts[1])), data: String(Substring(parts[2])))
        }
    }

    /// The events of several rows after a number, each once: a row that was written twice, the second time with more, has
    /// some that another one has, too.
    public static func events(in rows: [String], after number: Int) -> [LoggedEvent] {
        var last = number
        return rows.flatMap(events(in:)).filter { event in
            guard event.id > last else { return false }
            last = event.id
            return true
        }
    }

    // MARK: - Pieces of text

    private static let opening = "{\"text\":\""
    private static let closing = "\"}"

    /// The JSON string within a piece of text, without its quotation marks; `nil` for any other event.
    private var piece: Substring.UTF8View? {
        guard name == "delta", data.hasPrefix(Self.opening), data.hasSuffix(Self.closing) else { return nil }
        let inner = data.utf8.dropFirst(Self.opening.utf8.count).dropLast(Self.closing.utf8.count)
        return inner
    }

    /// The events with pieces of text that follow each other made into one, which has the last one's number: whoever comes
    /// late needs no more than that.
    public static func joined(_ events: [LoggedEvent]) -> [LoggedEvent] {
        guard events.count > 1 else { return events }
        var result: [LoggedEvent] = []
        // Grown in place: an answer has thousands of pieces.
        var text = ""
        var last: Int?
        func close() {
            if let id = last { result.append(LoggedEvent(id: id, name: "delta", data: opening + text + closing)) }
            text.removeAll(keepingCapacity: true)
            last = nil
        }
        for event in events {
            guard let piece = event.piece else {
                close()
                result.append(event)
                continue
            }
            text += Substring(piece)
            last = event.id
        }
        close()
        return result
    }
}
