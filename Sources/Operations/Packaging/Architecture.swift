import ChildProcess

/// The processor that a package is for.
struct Architecture {
    private static let debianNames = ["x86_64": "amd64", "aarch64": "arm64"]

    /// As `uname -m` has it.
    let name: String
    /// As Debian's packages have it.
    let debianName: String

    init(of program: String) throws {
        guard let name = ExecutableFormat.architecture(of: program), let debianName = Self.debianNames[name] else {
            throw PackageError("\(program) is not built for x86_64 or aarch64. Run 'make build' first.")
        }
        self.name = name
        self.debianName = debianName
    }
}
