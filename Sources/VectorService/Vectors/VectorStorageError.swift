import Glibc

/// The disk or the system refused something that the vector service needs.
public struct VectorStorageError: Error, Sendable, CustomStringConvertible {
    public let description: String
    /// The system's error number, 0 when there is none.
    public let errorNumber: Int32

    init(_ what: String, _ errorNumber: Int32 = 0) {
        self.errorNumber = errorNumber
        description = errorNumber == 0 ? what : what + ": " + String(cString: strerror(errorNumber))
    }

    /// Whether there is no room.
    public var isDiskFull: Bool { errorNumber == ENOSPC || errorNumber == EDQUOT || errorNumber == EFBIG }
}
