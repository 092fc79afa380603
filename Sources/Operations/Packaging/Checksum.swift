import Digests
import FoundationEssentials

/// The SHA-256 of a package in a file beside it, in the form that `sha256sum -c` reads.
enum Checksum {
    static func write(for path: String) throws {
        guard let file = FileManager.default.contents(atPath: path) else {
            throw PackageError("\(path) cannot be read again.")
        }
        let name = path.split(separator: "/").last.map(String.init) ?? path
        let line = "\(Digest.hex(Digest.sha256([UInt8](file))))  \(name)\n"
        try Data(line.utf8).write(to: URL(filePath: path + ".sha256"))
    }
}
