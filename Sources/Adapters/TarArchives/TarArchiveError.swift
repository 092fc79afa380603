import CArchive
import Glibc

/// A tar archive cannot be written or read.
public struct TarArchiveError: Error, Sendable, CustomStringConvertible {
    /// The library's words.
    public let reason: String

    init(_ archive: OpaquePointer?) {
        let words = archive.flatMap { archive_error_string($0) }.map { String(cString: $0) } ?? "out of memory"
        let code = archive.map { archive_errno($0) } ?? 0
        // Some of the library's words say what failed, but not why.
        let cause = code > 0 && code < 200 ? String(cString: strerror(code)) : ""
        reason = cause.isEmpty || words.contains(cause) ? words : "\(words): \(cause)"
    }

    public var description: String { reason }
}
