import CLinux
import Glibc

/// Folders of this machine.
public enum Folder {
    /// Where programs put what lasts no longer than they do: `TMPDIR`, or the system's.
    public static var temporary: String {
        let named = ProgramLife.environment["TMPDIR"] ?? ""
        return named.isEmpty ? "/tmp" : named
    }

    /// The names of what is in a folder, in no order; `nil` when it cannot be read.
    public static func names(in path: String) -> [String]? {
        guard let folder = opendir(path) else { return nil }
        defer { closedir(folder) }
        var names: [String] = []
        while let entry = readdir(folder) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { field in
                field.withMemoryRebound(to: CChar.self, capacity: 1) { String(cString: $0) }
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names
    }

    /// Removes a folder with everything in it; what a symbolic link names stays.
    ///
    /// - Returns: Whether nothing is left of it; `errno` says why not.
    @discardableResult public static func remove(_ path: String) -> Bool {
        apus_remove_folder(path)
        var status = stat()
        return lstat(path, &status) != 0 && errno == ENOENT
    }
}
