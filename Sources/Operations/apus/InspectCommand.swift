import DocumentReading
import FoundationEssentials
import Glibc
import JSONCoding
import Problems
import ProgramSupport
import Telemetry

/// Reads a file as an upload would, without a server, and says how it was read.
func inspect(_ options: ProgramOptions) async throws {
    guard options.words.count == 2, let path = options.words.last else { options.fail("inspect: name one file") }
    let name = String(path.split(separator: "/").last ?? "")
    let manager = FileManager.default
    guard let content = manager.contents(atPath: path) else { throw CommandError("\(path) cannot be read") }
    let prefix = Array(content.prefix(MediaType.prefixBytes))
    guard let type = MediaType.recognise(prefix, name: name) else {
        throw CommandError(
            "\(name) is of none of the kinds that can be read: \(MediaType.titles). \(MediaType.remedy(prefix, name: name) ?? "Convert it and try again.")"
        )
    }
    let folder = try ReadingFolder(in: manager.temporaryDirectory.path)
    defer { try? manager.removeItem(atPath: folder.path) }
    try content.write(to: URL(filePath: folder.original))
    let reading: ReaderProcess.Reading
    do {
        reading = try await ReaderProcess.read(folder, as: type)
    } catch let error as ExtractionError {
        throw CommandError("\(name) (\(type.title)): \(error.detail)")
    }
    let text = try manager.contents(atPath: folder.text).map { try JSONParser.parse(Array($0)) }
    let first = text?["pages"]?.array?.lazy.compactMap { $0["text"]?.string }.first { !$0.isEmpty } ?? ""
    let inspection = Inspection(name: name, type: type, reading: reading, beginning: String(first.prefix(300)))
    writeAll(options.flag("json") ? inspection.json.text + "\n" : inspection.lines, to: STDOUT_FILENO)
}

/// What `apus inspect` says of a file.
private struct Inspection {
    let name: String
    let type: MediaType
    let reading: ReaderProcess.Reading
    /// How its text begins.
    let beginning: String

    var json: JSONValue {
        var object: JSONObject = [
            "name": .string(name), "mediaType": .string(type.rawValue), "pages": .int(Int64(reading.pages)),
            "pagesWithoutText": .int(Int64(reading.pagesWithoutText)), "passages": .int(Int64(reading.passages)),
            "language": .optional(reading.language), "beginning": .string(beginning),
        ]
        for (name, value) in reading.report.object?.members ?? [] { object[name] = value }
        return .object(object)
    }

    var lines: String {
        var lines = [
            "\(name): \(type.title), \(counted(reading.pages, "page")), \(counted(reading.passages, "passage"))"
        ]
        if reading.pagesWithoutText > 0 { lines.append("without text: \(counted(reading.pagesWithoutText, "page"))") }
        if let language = reading.language { lines.append("language: \(language)") }
        if let encoding = reading.report["encoding"]?.string { lines.append("encoding: \(encoding)") }
        if let pages = reading.report["ocr"]?.array, !pages.isEmpty {
            let sure = pages.compactMap { $0["confidence"]?.double }.min() ?? 0
            lines.append("read from pictures: \(counted(pages.count, "page")), at least \(Int(100 * sure)) % sure")
        }
        for warning in reading.report["warnings"]?.array ?? [] { lines.append("note: \(warning.string ?? "")") }
        if let count = reading.report["hiddenCount"]?.int, count > 0 {
            lines.append("left out: \(counted(Int(clamping: count), "hidden text"))")
        }
        for hidden in reading.report["hidden"]?.array ?? [] {
            let place = "page \(hidden["page"]?.int ?? 0), \(hidden["how"]?.string ?? "")"
            lines.append("  \(place): “\(hidden["sample"]?.string ?? "")”")
        }
        lines += ["begins:"] + beginning.split(separator: "\n").map { "  \($0)" }
        return lines.joined(separator: "\n") + "\n"
    }
}
