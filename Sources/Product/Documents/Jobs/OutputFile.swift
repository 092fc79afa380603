import DocumentReading
import Glibc

/// A new file that is written from its beginning to its end.
struct OutputFile: ~Copyable {
    private static let bufferBytes = 256 * 1024

    private let file: Int32
    private let path: String
    private var buffer: [UInt8] = []

    init(_ path: String) throws {
        self.path = path
        file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw ReadingFailure(reason: "\(path) cannot be made") }
    }

    deinit { if file >= 0 { close(file) } }

    mutating func write(_ bytes: some Collection<UInt8>) throws {
        buffer += bytes
        if buffer.count >= Self.bufferBytes { try flush() }
    }

    /// To be called at the end; what is left goes into the file.
    mutating func finish() throws { try flush() }

    private mutating func flush() throws {
        var place = 0
        while place < buffer.count {
            let count = buffer.withUnsafeBytes {
                Glibc.write(file, $0.baseAddress.map { $0 + place }, $0.count - place)
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw ReadingFailure(reason: "\(path) cannot be written") }
            place += count
        }
        buffer.removeAll(keepingCapacity: true)
    }
}
