import CLinux
import Dispatch
import Glibc

/// A pipe whose reading end is read off the cooperative pool.
public struct Pipe: Sendable {
    /// End to give to a child; close it after the start.
    public let writeEnd: Int32
    private let readEnd: Int32

    /// Opens a pipe; both ends close on exec.
    public init() throws(ChildProcessError) {
        var ends: [Int32] = [0, 0]
        let code = apus_pipe(&ends)
        guard code == 0 else { throw ChildProcessError(path: "pipe", errorNumber: -code) }
        readEnd = ends[0]
        writeEnd = ends[1]
    }

    /// Closes our copy of the writing end, so that reading ends with the child.
    public func closeWriteEnd() { close(writeEnd) }

    /// Reads to the end, on a queue of its own; closes the reading end.
    ///
    /// - Returns: The bytes, or `nil` when there were more than `limit`; the rest is then not read, which ends
    ///   a child that goes on writing.
    public func readAll(limit: Int) async -> [UInt8]? {
        await collect { result, piece in
            result += piece
            return result.count <= limit
        }
    }

    /// Reads to the end, on a queue of its own, and keeps how it begins; closes the reading end. A child may write as much as
    /// it likes.
    public func readStart(_ most: Int) async -> [UInt8] {
        await collect { result, piece in
            result += piece.prefix(most - result.count)
            return true
        } ?? []
    }

    /// Reads to the end, on a queue of its own; closes the reading end.
    ///
    /// - Parameter take: Takes a piece into the result, and says whether to go on.
    /// - Returns: `nil` when it was not gone on with.
    private func collect(_ take: @escaping @Sendable (inout [UInt8], ArraySlice<UInt8>) -> Bool) async -> [UInt8]? {
        await withCheckedContinuation { continuation in
            DispatchQueue(label: "apus.pipe").async {
                defer { close(readEnd) }
                var result: [UInt8] = []
                var buffer = [UInt8](repeating: 0, count: 64 * 1024)
                while true {
                    let count = read(readEnd, &buffer, buffer.count)
                    if count < 0 && errno == EINTR { continue }
                    guard count > 0 else { return continuation.resume(returning: result) }
                    guard take(&result, buffer[..<count]) else { return continuation.resume(returning: nil) }
                }
            }
        }
    }

    /// Hands each line to the visitor as it comes, on a queue of its own; closes the reading end after the last.
    /// Lines longer than 64 KiB are passed on in pieces.
    public func forEachLine(_ visit: @escaping @Sendable (String) -> Void, end: @escaping @Sendable () -> Void = {}) {
        DispatchQueue(label: "apus.pipe").async {
            defer {
                close(readEnd)
                end()
            }
            var pending: [UInt8] = []
            var buffer = [UInt8](repeating: 0, count: 16 * 1024)
            while true {
                let count = read(readEnd, &buffer, buffer.count)
                if count < 0 && errno == EINTR { continue }
                guard count > 0 else { break }
                pending += buffer[..<count]
                while let newline = pending.firstIndex(of: 10) {
                    visit(String(decoding: pending[..<newline], as: UTF8.self))
                    pending.removeSubrange(...newline)
                }
                if pending.count > 64 * 1024 {
                    visit(String(decoding: pending, as: UTF8.self))
                    pending = []
                }
            }
            if !pending.isEmpty { visit(String(decoding: pending, as: UTF8.self)) }
        }
    }
}
