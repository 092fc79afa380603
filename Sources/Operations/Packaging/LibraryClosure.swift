import ChildProcess

/// The shared libraries that executables need, all the way down, and the loader that starts them.
struct LibraryClosure: Sendable {
    /// Name by which executables ask for a library, and where it is on this machine.
    let libraries: [String: String]
    /// The dynamic loader of this machine's C library.
    let loader: String

    /// Asks the loader itself, by `ldd`.
    ///
    /// - Parameter isReplaced: Whether a library is replaced by one that needs no other: what it alone needs is left out.
    /// - Throws: `PackageError` that names a library that is missing.
    init(of executables: [String], isReplaced: (String) -> Bool = { _ in false }) async throws {
        var libraries: [String: String] = [:]
        var loader: String?
        for executable in executables {
            let result = try await Tool("ldd", package: "libc-bin").run([executable])
            for line in result.split(separator: "\n") {
                let words = line.split(whereSeparator: \.isWhitespace).map(String.init)
                if let arrow = words.firstIndex(of: "=>"), arrow > 0, arrow + 1 < words.count {
                    guard words[arrow + 1] != "not" else {
                        throw PackageError("\(executable) needs \(words[0]), which is not installed. Run 'make setup'.")
                    }
                    libraries[words[0]] = words[arrow + 1]
                } else if let first = words.first, first.hasPrefix("/"), first.contains("/ld-linux") {
                    loader = first
                }
            }
        }
        guard let loader else { throw PackageError("\(executables.joined(separator: ", ")): no loader is named.") }
        self.libraries = try await Self.needed(by: executables, of: libraries, isReplaced)
        self.loader = loader
    }

    /// The libraries that the executables name, and those that these name.
    private static func needed(
        by executables: [String], of libraries: [String: String], _ isReplaced: (String) -> Bool
    ) async throws -> [String: String] {
        let patchelf = try Tool("patchelf", package: "patchelf")
        var needed: [String: String] = [:]
        var files = executables
        while let file = files.popLast() {
            for line in try await patchelf.run(["--print-needed", file]).split(separator: "\n") {
                let name = String(line)
                guard needed[name] == nil, let path = libraries[name] else { continue }
                needed[name] = path
                if !isReplaced(name) { files.append(path) }
            }
        }
        return needed
    }
}
