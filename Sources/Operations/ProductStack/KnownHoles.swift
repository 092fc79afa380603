import FoundationEssentials

/// Versions of Debian's libraries that have holes which matter here: programs link these libraries, and the packages
/// bring them along as they are on the machine that makes them.
struct KnownHoles: Sendable {
    /// The first version of Debian 12 without a hole, and the hole. The changelog of each package names them all.
    static let all: [(package: String, fixedIn: String, hole: String)] = [
        ("libarchive13", "3.6.2-1+deb12u3", "CVE-2025-5914, memory freed twice while an archive is read"),
        ("libc6", "2.36-9+deb12u13", "CVE-2025-8058, memory freed twice by regular expressions"),
        ("libcurl4", "7.88.1-10+deb12u15", "CVE-2025-14524 and six more"),
        ("libnghttp2-14", "1.52.0-1+deb12u2", "CVE-2024-28182, a peer that uses up the processor"),
        ("libpq5", "15.15-0+deb12u1", "CVE-2025-12818, too little memory for a large message"),
        ("libsqlite3-0", "3.40.1-2+deb12u2", "CVE-2025-6965, memory overwritten by a query"),
        ("libssl3", "3.0.19-1~deb12u2", "CVE-2026-31789, memory overwritten by a conversion"),
        ("libxml2", "2.9.14+dfsg-1.3~deb12u5", "CVE-2025-9714, recursion without end"),
        ("poppler-utils", "22.12.0-2+deb12u3", "CVE-2025-52886, memory used after it was freed, by a PDF"),
    ]

    private static let statusFile = "/var/lib/dpkg/status"

    /// What is too old on this machine, a sentence each; nothing where Debian's package manager is not.
    static var here: [String] {
        guard let data = FileManager.default.contents(atPath: statusFile) else { return [] }
        return old(in: String(decoding: data, as: UTF8.self))
    }

    /// What is too old by the package manager's list of what is installed.
    static func old(in status: String) -> [String] {
        let wanted = Dictionary(uniqueKeysWithValues: all.map { ($0.package, $0) })
        var found: [String] = []
        for entry in status.split(separator: "\n\n") {
            var (package, version, isInstalled) = (Substring(), Substring(), false)
            for line in entry.split(separator: "\n") {
                if line.hasPrefix("Package: ") { package = line.dropFirst(9) }
                if line.hasPrefix("Version: ") { version = line.dropFirst(9) }
                if line.hasPrefix("Status: ") { isInstalled = line.hasSuffix(" installed") }
            }
            guard isInstalled, let known = wanted[String(package)],
                DebianVersion(version) < DebianVersion(known.fixedIn)
            else { continue }
            found.append("\(package) \(version) is older than \(known.fixedIn) (\(known.hole))")
        }
        return found.sorted()
    }
}
