import FoundationEssentials
import Glibc

/// The stack's folders, which nobody else may look into.
///
/// A file below is protected by its folder, whatever its own mode says, so the few folders at the top are enough.
struct PrivateFolders: Sendable {
    private static let others: mode_t = 0o077
    /// What the stack's programs make in the data folder.
    private static let parts = ["azure", "vectors"]

    let data: String

    /// Makes the data folder, and what is missing above it, for this user alone.
    ///
    /// - Parameter group: Has to pass through, to a folder of its own.
    func make(for group: gid_t?) throws {
        var missing: [String] = []
        var folder = data
        while !folder.isEmpty, !FileManager.default.fileExists(atPath: folder) {
            missing.append(folder)
            folder = String(folder[..<(folder.lastIndex(of: "/") ?? folder.startIndex)])
        }
        for folder in missing.reversed() {
            guard mkdir(folder, 0o700) == 0 || errno == EEXIST else {
                throw StackError("\(folder) cannot be made: \(String(cString: strerror(errno))).")
            }
            guard let group else { continue }
            chown(folder, uid_t.max, group)
            chmod(folder, 0o710)
        }
    }

    /// Closes what an earlier version has left open to others.
    func tighten() {
        for path in wide {
            var status = stat()
            guard lstat(path, &status) == 0, status.st_uid == geteuid() else { continue }
            chmod(path, status.st_mode & 0o7700)
        }
    }

    /// Those that others may look into.
    var wide: [String] {
        Self.parts.map { data + "/" + $0 }.filter { path in
            var status = stat()
            return lstat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR && status.st_mode & Self.others != 0
        }
    }
}
