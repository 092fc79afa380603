import Synchronization

/// A body that arrives piece by piece. The reader sets the pace: nothing is fetched before `next` asks.
public protocol HTTPBodySource: Sendable {
    /// The next piece, never empty; `nil` at the end. Throws when the body is cut off.
    func next() async throws -> [UInt8]?
}

/// Where a streamed body is written to. `write` returns when the peer has room again.
public protocol HTTPBodyWriter: Sendable {
    /// Sends one piece; waits while too much is unsent. Throws when the peer has gone.
    func write(_ bytes: [UInt8]) async throws
}

/// A message body: whole, or a source to be read.
public enum HTTPBody: Sendable {
    case bytes([UInt8])
    case source(any HTTPBodySource)

    /// The whole body.
    ///
    /// - Throws: `HTTPBodyTooLarge` when it is longer than `limit` bytes, and what the source throws.
    public func collect(limit: Int) async throws -> [UInt8] {
        switch self {
        case .bytes(let bytes):
            guard bytes.count <= limit else { throw HTTPBodyTooLarge(limit: limit) }
            return bytes
        case .source(let source):
            var result: [UInt8] = []
            while let piece = try await source.next() {
                guard result.count + piece.count <= limit else { throw HTTPBodyTooLarge(limit: limit) }
                result += piece
            }
            return result
        }
    }
}

extension HTTPBody {
    /// The body piece by piece, whichever form it has; read once.
    public var pieces: any HTTPBodySource {
        switch self {
        case .source(let source): source
        case .bytes(let bytes): WholeBody(bytes)
        }
    }

    /// The whole body, if it is complete in time.
    ///
    /// - Throws: `HTTPBodyTooLarge`, `HTTPBodyTooSlow`, and what the source throws.
    public func collect(limit: Int, within time: Duration) async throws -> [UInt8] {
        if case .bytes = self { return try await collect(limit: limit) }
        return try await withThrowingTaskGroup(of: [UInt8].self) { group in
            group.addTask { try await collect(limit: limit) }
            group.addTask {
                try await Task.sleep(for: time)
                throw HTTPBodyTooSlow()
            }
            defer { group.cancelAll() }
            guard let bytes = try await group.next() else { throw CancellationError() }
            return bytes
        }
    }
}

/// A body that is in memory already.
private final class WholeBody: HTTPBodySource {
    private let bytes: Mutex<[UInt8]?>

    init(_ bytes: [UInt8]) { self.bytes = Mutex(bytes.isEmpty ? nil : bytes) }

    func next() async throws -> [UInt8]? {
        bytes.withLock { bytes in
            defer { bytes = nil }
            return bytes
        }
    }
}

/// A body did not arrive in the time that its reader allows.
public struct HTTPBodyTooSlow: Error {}

/// A body was longer than its reader accepts.
public struct HTTPBodyTooLarge: Error {
    /// The limit in bytes.
    public let limit: Int

    /// Names the limit that was passed.
    public init(limit: Int) { self.limit = limit }
}

extension String {
    /// The text as bytes, for bodies.
    public var bytes: [UInt8] { Array(utf8) }
}
