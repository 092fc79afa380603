import Glibc

/// Files with secrets.
public enum PrivateFile {
    /// Writes a file that nobody but this user can read at any moment, and that is there as a whole or not at all; one that
    /// was there is replaced.
    ///
    /// - Returns: Whether it was written; `errno` says why not.
    public static func write(_ bytes: [UInt8], to path: String) -> Bool {
        let unfinished = "\(path).\(getpid())"
        // Left by a process of the same number, perhaps.
        unlink(unfinished)
        let descriptor = open(unfinished, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { return false }
        let isWhole = Glibc.write(descriptor, bytes, bytes.count) == bytes.count && fsync(descriptor) == 0
        close(descriptor)
        if isWhole, rename(unfinished, path) == 0 { return true }
        let reason = errno
        unlink(unfinished)
        errno = reason
        return false
    }
}
