import FoundationEssentials
import Glibc

/// The place of a new backup: written under another name, and given its own when it is whole and on the disk.
struct BackupFile {
    let path: String
    var temporary: String { path + ".partial" }

    /// - Throws: `BackupError` when there is a file of that name, or no folder for it.
    init(_ path: String) throws(BackupError) {
        self.path = path
        guard access(path, F_OK) != 0 else {
            throw BackupError("\(path) is there already; choose another name or remove it")
        }
        let folder = path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
        guard access(folder.isEmpty ? "/" : folder, W_OK) == 0 else {
            throw BackupError("\(folder) is no folder that can be written to")
        }
        unlink(temporary)
    }

    /// - Returns: The file's size in bytes.
    func publish() throws -> Int {
        let file = open(temporary, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { throw BackupError("\(temporary) cannot be opened again") }
        defer { close(file) }
        var status = stat()
        guard fsync(file) == 0, fstat(file, &status) == 0, rename(temporary, path) == 0 else {
            throw BackupError("\(path) cannot be written: \(String(cString: strerror(errno)))")
        }
        return Int(status.st_size)
    }

    func discard() { unlink(temporary) }
}
