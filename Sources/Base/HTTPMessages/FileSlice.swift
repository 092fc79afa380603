import Glibc

/// A part of an open file, to be sent as a body. The descriptor closes with its last user, so a file that is
/// replaced meanwhile is still sent as it was.
public final class FileSlice: Sendable {
    /// The open file.
    public let descriptor: Int32
    /// The bytes to send.
    public let range: Range<Int>

    /// Opens a file for reading.
    ///
    /// - Returns: `nil` with the reason in `errno` when it cannot be opened.
    public init?(path: String, range: Range<Int>) {
        descriptor = open(path, O_RDONLY | O_CLOEXEC)
        self.range = range
        guard descriptor >= 0 else { return nil }
    }

    deinit { if descriptor >= 0 { close(descriptor) } }

    /// Up to `count` bytes from the start of `place` on; empty at the end of the file or when it cannot be read.
    public func read(at place: Int, count: Int) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: max(0, count)) { buffer, filled in
            filled = max(0, pread(descriptor, buffer.baseAddress, buffer.count, place))
        }
    }

    /// Every byte of the range.
    public func readAll() -> [UInt8] {
        var bytes: [UInt8] = []
        while bytes.count < range.count {
            let piece = read(at: range.lowerBound + bytes.count, count: range.count - bytes.count)
            if piece.isEmpty { break }
            bytes += piece
        }
        return bytes
    }
}
