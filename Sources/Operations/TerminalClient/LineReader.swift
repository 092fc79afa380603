import Glibc
import TaskTools

/// Reads lines from a descriptor, off the cooperative pool.
public final class LineReader: Sendable {
    /// A line is longer than anybody means.
    public struct LineTooLong: Error, CustomStringConvertible {
        public var description: String { "a line of the input is longer than \(LineReader.limit) bytes" }
    }

    private static let limit = 4 << 20

    // One reader at a time: `next` is called when the one before has returned.
    private nonisolated(unsafe) var pending: [UInt8] = []
    private nonisolated(unsafe) var isOver = false
    private let descriptor: Int32

    /// A reader of standard input.
    public convenience init() { self.init(STDIN_FILENO) }

    /// A reader of a descriptor, which stays open.
    init(_ descriptor: Int32) { self.descriptor = descriptor }

    /// The next line without its end; `nil` after the last one.
    ///
    /// - Throws: `LineTooLong`.
    public func next() async throws -> String? { try await BlockingCalls.run { try self.line() } }

    private func line() throws -> String? {
        var searched = 0
        while true {
            if let end = pending[searched...].firstIndex(of: 10) {
                defer { pending.removeFirst(end + 1) }
                return Self.text(pending[..<end])
            }
            searched = pending.count
            guard pending.count <= Self.limit else { throw LineTooLong() }
            guard !isOver else {
                defer { pending = [] }
                return pending.isEmpty ? nil : Self.text(pending[...])
            }
            var buffer = [UInt8](repeating: 0, count: 65536)
            let count = read(descriptor, &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            isOver = count <= 0
            pending += buffer.prefix(max(0, count))
        }
    }

    private static func text(_ bytes: ArraySlice<UInt8>) -> String {
        String(decoding: bytes.last == 13 ? bytes.dropLast() : bytes, as: UTF8.self)
    }
}
