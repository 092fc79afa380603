import FoundationEssentials

/// What libcurl and libpq are linked with for protocols that the product never speaks: LDAP and RTMP. They bring a second
/// library for TLS with all that it needs, 2 MB of a package and half of what a loader looks for at each start. Libraries
/// with their names take their places; every function of them fails.
struct UnusedLibraries {
    private static let beginnings = ["libldap-", "libldap.so.", "liblber-", "liblber.so.", "librtmp.so."]

    /// Whether a library is replaced.
    static func isReplaced(_ name: String) -> Bool { beginnings.contains { name.hasPrefix($0) } }

    /// A symbol that others may ask for.
    struct Symbol: Equatable {
        let name: String
        /// `nil` for a library without versions.
        let version: String?
        let isFunction: Bool

        /// Reads a line of `nm -D --defined-only`; `nil` for what is no function and no data.
        init?(line: Substring) {
            let words = line.split(whereSeparator: \.isWhitespace)
            guard words.count == 3, let kind = words[1].first, "TWiBDR".contains(kind) else { return nil }
            let parts = words[2].split(separator: "@")
            guard let name = parts.first, name.utf8.allSatisfy(Self.isOfName) else { return nil }
            self.name = String(name)
            version = parts.count > 1 ? parts.last.map(String.init) : nil
            isFunction = "TWi".contains(kind)
        }

        private static func isOfName(_ byte: UInt8) -> Bool {
            (97...122).contains(byte) || (65...90).contains(byte) || (48...57).contains(byte) || byte == 95
        }

        /// -1 is a failure in both libraries; so is an address of nothing.
        fileprivate var code: String { isFunction ? "long \(name)(void) { return -1; }\n" : "char \(name)[64];\n" }
    }

    /// Makes the library that takes another's place.
    static func makeReplacement(of library: String, named name: String, at path: String) async throws {
        let list = try await Tool("nm", package: "binutils").run(["-D", "--defined-only", library])
        let symbols = list.split(separator: "\n").compactMap { Symbol(line: $0) }
        let (source, script) = (path + ".c", path + ".map")
        defer { for file in [source, script] { try? FileManager.default.removeItem(atPath: file) } }
        try Data(symbols.map(\.code).joined().utf8).write(to: URL(filePath: source))
        var arguments = [
            "-shared", "-fPIC", "-nostdlib", "-fno-builtin", "-w", "-s", "-Wl,--build-id=none", "-Wl,-soname,\(name)",
            "-o",
            path, source,
        ]
        let versions = Dictionary(grouping: symbols.filter { $0.version != nil }) { $0.version ?? "" }
        if !versions.isEmpty {
            let text = versions.sorted { $0.key < $1.key }
                .map { "\($0.key) { global: \($0.value.map { "\($0.name);" }.joined(separator: " ")) };\n" }
            try Data(text.joined().utf8).write(to: URL(filePath: script))
            arguments.append("-Wl,--version-script,\(script)")
        }
        try await Tool("cc", package: "gcc").run(arguments)
    }
}
