package import DocumentReading
import Glibc
import ProgramSupport
import Telemetry

// Here and not beside the type: the program that reads has no use for it, and stays smaller without.
extension ReadingFolder {
    /// No document is read for so long.
    private static let leftoverSeconds = 3600.0

    /// Removes it with everything in it.
    package func remove() { Folder.remove(path) }

    /// Removes what processes that were killed have left behind. Returns how many folders.
    static func removeLeftovers(in parent: String) -> Int {
        var removed = 0
        for name in Folder.names(in: parent) ?? [] where name.hasPrefix(prefix) {
            var status = stat()
            let path = "\(parent)/\(name)"
            guard lstat(path, &status) == 0, status.st_uid == geteuid() else { continue }
            let age = Double(Timestamp.nowMilliseconds()) / 1000 - Double(status.st_mtim.tv_sec)
            guard age > leftoverSeconds else { continue }
            ReadingFolder(path: path).remove()
            removed += 1
        }
        return removed
    }
}
