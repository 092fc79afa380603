import ChildProcess
import Glibc

/// A program of the machine that packages are made with.
struct Tool {
    private let path: String

    private static let folders = ["/usr/bin", "/bin", "/usr/sbin", "/sbin", "/usr/local/bin"]

    /// - Parameter package: Debian's package that has it.
    init(_ name: String, package: String) throws {
        guard let folder = Self.folders.first(where: { access("\($0)/\(name)", X_OK) == 0 }) else {
            throw PackageError("\(name) is not installed. Install Debian's package \(package), or run 'make package'.")
        }
        path = "\(folder)/\(name)"
    }

    /// Runs it to its end and returns what it printed.
    ///
    /// - Throws: `PackageError` with its own words when it fails.
    @discardableResult
    func run(_ arguments: [String], environment: [String: String] = [:], directory: String? = nil) async throws
        -> String
    {
        var command = Subprocess.Command(path, arguments)
        command.environment = ["PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8"].merging(environment) { $1 }
        command.directory = directory
        let result = try await Subprocess.run(command, timeout: .seconds(600), outputLimit: 16 << 20)
        guard result.code == 0 else {
            throw PackageError("\(path) failed with code \(result.code): \(result.errors.prefix(2000))")
        }
        return String(decoding: result.output, as: UTF8.self)
    }
}
