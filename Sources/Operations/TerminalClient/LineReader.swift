import Glibc
import Synchronization
import TaskTools

/// Reads lines from a descriptor, off the cooperative pool.
public final class LineReader: Sendable {
    /// A line is longer than anybody means.
    public struct LineTooLong: Error, CustomStringConvertible {
        public var description: String { "a line of the input is longer than \(LineReader.limit) bytes" }
    }

    private static let limit = 4 << 20

    private struct Input {
        var pending: [UInt8] = []
        var isOver = false
    }

    private let input = Mutex(Input())
    private let descriptor: Int32

    /// A reader of standard input.
    public convenience init() { self.init(STDIN_FILENO) }

    /// A reader of a descriptor, which stays open.
    init(_ descriptor: Int32) { self.descriptor = descriptor }

    /// The next line without its end; `nil` after the last one.
    ///
    /// - Throws: `LineTooLong`.
    public func next() async throws -> String? {
        try await BlockingCalls.run { try self.input.withLock { try self.line(&$0) } }
    }

    private func line(_ input: inout Input) throws -> String? {
        var searched = 0
        while true {
            if let end = input.pending[searched...].firstIndex(of: 10) {
                defer { input.pending.removeFirst(end + 1) }
                return Self.text(input.pending[..<end])
            }
            searched = input.pending.count
            guard input.pending.count <= Self.limit else { throw LineTooLong() }
            guard !input.isOver else {
                defer { input.pending = [] }
                return input.pending.isEmpty ? nil : Self.text(input.pending[...])
            }
            var buffer = [UInt8](repeating: 0, count: 65536)
            let count = read(descriptor, &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            input.isOver = count <= 0
            input.pending += buffer.prefix(max(0, count))
        }
    }

    private static func text(_ bytes: ArraySlice<UInt8>) -> String {
        String(decoding: bytes.last == 13 ? bytes.dropLast() : bytes, as: UTF8.self)
    }
}
