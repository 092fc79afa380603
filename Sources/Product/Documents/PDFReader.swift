import ChildProcess
import DocumentReading
import Glibc

/// Reads PDFs with poppler's programs, within the limits of the program that calls them.
struct PDFReader: Sendable {
    private static let folders = ["./bin", "/usr/bin", "/usr/local/bin", "/bin"]

    func read(_ path: String) async throws -> DocumentContent {
        let pages = try await pageCount(path)
        guard pages <= ReaderLimits.pages else {
            throw ExtractionError.tooComplex("it claims \(pages) pages, the limit is \(ReaderLimits.pages)")
        }
        let texts = try await texts(path, [])
        let hyphens = LineEndHyphens(texts)
        guard hyphens.mayBeLacking else { return DocumentContent(pages: texts) }
        // The text is there already: without its lines it lacks some hyphens, and nothing else.
        guard let lines = try? await self.texts(path, ["-raw"]), lines.count == texts.count else {
            return DocumentContent(pages: texts)
        }
        return DocumentContent(pages: zip(texts, lines).map { hyphens.restored($0, lines: $1) })
    }

    private func texts(_ path: String, _ options: [String]) async throws -> [String] {
        let result = try await run("pdftotext", options + ["-enc", "UTF-8", "-eol", "unix", path, "-"])
        var texts = String(decoding: result.output, as: UTF8.self)
            .split(separator: "\u{c}", omittingEmptySubsequences: false).map(String.init)
        // The program ends every page with a form feed, the last one too.
        if texts.count > 1, texts.last?.isEmpty ?? false { texts.removeLast() }
        return texts
    }

    private func pageCount(_ path: String) async throws -> Int {
        let result = try await run("pdfinfo", [path])
        for line in String(decoding: result.output, as: UTF8.self).split(separator: "\n") where line.hasPrefix("Pages:")
        {
            if let count = Int(line.dropFirst(6).filter { $0 != " " }) { return count }
        }
        throw ExtractionError.damaged("its page count cannot be read")
    }

    private func run(_ program: String, _ arguments: [String]) async throws -> Subprocess.Output {
        guard let folder = Self.folders.first(where: { access($0 + "/" + program, X_OK) == 0 }) else {
            throw ReadingFailure(reason: "\(program) is not installed; Debian's package poppler-utils has it")
        }
        var command = Subprocess.Command(folder + "/" + program, arguments)
        command.environment = ["PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"]
        command.limits.cpuSeconds = ReaderLimits.processorSeconds
        command.limits.addressSpaceBytes = ReaderLimits.addressSpaceBytes
        command.limits.fileBytes = ReaderLimits.fileBytes
        command.limits.openFiles = ReaderLimits.openFiles
        let result = try await Subprocess.run(
            command, timeout: .seconds(ReaderLimits.seconds), outputLimit: ReaderLimits.textBytes)
        if result.code == 0, !result.overflowed { return result }
        if result.errors.contains("Incorrect password") { throw ExtractionError.passwordProtected }
        if let claimed = Self.claimedPages(result.errors), claimed > ReaderLimits.pages {
            throw ExtractionError.tooComplex("it claims \(claimed) pages, the limit is \(ReaderLimits.pages)")
        }
        throw ExtractionError(limitPassedBy: result) ?? .damaged("it cannot be opened as a PDF")
    }

    /// The number in poppler's complaint about a file that claims more pages than it has objects.
    private static func claimedPages(_ complaint: String) -> Int? {
        guard let start = complaint.firstRange(of: "Page count (") else { return nil }
        return Int(complaint[start.upperBound...].prefix { $0.isNumber })
    }
}
