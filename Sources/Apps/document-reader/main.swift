import DocumentReading
import Documents
import Glibc
import JSONCoding
import Markup
import ProgramSupport
import Telemetry

// Reads one document, or one web page, of a stranger and says what is in it, as one JSON object on standard output. A
// program of its own, so that such files are parsed outside the address space that holds secrets, and within limits.
//
//     document-reader file MEDIA-TYPE FOLDER    reads FOLDER/original, writes FOLDER/text.json and FOLDER/passages
//     document-reader draw PAGE WIDTH FOLDER    draws a page of FOLDER/original, a PDF, as FOLDER/picture.jpg
//     document-reader words PAGE FOLDER         finds the words of FOLDER/page.json there, writes FOLDER/words.json
//     document-reader unpack FOLDER             unpacks FOLDER/original, a ZIP archive, as FOLDER/entry-0 and so on
//     document-reader page html|text            reads standard input, prints title and text

/// Everything on standard input.
func readInput(limit: Int) throws(ReadingFailure) -> [UInt8] {
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 65536)
    while true {
        let count = read(STDIN_FILENO, &buffer, buffer.count)
        if count < 0, errno == EINTR { continue }
        guard count > 0 else { return bytes }
        bytes += buffer[..<count]
        guard bytes.count <= limit else { throw ReadingFailure(reason: "the page has more than \(limit) bytes") }
    }
}

/// Does what the arguments say.
func work() async throws -> JSONValue {
    let arguments = Array(CommandLine.arguments.dropFirst())
    switch arguments.first {
    case "file" where arguments.count == 3:
        guard let type = MediaType(rawValue: arguments[1]) else { return ["error": ExtractionError.unsupported.json] }
        return try await DocumentJob(ReadingFolder(path: arguments[2]), as: type).run()
    case "draw" where arguments.count == 4:
        guard let page = Int(arguments[1]), let width = Int(arguments[2]) else { break }
        return try await answer { try await PageJob(ReadingFolder(path: arguments[3]), page: page).draw(width: width) }
    case "words" where arguments.count == 3:
        guard let page = Int(arguments[1]) else { break }
        return try await answer { try await PageJob(ReadingFolder(path: arguments[2]), page: page).placeWords() }
    case "unpack" where arguments.count == 2:
        return try ArchiveJob(ReadingFolder(path: arguments[1])).run()
    case "page" where arguments.count == 2:
        return WebPage(try readInput(limit: ReaderLimits.webPageBytes), isHTML: arguments[1] == "html").json
    default: break
    }
    throw ReadingFailure(
        reason: "usage: document-reader file MEDIA-TYPE FOLDER | draw PAGE WIDTH FOLDER | words PAGE FOLDER | "
            + "unpack FOLDER | page html|text")
}

/// What is wrong with a document is an answer, too.
func answer(_ job: () async throws -> Void) async throws -> JSONValue {
    do {
        try await job()
        return [:]
    } catch let error as ExtractionError {
        return ["error": error.json]
    }
}

ProgramLife.begin()
ProgramLife.adoptPackagedEncodings()
MarkupReader.endWithoutMemory(code: ReaderLimits.noMemoryCode)
do {
    writeAll(try await work().text + "\n", to: STDOUT_FILENO)
} catch {
    writeAll("document-reader: \(error)\n", to: STDERR_FILENO)
    exit(EXIT_FAILURE)
}
