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
        let opened = open(folder + "/lock", O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard opened >= 0 else { throw .system(errno) }
        guard flock(opened, LOCK_EX | LOCK_NB) == 0 else {
            var buffer = [UInt8](repeating: 0, count: 32)
            let count = pread(opened, &buffer, buffer.count, 0)
            // Here and not by `deinit`, which runs after a failure only when every property has its value: closed twice, the
            // number might be that of somebody else's file.
            close(opened)
            throw .taken(by: Int32(String(decoding: buffer.prefix(max(0, count)), as: UTF8.self)))
        }
        let text = Array("\(getpid())".utf8)
        _ = ftruncate(opened, 0)
        _ = pwrite(opened, text, text.count, 0)
        file = opened
    }

    deinit { close(file) }
}
