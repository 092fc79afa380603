import FoundationEssentials

/// Which Debian packages files come from.
struct DebianOrigins {
    private var packages: [String: String] = [:]

    /// Asks the package manager; files that it does not know are left out.
    init(of paths: [String]) async throws {
        guard let tool = try? Tool("dpkg-query", package: "dpkg") else { return }
        for path in paths {
            // Where /lib is a link, the package manager knows a file by one of its two names.
            let names = [path, path.hasPrefix("/usr") ? String(path.dropFirst(4)) : "/usr" + path]
            for name in names {
                guard let line = try? await tool.run(["-S", name]),
                    let package = line.split(separator: ",").first?.split(separator: " ").first
                else { continue }
                let trimmed = package.hasSuffix(":") ? package.dropLast() : package
                let version = try? await tool.run(["-W", "-f", "${Version}", String(trimmed)])
                packages[path] = "\(trimmed.prefix { $0 != ":" }) \(version ?? "")"
                break
            }
        }
    }

    func package(of path: String) -> String? { packages[path] }
}
