package import DocumentReading
import Glibc
package import HTTPMessages
import Synchronization
import TaskTools

/// A file as a body, and a body as a file, piece by piece and off the cooperative pool.
package final class FileBody: HTTPBodySource {
    private static let pieceBytes = 256 * 1024

    private let file: Int32

    /// Opens a file for reading.
    ///
    /// - Throws: `ReadingFailure`.
    package init(_ path: String) throws(ReadingFailure) {
        file = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        guard file >= 0 else { throw ReadingFailure(reason: "\(path) cannot be opened") }
    }

    deinit { if file >= 0 { close(file) } }

    package func next() async throws -> [UInt8]? {
        try await BlockingCalls.run { [self] in
            var bytes = [UInt8](repeating: 0, count: Self.pieceBytes)
            var count: Int
            repeat { count = read(file, &bytes, bytes.count) } while count < 0 && errno == EINTR
            guard count >= 0 else { throw ReadingFailure(reason: "a file cannot be read") }
            bytes.removeSubrange(count...)
            return count == 0 ? nil : bytes
        }
    }

    /// Writes a body into a new file that only we can read.
    ///
    /// - Throws: `ReadingFailure`, and what the body throws.
    package static func write(_ body: any HTTPBodySource, to path: String) async throws {
        let file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw ReadingFailure(reason: "\(path) cannot be made") }
        defer { close(file) }
        var buffer: [UInt8] = []
        while let piece = try await body.next() {
            buffer += piece
            guard buffer.count >= pieceBytes else { continue }
            try await write(buffer, to: file)
            buffer.removeAll(keepingCapacity: true)
        }
        try await write(buffer, to: file)
    }

    private static func write(_ bytes: [UInt8], to file: Int32) async throws {
        try await BlockingCalls.run {
            var place = 0
            while place < bytes.count {
                let count = bytes.withUnsafeBytes {
                    Glibc.write(file, $0.baseAddress.map { $0 + place }, $0.count - place)
                }
                if count < 0, errno == EINTR { continue }
                guard count > 0 else {
                    throw ReadingFailure(reason: "a document cannot be written: \(String(cString: strerror(errno)))")
                }
                place += count
            }
        }
    }
}
