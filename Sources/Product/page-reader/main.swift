import Documents
import Glibc
import JSONCoding
import ProgramSupport
import Telemetry

// Reads the title and text out of a web page on standard input and prints them as one JSON object. A program of its own,
// so that pages of strangers are parsed outside the address space that holds secrets, and within limits.

/// Everything on standard input; `nil` when it is too much.
func readInput(limit: Int) -> [UInt8]? {
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 65536)
    while true {
        let count = read(STDIN_FILENO, &buffer, buffer.count)
        if count < 0, errno == EINTR { continue }
        guard count > 0 else { return bytes }
        bytes += buffer[..<count]
        if bytes.count > limit { return nil }
    }
}

/// Reads, extracts, prints.
func run() async {
    guard let bytes = readInput(limit: WebPage.maximumBytes) else {
        writeAll("page-reader: the page has more than \(WebPage.maximumBytes) bytes\n", to: STDERR_FILENO)
        exit(EXIT_FAILURE)
    }
    let page = await WebPage(bytes, isHTML: CommandLine.arguments.dropFirst().first == "html")
    writeAll(page.json.text + "\n", to: STDOUT_FILENO)
}

ProgramLife.adoptPackagedEncodings()
await run()
