import FoundationEssentials
import Glibc
import Telemetry

/// A folder of backups that are named by the time at which they were begun.
public struct BackupFolder: Sendable {
    private static let start = "apus-"
    private static let ending = ".tar.zst"

    private let path: String

    /// - Returns: `nil` when the path is no folder.
    public init?(_ path: String) {
        var isDirectory = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory), isDirectory else { return nil }
        self.path = path.hasSuffix("/") && path.count > 1 ? String(path.dropLast()) : path
    }

    /// A name that no backup has yet.
    public var newFile: String {
        let time = Timestamp.now().prefix(19).replacing("-", with: "").replacing(":", with: "")
        return "\(path)/\(Self.start)\(time)Z\(Self.ending)"
    }

    /// Removes the oldest backups; other files are left alone.
    ///
    /// - Returns: The paths of those that were removed.
    public func removeOldest(keeping count: Int) throws -> [String] {
        let names = try FileManager.default.contentsOfDirectory(atPath: path)
            .filter { $0.hasPrefix(Self.start) && $0.hasSuffix(Self.ending) }.sorted()
        let old = names.dropLast(count).map { "\(path)/\($0)" }
        for file in old { unlink(file) }
        return old
    }
}
