import ChildProcess
import Glibc
import Telemetry

/// Reads PDFs with poppler's programs in child processes, so that a hostile file stays outside our address space
/// and within limits of processor time, memory and output.
struct PDFReader: Sendable {
    let temporaryDirectory: String

    private static let folders = ["./bin", "/usr/bin", "/usr/local/bin", "/bin"]

    func read(_ bytes: [UInt8]) async throws -> [String] {
        let path = try store(bytes)
        defer { unlink(path) }
        let pages = try await pageCount(path)
        guard pages <= DocumentReader.maximumPages else {
            throw ExtractionError.tooComplex("it claims \(pages) pages, the limit is \(DocumentReader.maximumPages)")
        }
        let result = try await run("pdftotext", ["-enc", "UTF-8", "-eol", "unix", path, "-"], cpuSeconds: 60)
        var texts = String(decoding: result.output, as: UTF8.self)
            .split(separator: "\u{c}", omittingEmptySubsequences: false).map(String.init)
        // The program ends every page with a form feed, the last one too.
        if texts.count > 1, texts.last?.isEmpty ?? false { texts.removeLast() }
        return texts
    }

    /// Puts the bytes into a new file that only we can read.
    private func store(_ bytes: [UInt8]) throws -> String {
        let path = "\(temporaryDirectory)/apus-\(UInt64.random(in: .min ... .max)).pdf"
        let file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw ExtractionFailure(reason: "cannot write to \(temporaryDirectory)") }
        writeAll(bytes, to: file)
        // A full disk shows at the latest here.
        let isWhole = lseek(file, 0, SEEK_END) == bytes.count
        guard close(file) == 0, isWhole else {
            unlink(path)
            throw ExtractionFailure(reason: "cannot write \(bytes.count) bytes to \(temporaryDirectory)")
        }
        return path
    }

    private func pageCount(_ path: String) async throws -> Int {
        let result = try await run("pdfinfo", [path], cpuSeconds: 20)
        for line in String(decoding: result.output, as: UTF8.self).split(separator: "\n") where line.hasPrefix("Pages:")
        {
            if let count = Int(line.dropFirst(6).filter { $0 != " " }) { return count }
        }
        throw ExtractionError.damaged("its page count cannot be read")
    }

    private func run(_ program: String, _ arguments: [String], cpuSeconds: Int) async throws -> Subprocess.Output {
        guard let folder = Self.folders.first(where: { access($0 + "/" + program, X_OK) == 0 }) else {
            throw ExtractionFailure(reason: "\(program) is not installed; Debian's package poppler-utils has it")
        }
        var command = Subprocess.Command(folder + "/" + program, arguments)
        command.environment = ["PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"]
        command.limits.cpuSeconds = cpuSeconds
        command.limits.addressSpaceBytes = 1 << 30
        command.limits.fileBytes = 1 << 20
        command.limits.openFiles = 64
        let result = try await Subprocess.run(
            command, timeout: .seconds(cpuSeconds * 2), outputLimit: DocumentReader.maximumTextBytes)
        if result.overflowed { throw ExtractionError.tooComplex("it holds more than 64 MiB of text") }
        if result.timedOut || result.code == 128 + SIGXCPU || result.code == 128 + SIGKILL {
            throw ExtractionError.tooComplex("reading it takes too long")
        }
        if result.code == 0 { return result }
        if result.errors.contains("Incorrect password") { throw ExtractionError.passwordProtected }
        if let claimed = Self.claimedPages(result.errors), claimed > DocumentReader.maximumPages {
            throw ExtractionError.tooComplex("it claims \(claimed) pages, the limit is \(DocumentReader.maximumPages)")
        }
        if result.errors.contains("emory") { throw ExtractionError.tooComplex("reading it takes too much memory") }
        throw ExtractionError.damaged("it cannot be opened as a PDF")
    }

    /// The number in poppler's complaint about a file that claims more pages than it has objects.
    private static func claimedPages(_ complaint: String) -> Int? {
        guard let start = complaint.firstRange(of: "Page count (") else { return nil }
        return Int(complaint[start.upperBound...].prefix { $0.isNumber })
    }
}

/// The machine, not the document, is at fault.
struct ExtractionFailure: Error, CustomStringConvertible {
    let reason: String
    var description: String { reason }
}
