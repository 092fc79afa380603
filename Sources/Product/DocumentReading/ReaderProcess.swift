import ChildProcess
public import JSONCoding
import ProgramSupport
public import TaskTools

/// Has files of strangers read by the program `document-reader`, which stands beside the running one: outside the address
/// space that holds secrets, confined, and within `ReaderLimits`.
public enum ReaderProcess {
    /// What was learnt about a document; its text and passages lie in the folder.
    public struct Reading: Sendable {
        public let pages: Int
        /// Pages on which there is nothing to read.
        public let pagesWithoutText: Int
        public let passages: Int
        /// ISO 639-1 code, if a language stands out.
        public let language: String?
        /// What was left out of the text, and why.
        public let report: JSONValue
    }

    /// A web page's title and text.
    public struct WebPage: Sendable {
        public let title: String?
        public let text: String
    }

    /// The program's name.
    public static let program = "document-reader"
    private static let slots = Slots(ReaderLimits.atOnce)
    /// For pages, for which somebody waits, apart from what is read: whoever has one drawn, or its words looked for, brings
    /// the document into its folder only in one of these.
    public static let pageSlots = Slots(ReaderLimits.drawnAtOnce)

    /// Reads the document that lies in a folder.
    ///
    /// - Throws: `ExtractionError`; `ReadingFailure` when the machine fails, not the document.
    public static func read(_ folder: ReadingFolder, as type: MediaType) async throws -> Reading {
        let found = try await run(
            ["file", type.rawValue, folder.path], writable: [folder.path],
            processorSeconds: ReaderLimits.processorSeconds, seconds: ReaderLimits.seconds, outputLimit: 64 << 10)
        guard let pages = found["pages"]?.int, let blank = found["pagesWithoutText"]?.int,
            let passages = found["passages"]?.int, (0...Int64(ReaderLimits.passages)).contains(passages)
        else { throw ReadingFailure(reason: "the reader's answer cannot be read") }
        return Reading(
            pages: Int(clamping: pages), pagesWithoutText: Int(clamping: blank), passages: Int(passages),
            language: found["language"]?.string, report: found["report"] ?? [:])
    }

    /// Reads a web page.
    ///
    /// - Throws: as `read(_:as:)`.
    public static func read(page: [UInt8], isHTML: Bool) async throws -> WebPage {
        let found = try await run(
            ["page", isHTML ? "html" : "text"], input: page, writable: [],
            processorSeconds: ReaderLimits.webPageSeconds, seconds: ReaderLimits.webPageSeconds,
            outputLimit: 4 * ReaderLimits.webPageBytes)
        guard let text = found["text"]?.string else {
            throw ReadingFailure(reason: "the reader's answer cannot be read")
        }
        return WebPage(title: found["title"]?.string, text: text)
    }

    /// Draws a page of the PDF that lies in a folder.
    ///
    /// - Parameters:
    ///   - page: From 1.
    ///   - width: Pixels; a page that is very long gets fewer.
    /// - Returns: The path of a JPEG file.
    /// - Throws: as `read(_:as:)`.
    public static func draw(_ folder: ReadingFolder, page: Int, width: Int) async throws -> String {
        _ = try await run(
            ["draw", String(page), String(width), folder.path], writable: [folder.path], slots: nil,
            processorSeconds: ReaderLimits.drawingSeconds, seconds: ReaderLimits.drawingSeconds, outputLimit: 4096)
        return folder.picture + ".jpg"
    }

    /// Finds the places of a page's words: of the PDF that lies in a folder, for the text beside it.
    ///
    /// - Returns: The path of a file with a JSON array.
    /// - Throws: as `read(_:as:)`.
    public static func placeWords(_ folder: ReadingFolder, page: Int) async throws -> String {
        _ = try await run(
            ["words", String(page), folder.path], writable: [folder.path], slots: nil,
            processorSeconds: ReaderLimits.drawingSeconds, seconds: ReaderLimits.drawingSeconds, outputLimit: 4096)
        return folder.words
    }

    /// Unpacks the ZIP archive that lies in a folder.
    ///
    /// - Returns: The name of each entry, with the path of its file or what is wrong with it.
    /// - Throws: as `read(_:as:)`.
    public static func unpack(_ folder: ReadingFolder) async throws -> [(
        name: String, file: Result<String, ExtractionError>
    )] {
        let found = try await run(
            ["unpack", folder.path], writable: [folder.path], processorSeconds: ReaderLimits.processorSeconds,
            seconds: ReaderLimits.seconds, outputLimit: 8 << 20)
        guard let entries = found["entries"]?.array, entries.count <= ReaderLimits.archiveEntries else {
            throw ReadingFailure(reason: "the reader's answer cannot be read")
        }
        return entries.map { entry in
            let name = entry["name"]?.string ?? ""
            if let number = entry["file"]?.int, (0..<Int64(entries.count)).contains(number) {
                return (name, .success(folder.entry(Int(number))))
            }
            return (
                name,
                .failure(
                    ExtractionError(
                        code: entry["error"]?["code"]?.string ?? "damaged",
                        detail: entry["error"]?["detail"]?.string ?? ExtractionError.damaged("it is empty").detail))
            )
        }
    }

    private static func run(
        _ arguments: [String], input: [UInt8] = [], writable: [String], slots: Slots? = slots, processorSeconds: Int,
        seconds: Int, outputLimit: Int
    ) async throws -> JSONValue {
        var command = Subprocess.Command("\(ProgramLife.executableFolder)/\(program)", arguments)
        command.environment = ["PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"]
        if let languages = RecognitionLanguages.value {
            command.environment?[RecognitionLanguages.setting] = languages
        }
        command.limits.cpuSeconds = processorSeconds
        command.limits.addressSpaceBytes = ReaderLimits.addressSpaceBytes
        command.limits.fileBytes = ReaderLimits.fileBytes
        command.limits.openFiles = ReaderLimits.openFiles
        command.confinement = Confinement(readable: Confinement.systemFolders, writable: writable)
        let prepared = command
        func output() async throws -> Subprocess.Output {
            try await Subprocess.run(prepared, input: input, timeout: .seconds(seconds), outputLimit: outputLimit)
        }
        let result = if let slots { try await slots.run(output) } else { try await output() }
        // Whoever is cancelled has killed the program.
        try Task.checkCancellation()
        if let error = ExtractionError(limitPassedBy: result) { throw error }
        if result.code > 128 { throw ExtractionError.damaged("the program that reads it broke off") }
        guard result.code == 0, let found = try? JSONParser.parse(result.output) else {
            throw ReadingFailure(reason: "\(program) ended with \(result.code): \(result.errors.prefix(500))")
        }
        if let code = found["error"]?["code"]?.string, let detail = found["error"]?["detail"]?.string {
            throw ExtractionError(code: code, detail: detail)
        }
        return found
    }
}
