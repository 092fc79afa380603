import Glibc

/// Files that are read as a whole: settings, tokens, presets.
public enum SmallFile {
    /// The file's bytes.
    ///
    /// - Parameter limit: The most bytes; nothing beyond them is read.
    /// - Returns: `nil` when it cannot be read, is no file or has more.
    public static func read(_ path: String, atMost limit: Int) -> [UInt8]? {
        // A pipe that nobody writes to would be waited for.
        let file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard file >= 0 else { return nil }
        defer { close(file) }
        var status = stat()
        guard fstat(file, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
        var bytes: [UInt8] = []
        while bytes.count <= limit {
            let wanted = min(limit + 1 - bytes.count, max(4096, Int(status.st_size) + 1))
            var count = 0
            bytes += [UInt8](unsafeUninitializedCapacity: wanted) { buffer, filled in
                count = Glibc.read(file, buffer.baseAddress, buffer.count)
                filled = max(0, count)
            }
            if count < 0 { return nil }
            if count == 0 { return bytes }
        }
        return nil
    }
}
