import ChildProcess
import Glibc
import HTTPMessages
import JSONCoding
import ProgramSupport

/// Has the program `page-reader`, which stands beside the running one, read the text out of a page.
struct PageText: Sendable {
    private static let cpuSeconds = 10
    private static let maximumOutputBytes = 16 << 20

    let title: String?
    let text: String

    /// Reads a page.
    ///
    /// - Throws: `ToolFailure`.
    init(_ page: WebFetcher.Page) async throws {
        var command = Subprocess.Command(
            ProgramLife.executableFolder + "/page-reader", [page.mediaType.contains("html") ? "html" : "text"])
        command.environment = [:]
        command.limits.cpuSeconds = Self.cpuSeconds
        command.limits.addressSpaceBytes = 1 << 30
        command.limits.fileBytes = 1 << 20
        command.limits.openFiles = 64
        let output = try await Subprocess.run(
            command, input: page.body, timeout: .seconds(Self.cpuSeconds), outputLimit: Self.maximumOutputBytes)
        guard output.code == 0, let json = try? JSONParser.parse(output.output) else {
            throw ToolFailure("The page cannot be read: taking it apart takes too long or too much memory.")
        }
        guard let text = json["text"]?.string else {
            throw ToolFailure(
                json["error"]?.string == "no_text" ? "There is no text on the page." : "The page cannot be read.")
        }
        title = json["title"]?.string
        self.text = text
    }
}
