import FoundationEssentials
import Glibc

/// Files of whoever evaluates.
enum FileReading {
    /// What a file holds.
    ///
    /// - Parameter limit: In bytes.
    /// - Throws: `EvaluationError` when it cannot be read or is larger.
    static func content(_ path: String, atMost limit: Int) throws -> [UInt8] {
        var status = stat()
        guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            throw EvaluationError("\(path) is no file that can be read")
        }
        guard status.st_size <= limit else {
            throw EvaluationError("\(path) has \(status.st_size) bytes; \(limit) are the limit")
        }
        guard let data = FileManager.default.contents(atPath: path) else {
            throw EvaluationError("\(path) cannot be read")
        }
        return Array(data)
    }

    /// How a file begins; nothing when it cannot be read.
    static func beginning(_ path: String, bytes count: Int) -> [UInt8] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return [] }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: count)
        let read = read(descriptor, &bytes, count)
        return Array(bytes.prefix(max(read, 0)))
    }
}
