import FoundationEssentials
import Telemetry
import TestSupport
import Testing

/// The real `apus`, as its user calls it.
struct CommandLineTests {
    @Test func helpNamesEveryCommandAndOption() async throws {
        let help = try await BuiltProgram.apus("--help")
        #expect(help.code == 0 && help.errors.isEmpty)
        for word in [
            "up", "stage", "package", "doctor", "reembed", "backup", "restore", "verify", "migrate", "eval", "bench",
        ] { #expect(help.output.contains("\n  \(word) "), "\(word)") }
        for option in [
            "data DIR", "port PORT", "base-port PORT", "address ADDRESS", "keep N", "embed-anew", "messages-only",
            "to VERSION", "output DIR", "help", "version",
        ] { #expect(help.output.contains("\n  --\(option)"), "\(option)") }
    }

    @Test func theVersionIsTheProducts() async throws {
        #expect(try await BuiltProgram.apus("--version").output == "apus \(Product.version)\n")
    }

    /// A mistake has code 64 and says what is wrong before anything is started.
    @Test(arguments: [
        ([], "a command is missing"), (["fly"], "unknown command fly"), (["up", "--fast"], "unknown option --fast"),
        (["up", "--port", "70000"], "--port must be a port from 0 to 65535, not 70000"),
        (["up", "--port"], "--port needs a value"),
        (["restore", "a", "--embed-anew=yes"], "--embed-anew takes no value"),
        (["backup"], "backup needs the name of a file or a folder"), (["backup", "a", "b"], "backup needs the name"),
        (["backup", "/nonexistent/file", "--keep", "3"], "--keep goes with a folder; /nonexistent/file is none"),
        (["backup", "/tmp", "--keep", "0"], "--keep must be a number from 1 to 10000, not 0"),
        (["restore"], "restore needs the name of a backup"),
        (["restore", "a", "--embed-anew", "--messages-only"], "--embed-anew and --messages-only do not go together"),
        (["migrate"], "the commands are 'migrate status'"),
        (["migrate", "sideways"], "the commands are 'migrate status'"),
        (["migrate", "down"], "migrate down needs --to VERSION"),
        (["migrate", "up", "--to", "999"], "--to must be a number"),
        (["migrate", "status", "--to", "1"], "the commands are 'migrate status'"),
    ])
    func aMistakeIsExplained(words: [String], reason: String) async throws {
        let result = try await BuiltProgram(BuiltProgram.path("apus"), words)
        #expect(result.code == 64, "\(words)")
        #expect(result.errors.hasPrefix("apus: ") && result.errors.contains(reason), "\(result.errors)")
        #expect(result.errors.hasSuffix("Try 'apus --help'.\n") && result.output.isEmpty)
    }

    /// What goes wrong later has code 1.
    @Test(arguments: [
        (["stage", "video"], "there is no app video"),
        (["verify", "/nonexistent/file"], "/nonexistent/file cannot be used"),
        (["restore", "/dev/null"], "/dev/null cannot be used"),
    ])
    func whatCannotBeDoneIsExplained(words: [String], reason: String) async throws {
        let result = try await BuiltProgram(BuiltProgram.path("apus"), words)
        #expect(result.code == 1 && result.errors.contains(reason), "\(result.errors)")
    }

    @Test func settingsThatAreWrongAreAllNamed() async throws {
        let result = try await BuiltProgram.apus(
            "reembed", environment: ["APUS_CHROMA_URL": "no address", "APUS_EMBEDDINGS_URL": "neither"])
        #expect(result.code == 1)
        #expect(result.errors.contains("APUS_CHROMA_URL") && result.errors.contains("APUS_EMBEDDINGS_URL"))
    }

    @Test func theDoctorsCodeSaysWhetherAnythingIsMissing() async throws {
        let result = try await BuiltProgram.apus("doctor")
        let lines = result.output.split(separator: "\n")
        #expect(lines.count > 8 && lines.allSatisfy { $0.hasPrefix("ok      ") || $0.hasPrefix("MISSING ") })
        #expect(result.code == (lines.contains { $0.hasPrefix("MISSING") } ? 1 : 0))
    }

    // MARK: - Measuring

    @Test func benchIsTheProgramBesideIt() async throws {
        let help = try await BuiltProgram.apus("bench", "--help")
        #expect(help.code == 0 && help.output.contains("Usage: apus-bench "))
        for word in ["product", "vectors", "million-vectors", "azure", "functions", "models", "--check", "--json FILE"]
        {
            #expect(help.output.contains("  \(word)"), "\(word)")
        }
        let mistake = try await BuiltProgram.apus("bench", "nothing")
        #expect(mistake.code == 64 && mistake.errors.contains("nothing cannot be measured"))
    }

    @Test(arguments: [
        (["--check", "azure"], "--check measures all that it needs"),
        (["--check", "--json", "f"], "--check measures all"),
        (["azure", "functions"], "azure functions cannot be measured"),
        (["azure", "--runs", "0"], "--runs must be a number"),
        (["--documents", "/nonexistent"], "/nonexistent does not exist"), (["azure-client"], "needs an endpoint"),
    ])
    func aMistakeInMeasuringIsExplained(words: [String], reason: String) async throws {
        let result = try await BuiltProgram(BuiltProgram.path("apus-bench"), words)
        #expect(result.code == 64 && result.errors.contains(reason), "\(result.errors)")
    }

    /// An installed package: the program, its files, nothing that measures.
    @Test func withoutTheProgramThatMeasuresBenchSaysSo() async throws {
        let root = try Fixtures.temporaryDirectory()
        defer { try? FileManager.default.removeItem(atPath: root) }
        for folder in ["bin", "apps"] {
            try FileManager.default.createDirectory(atPath: "\(root)/\(folder)", withIntermediateDirectories: true)
        }
        try Data("{}".utf8).write(to: URL(filePath: root + "/host.json"))
        // By another process: no child that is forked meanwhile holds the file open, which could then not be started.
        let copy = try await BuiltProgram("/bin/cp", [BuiltProgram.path("apus"), root + "/bin/apus"])
        #expect(copy.code == 0)
        let result = try await BuiltProgram(root + "/bin/apus", ["bench", "vectors"])
        #expect(result.code == 1 && result.output.isEmpty)
        #expect(result.errors.contains("\(root)/bin/apus-bench is not there; packages come without it"))
    }
}

/// `scripts/compare-bench`.
struct ComparisonTests {
    private func compare(_ before: String, _ after: String) async throws -> BuiltProgram {
        let folder = try Fixtures.temporaryDirectory()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        for (name, figures) in [("before", before), ("after", after)] {
            let text = #"{"benchmark":"azure","machine":"m","figures":[\#(figures)]}"#
            try Data(text.utf8).write(to: URL(filePath: "\(folder)/\(name)"))
        }
        return try await BuiltProgram(
            "/usr/bin/env",
            ["python3", Fixtures.root + "/scripts/compare-bench", folder + "/before", folder + "/after"])
    }

    private func figure(_ name: String, _ value: String, _ better: String) -> String {
        #"{"name":"\#(name)","value":\#(value),"unit":"ms","better":"\#(better)"}"#
    }

    @Test func ratiosSayHowMuchBetterItBecameAndTheLowestStandsLast() async throws {
        let result = try await compare(
            figure("time", "4", "lower") + "," + figure("rate", "100", "higher"),
            figure("time", "2", "lower") + "," + figure("rate", "75", "higher"))
        let lines = result.output.split(separator: "\n")
        #expect(result.code == 0, "\(result.errors)")
        #expect(lines.contains { $0.hasPrefix("time") && $0.hasSuffix("2.00×") })
        #expect(lines.contains { $0.hasPrefix("rate") && $0.hasSuffix("0.75×") })
        #expect(lines.last == "lowest: 0.75× (rate)")
    }

    @Test func whatOnlyOneSideHasAndWhatIsNoNumberHaveNoRatio() async throws {
        let result = try await compare(
            figure("old", "1", "lower") + "," + figure("none", "null", "lower"),
            figure("new", "1", "lower") + "," + figure("none", "3", "lower"))
        #expect(result.code == 0, "\(result.errors)")
        #expect(result.output.contains("old   only before") && result.output.contains("new   only after"))
        #expect(!result.output.contains("lowest"))
    }
}
