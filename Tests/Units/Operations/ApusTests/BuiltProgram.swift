import ChildProcess
import FoundationEssentials
import TestSupport

/// A program of this build, run to its end.
struct BuiltProgram {
    let code: Int32
    let output: String
    let errors: String

    /// Beside the tests' own program.
    private static let folder: String = {
        let tests = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
        return tests.split(separator: "/").dropLast().reduce("") { $0 + "/" + $1 }
    }()

    static func path(_ name: String) -> String { "\(folder)/\(name)" }

    init(_ path: String, _ words: [String], directory: String? = nil, environment: [String: String] = [:]) async throws
    {
        var command = Subprocess.Command(path, words)
        var inherited = ["PATH": "/usr/bin:/bin"]
        // Where coverage is measured, that of the programs is too.
        inherited["LLVM_PROFILE_FILE"] = ProcessInfo.processInfo.environment["LLVM_PROFILE_FILE"]
        command.environment = environment.merging(inherited) { given, _ in given }
        command.directory = directory
        let result = try await Subprocess.run(command, timeout: .seconds(60), outputLimit: 1 << 20)
        code = result.code
        output = String(decoding: result.output, as: UTF8.self)
        errors = result.errors
    }

    static func apus(_ words: String..., directory: String? = nil, environment: [String: String] = [:]) async throws
        -> BuiltProgram
    {
        try await BuiltProgram(path("apus"), words, directory: directory, environment: environment)
    }
}
