/// Takes a stream apart into its messages' texts.
struct MessageFramer: Sendable {
    private enum State: Sendable {
        case events(ServerSentEventParser)
        case lines(LineParser)
    }

    private var state: State

    init(_ framing: StreamFraming) {
        state = framing == .events ? .events(ServerSentEventParser()) : .lines(LineParser())
    }

    /// Takes bytes; returns the messages that they complete.
    ///
    /// - Throws: `OverlongMessage`.
    mutating func feed(_ bytes: [UInt8]) throws(OverlongMessage) -> [String] {
        switch state {
        case .events(var parser):
            state = .lines(LineParser())
            defer { state = .events(parser) }
            return try parser.feed(bytes).map(\.data)
        case .lines(var parser):
            state = .events(ServerSentEventParser())
            defer { state = .lines(parser) }
            return try parser.feed(bytes)
        }
    }

    /// What stands after the last line end, which some services leave out.
    mutating func finish() -> [String] {
        guard case .lines(var parser) = state else { return [] }
        return parser.finish()
    }
}

/// A message of a stream is longer than any sensible one.
public struct OverlongMessage: Error {
    /// Longest message in bytes.
    public static let limit = 4 << 20
}

/// Lines of a stream, without the empty ones.
struct LineParser: Sendable {
    private var pending: [UInt8] = []

    mutating func feed(_ bytes: [UInt8]) throws(OverlongMessage) -> [String] {
        var lines: [String] = []
        for part in bytes.split(separator: 10, omittingEmptySubsequences: false).enumerated() {
            if part.offset > 0 { lines += finish() }
            guard pending.count + part.element.count <= OverlongMessage.limit else { throw OverlongMessage() }
            pending += part.element
        }
        return lines
    }

    mutating func finish() -> [String] {
        defer { pending.removeAll(keepingCapacity: true) }
        let line = String(decoding: pending.last == 13 ? pending.dropLast() : pending[...], as: UTF8.self)
        return line.isEmpty ? [] : [line]
    }
}
