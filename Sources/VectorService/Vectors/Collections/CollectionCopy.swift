import CLinux
import FoundationEssentials
import Glibc
import SQLite

/// Copies a collection's files; the graph is not among them, since it is built again from the vectors.
enum CollectionCopy {
    /// Copies a collection that nobody writes meanwhile.
    static func copy(_ source: String, to target: String) throws {
        try FileManager.default.createDirectory(atPath: target, withIntermediateDirectories: true)
        let reader = try SQLiteDatabase(path: source + "/" + RecordDatabase.fileName, schema: "", isReader: true)
        let path = target + "/" + RecordDatabase.fileName
        unlink(path)
        // A consistent copy without free pages, whatever the log holds.
        try reader.query("VACUUM INTO ?", [.text(path)])
        let vectors = source + "/vectors.f32"
        if access(vectors, F_OK) == 0 { try copyFile(vectors, to: target + "/vectors.f32") }
        try synchronise(path)
        try GraphFile.synchronise(target)
    }

    /// Copies bytes, sharing blocks where the file system can.
    static func copyFile(_ source: String, to target: String) throws(VectorStorageError) {
        let input = open(source, O_RDONLY | O_CLOEXEC)
        guard input >= 0 else { throw VectorStorageError("cannot open \(source)", errno) }
        defer { close(input) }
        let output = open(target, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard output >= 0 else { throw VectorStorageError("cannot open \(target)", errno) }
        defer { close(output) }
        while true {
            let count = apus_copy_range(input, output, 1 << 30)
            guard count >= 0 else { throw VectorStorageError("cannot copy \(source)", Int32(-count)) }
            if count == 0 { break }
        }
        guard fsync(output) == 0 else { throw VectorStorageError("cannot write \(target) to the disk", errno) }
    }

    private static func synchronise(_ path: String) throws(VectorStorageError) {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0, fsync(file) == 0 else { throw VectorStorageError("cannot write \(path) to the disk", errno) }
        close(file)
    }
}
