import FoundationEssentials
import Glibc

/// Tells when the files of an app have changed: definitions, settings, the executable and what host.json names
/// (docs/reference/functions-custom-handlers.md, 1.7).
///
/// Looks twice a second, which costs a few system calls and works on every file system, shared folders included.
struct FileWatcher: Sendable {
    private static let interval = Duration.milliseconds(500)
    private static let fileLimit = 5000

    private let root: String
    private let configuration: HostConfiguration?
    private let before: [String: [Int]]

    /// Begins at once: what changes from now on is noticed, however late somebody waits for it.
    init(root: String, configuration: HostConfiguration?) {
        self.root = root
        self.configuration = configuration
        before = Self.fingerprint(root, configuration)
    }

    /// Returns when something has changed and stayed the same for one more look, or when the task is cancelled.
    func changed() async {
        var last = before
        while (try? await Task.sleep(for: Self.interval)) != nil {
            let now = Self.fingerprint(root, configuration)
            if now != before, now == last { return }
            last = now
        }
    }

    /// What is known of each file from its directory entry alone.
    private static func fingerprint(_ root: String, _ configuration: HostConfiguration?) -> [String: [Int]] {
        var result: [String: [Int]] = [:]
        var paths = ["host.json", "local.settings.json"].map { "\(root)/\($0)" }
        for name in (try? FileManager.default.contentsOfDirectory(atPath: root)) ?? [] {
            paths.append("\(root)/\(name)/function.json")
        }
        if let handler = configuration?.handler { paths.append(handler.executable) }
        for file in configuration?.watchedFiles ?? [] { paths.append("\(root)/\(file)") }
        for directory in configuration?.watchedDirectories ?? [] { paths += files("\(root)/\(directory)") }
        for path in paths.prefix(fileLimit) {
            var info = stat()
            guard stat(path, &info) == 0 else { continue }
            result[path] = [
                Int(info.st_mtim.tv_sec), Int(info.st_mtim.tv_nsec), Int(info.st_size), Int(info.st_ino),
                Int(info.st_mode),
            ]
        }
        return result
    }

    private static func files(_ directory: String) -> [String] {
        ((try? FileManager.default.subpathsOfDirectory(atPath: directory)) ?? []).prefix(fileLimit).map {
            "\(directory)/\($0)"
        }
    }
}
