import Glibc

/// Keeps a second process out of a data folder.
final class StoreLock: Sendable {
    private let file: Int32

    /// - Throws: `VectorStorageError` that names the process which has the folder.
    init(directory: String) throws(VectorStorageError) {
        let path = directory + "/lock"
        file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw VectorStorageError("cannot open \(path)", errno) }
        guard flock(file, LOCK_EX | LOCK_NB) == 0 else {
            var buffer = [UInt8](repeating: 0, count: 32)
            let count = pread(file, &buffer, buffer.count, 0)
            let owner = String(decoding: buffer.prefix(max(0, count)), as: UTF8.self)
            close(file)
            throw VectorStorageError(
                "\(directory) is in use by process \(owner.isEmpty ? "(unknown)" : owner); stop it, or choose another "
                    + "folder with --data")
        }
        let text = Array("\(getpid())".utf8)
        _ = ftruncate(file, 0)
        _ = pwrite(file, text, text.count, 0)
    }

    deinit { close(file) }
}
