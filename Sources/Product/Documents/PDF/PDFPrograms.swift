import ChildProcess
import DocumentReading
import Glibc
import TextSearch

/// Poppler's programs over one PDF, within the limits of the program that calls them.
struct PDFPrograms: Sendable {
    private static let folders = ["./bin", "/usr/bin", "/usr/local/bin", "/bin"]

    /// The file.
    let path: String
    /// What is read in place of the file's content.
    var content: [UInt8]?

    /// Runs one of them over the file to its end.
    ///
    /// - Parameters:
    ///   - options: What stands before the file's name.
    ///   - rest: What stands behind it.
    /// - Throws: `ExtractionError` when the file cannot be read, `ReadingFailure` when the program is not there.
    func run(
        _ program: String, _ options: [String] = [], _ rest: [String] = [], outputLimit: Int = ReaderLimits.textBytes
    ) async throws -> Subprocess.Output {
        guard let folder = Self.folders.first(where: { access($0 + "/" + program, X_OK) == 0 }) else {
            throw ReadingFailure(reason: "\(program) is not installed; Debian's package poppler-utils has it")
        }
        var command = Subprocess.Command(
            folder + "/" + program, options + [content == nil ? path : "-"] + rest)
        command.environment = ["PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"]
        command.limits.cpuSeconds = ReaderLimits.processorSeconds
        command.limits.addressSpaceBytes = ReaderLimits.addressSpaceBytes
        command.limits.fileBytes = ReaderLimits.fileBytes
        command.limits.openFiles = ReaderLimits.openFiles
        let result = try await Subprocess.run(
            command, input: content ?? [], timeout: .seconds(ReaderLimits.seconds), outputLimit: outputLimit)
        if result.code == 0, !result.overflowed { return result }
        if result.errors.contains("Incorrect password") { throw ExtractionError.passwordProtected }
        if let claimed = Self.claimedPages(result.errors), claimed > ReaderLimits.pages {
            throw ExtractionError.tooComplex("it claims \(claimed) pages, the limit is \(ReaderLimits.pages)")
        }
        throw ExtractionError(limitPassedBy: result) ?? .damaged("it cannot be opened as a PDF")
    }

    /// Ranges that have all of some pages in them.
    ///
    /// - Parameters:
    ///   - numbers: In order.
    ///   - gap: Pages between two that are taken along.
    static func ranges(_ numbers: [Int], gap: Int = 8, longest: Int = .max) -> [ClosedRange<Int>] {
        var ranges: [ClosedRange<Int>] = []
        for number in numbers {
            if let last = ranges.last, number - last.upperBound <= gap + 1, number - last.lowerBound < longest {
                ranges[ranges.count - 1] = last.lowerBound...number
            } else {
                ranges.append(number...number)
            }
        }
        return ranges
    }

    /// The number in poppler's complaint about a file that claims more pages than it has objects.
    private static func claimedPages(_ complaint: String) -> Int? {
        guard let start = complaint.firstRange(of: "Page count (") else { return nil }
        return Int(complaint[start.upperBound...].prefix { $0.isNumber })
    }
}
