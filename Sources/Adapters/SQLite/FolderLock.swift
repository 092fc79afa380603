import Glibc

/// Keeps a second process off a folder of databases; the system takes the lock back when the process ends, however it
/// does.
public final class FolderLock: Sendable {
    /// Why a folder cannot be had.
    public enum Refusal: Error, Sendable {
        /// The system's error number.
        case system(Int32)
        /// Another process has it; its number, where that is known.
        case taken(by: Int32?)
    }

    private let file: Int32

    /// Takes the folder.
    ///
    /// - Throws: `Refusal`; whoever asks knows best what to tell of it.
    public init(_ folder: String) throws(Refusal) {
        file = open(folder + "/lock", O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw .system(errno) }
        guard flock(file, LOCK_EX | LOCK_NB) == 0 else {
            var buffer = [UInt8](repeating: 0, count: 32)
            let count = pread(file, &buffer, buffer.count, 0)
            close(file)
            throw .taken(by: Int32(String(decoding: buffer.prefix(max(0, count)), as: UTF8.self)))
        }
        let text = Array("\(getpid())".utf8)
        _ = ftruncate(file, 0)
        _ = pwrite(file, text, text.count, 0)
    }

    deinit { close(file) }
}
