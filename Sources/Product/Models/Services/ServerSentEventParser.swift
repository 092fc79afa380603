/// Takes a stream of server-sent events apart (WHATWG HTML, section 9.2.6), whatever the pieces it arrives in.
public struct ServerSentEventParser: Sendable {
    /// One event.
    public struct Event: Sendable, Equatable {
        /// `message` unless said otherwise.
        public let name: String
        /// Data lines joined by newlines.
        public let data: String
    }

    private static let byteOrderMark: [UInt8] = [0xEF, 0xBB, 0xBF]

    private var pending: [UInt8] = []
    private var name = ""
    private var data: [String] = []
    private var dataBytes = 0
    private var skipsNewline = false
    private var isFirstLine = true

    /// A parser at the start of a stream.
    public init() {}

    /// Takes bytes; returns the events that they complete.
    ///
    /// - Throws: `OverlongMessage`.
    public mutating func feed(_ bytes: [UInt8]) throws(OverlongMessage) -> [Event] {
        var events: [Event] = []
        var rest = bytes[...]
        while let first = rest.first {
            if first == 10, skipsNewline {
                skipsNewline = false
                rest = rest.dropFirst()
                continue
            }
            let end = rest.firstIndex { $0 == 10 || $0 == 13 } ?? rest.endIndex
            pending += rest[..<end]
            guard pending.count + dataBytes <= OverlongMessage.limit else { throw OverlongMessage() }
            skipsNewline = false
            guard end < rest.endIndex else { break }
            skipsNewline = rest[end] == 13
            if let event = line() { events.append(event) }
            rest = rest[(end + 1)...]
        }
        return events
    }

    private mutating func line() -> Event? {
        defer {
            pending.removeAll(keepingCapacity: true)
            isFirstLine = false
        }
        if isFirstLine, pending.starts(with: Self.byteOrderMark) { pending.removeFirst(Self.byteOrderMark.count) }
        guard !pending.isEmpty else {
            defer {
                name = ""
                data = []
                dataBytes = 0
            }
            return data.isEmpty ? nil : Event(name: name.isEmpty ? "message" : name, data: data.joined(separator: "\n"))
        }
        let colon = pending.firstIndex(of: UInt8(ascii: ":")) ?? pending.endIndex
        var value = pending[min(colon + 1, pending.endIndex)...]
        if value.first == UInt8(ascii: " ") { value = value.dropFirst() }
        switch String(decoding: pending[..<colon], as: UTF8.self) {
        case "event": name = String(decoding: value, as: UTF8.self)
        case "data":
            data.append(String(decoding: value, as: UTF8.self))
            dataBytes += value.count
        default: break
        }
        return nil
    }
}
