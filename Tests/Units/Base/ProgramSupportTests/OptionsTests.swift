import ProgramSupport
import Testing

@Suite struct OptionsTests {
    static func read(_ arguments: [String]) -> ProgramOptions {
        ProgramOptions(
            program: "prog", usage: "[options]", summary: "Does things.",
            options: [
                .init("port", "PORT", "Where to listen."), .init("root", "DIR", "What to serve."),
                .init("verbose", nil, "Says more."), .init("count", "N", "How many."),
            ], arguments: arguments)
    }

    @Test func valuesFlagsAndWordsAreRead() {
        let options = Self.read(["up", "--port", "80", "--verbose", "--root=a=b", "--root", "c", "down", "--count="])
        #expect(options.value("port") == "80")
        #expect(options.flag("verbose") && !options.flag("none"))
        #expect(options.all("root") == ["a=b", "c"])
        #expect(options.value("root") == "c")
        #expect(options.words == ["up", "down"])
        #expect(options.value("count") == "" && options.value("absent") == nil)
    }

    @Test func numbersHaveBoundsAndDefaults() {
        let options = Self.read(["--port", "65535", "--count", "3"])
        #expect(options.port("port", default: 1) == 65535)
        #expect(options.port("absent", default: 8080) == 8080)
        #expect(options.number("count", default: 1, in: 1...3) == 3)
        #expect(options.number("absent", default: 2, in: 1...3) == 2)
    }

    @Test func helpNamesEveryOptionAndEndsWell() async throws {
        let result = await #expect(processExitsWith: .success, observing: [\.standardOutputContent]) {
            _ = OptionsTests.read(["up", "--help"])
        }
        let text = String(decoding: try #require(result).standardOutputContent, as: UTF8.self)
        for part in ["Does things.", "Usage: prog [options]", "--port PORT", "--verbose", "--help", "--version"] {
            #expect(text.contains(part))
        }
    }

    @Test func theVersionIsOneLine() async throws {
        let result = await #expect(processExitsWith: .success, observing: [\.standardOutputContent]) {
            _ = OptionsTests.read(["--version"])
        }
        let text = String(decoding: try #require(result).standardOutputContent, as: UTF8.self)
        #expect(text.contains("prog 0.") || text.contains("prog 1."))
    }

    /// sysexits.h: `EX_USAGE`.
    @Test func anUnknownOptionIsAMistake() async throws {
        let result = await #expect(processExitsWith: .exitCode(64), observing: [\.standardErrorContent]) {
            _ = OptionsTests.read(["--prot", "80"])
        }
        let text = String(decoding: try #require(result).standardErrorContent, as: UTF8.self)
        #expect(text.contains("unknown option --prot") && text.contains("prog --help"))
    }

    @Test func aValueThatIsMissingIsAMistake() async {
        await #expect(processExitsWith: .exitCode(64)) { _ = OptionsTests.read(["--port"]) }
    }

    @Test func aFlagWithAValueIsAMistake() async {
        await #expect(processExitsWith: .exitCode(64)) { _ = OptionsTests.read(["--verbose=yes"]) }
    }

    @Test func aPortBeyondThemAllIsAMistake() async {
        await #expect(processExitsWith: .exitCode(64)) {
            _ = OptionsTests.read(["--port", "65536"]).port("port", default: 1)
        }
    }

    @Test func aNumberOutOfItsBoundsIsAMistake() async {
        await #expect(processExitsWith: .exitCode(64)) {
            _ = OptionsTests.read(["--count", "4"]).number("count", default: 1, in: 1...3)
        }
    }
}
