import CLinux
import Glibc

/// What a program that meets content of strangers is left with: no capabilities and no way to get any, no socket, no look
/// into other processes, no file but those named, no core dump, and the processor when nobody else wants it. What the
/// kernel cannot take away is left; `missing` says so.
public struct Confinement: Sendable {
    /// Folders and files that it may read, and run programs from.
    public var readable: [String]
    /// Folders in which it may make, read and remove files.
    public var writable: [String]

    static let niceness: Int32 = 5

    /// A confinement to these paths.
    public init(readable: [String], writable: [String]) {
        self.readable = readable
        self.writable = writable
    }

    /// What this machine's kernel does not take away from a child of this process, in words; empty when it takes all.
    public static var missing: [String] {
        let applied = apus_confinement()
        return [
            (APUS_CONFINED_CAPABILITIES, "capabilities cannot be dropped"),
            (APUS_CONFINED_PRIVILEGES, "new privileges cannot be refused"),
            (APUS_CONFINED_FILES, "the file system cannot be closed (landlock)"),
            (APUS_CONFINED_CALLS, "sockets and rare system calls cannot be refused (seccomp)"),
        ].filter { applied & Int32($0.0) == 0 }.map(\.1)
    }

    /// Where programs of this machine have their libraries and data: the system's folders, and those that this process
    /// itself was loaded from.
    ///
    /// `/proc` is among them because libdispatch looks at its own threads there and ends the process when it cannot. What is
    /// secret in another process's folder (environment, memory, files) landlock refuses nevertheless, as it does tracing.
    public static let systemFolders: [String] = {
        let system = [
            "/usr", "/lib", "/lib64", "/bin", "/etc/ld.so.cache", "/etc/fonts", "/etc/alternatives", "/etc/xpdf",
            "/proc", "/sys/devices/system/cpu", "/dev/urandom",
        ]
        return system
            + loadedFolders.filter { folder in !system.contains { folder == $0 || folder.hasPrefix($0 + "/") } }
    }()

    /// The folders of the files that are mapped as code, proc(5).
    private static var loadedFolders: [String] {
        let file = open("/proc/self/maps", O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return [] }
        defer { close(file) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 64 * 1024)
        while true {
            let count = read(file, &buffer, buffer.count)
            guard count > 0 else { break }
            bytes += buffer[..<count]
        }
        var folders: Set<String> = []
        for line in bytes.split(separator: 10) {
            // "address permissions offset device inode", many spaces, the path.
            guard let start = line.firstIndex(of: 47), let end = line.lastIndex(of: 47), start < end,
                line.split(separator: 32, maxSplits: 2).dropFirst().first?.contains(UInt8(ascii: "x")) ?? false
            else { continue }
            folders.insert(String(decoding: line[start..<end], as: UTF8.self))
        }
        return folders.sorted()
    }
}
