import FoundationEssentials
import Glibc
import Telemetry

/// A folder of one document that is being read: what the reader gets, and what it leaves.
public struct ReadingFolder: Sendable {
    private static let prefix = "apus-reading-"
    /// No document is read for so long.
    private static let leftoverSeconds = 3600.0

    /// The folder; nobody else on the machine can look into it.
    public let path: String

    /// The document as it was uploaded.
    public var original: String { path + "/original" }
    /// The text by pages, in the form in which it is stored.
    public var text: String { path + "/text.json" }
    /// The passages, a line of JSON for each.
    public var passages: String { path + "/passages" }

    /// Makes a new folder.
    ///
    /// - Throws: `ReadingFailure`.
    public init(in parent: String) throws(ReadingFailure) {
        var template = Array("\(parent)/\(Self.prefix)XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else {
            throw ReadingFailure(reason: "no folder can be made in \(parent): \(String(cString: strerror(errno)))")
        }
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// A folder that is there, for the program that reads.
    public init(path: String) { self.path = path }

    /// Removes it with everything in it.
    public func remove() { try? FileManager.default.removeItem(atPath: path) }

    /// Removes what processes that were killed have left behind.
    public static func removeLeftovers(in parent: String) {
        for name in (try? FileManager.default.contentsOfDirectory(atPath: parent)) ?? [] where name.hasPrefix(prefix) {
            var status = stat()
            let path = "\(parent)/\(name)"
            guard lstat(path, &status) == 0, status.st_uid == geteuid() else { continue }
            let age = Double(Timestamp.nowMilliseconds()) / 1000 - Double(status.st_mtim.tv_sec)
            if age > leftoverSeconds { ReadingFolder(path: path).remove() }
        }
    }
}
