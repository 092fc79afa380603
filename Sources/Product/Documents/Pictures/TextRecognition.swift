import ChildProcess
import DocumentReading
import Glibc
import TextSearch

/// Reads the words of a picture with tesseract, within the limits of the program that calls it.
struct TextRecognition: Sendable {
    private static let program = "tesseract"
    private static let folders = ["./bin", "/usr/bin", "/usr/local/bin", "/bin"]
    /// Where a packaged one has its data.
    private static let packagedData = "./share/tessdata"
    private static let outputLimit = 16 << 20

    /// Why nothing can be recognised on this machine.
    struct Missing: Error {
        /// Debian's packages that have it.
        let packages: [String]
    }

    private let path: String
    /// As tesseract names them, such as `eng+deu`.
    let languages: String

    /// - Throws: `Missing` where tesseract is not installed.
    init(languages: [String] = RecognitionLanguages.wanted) throws(Missing) {
        guard let folder = Self.folders.first(where: { access("\($0)/\(Self.program)", X_OK) == 0 }) else {
            throw Missing(packages: ["tesseract-ocr"] + languages.map(RecognitionLanguages.package))
        }
        path = "\(folder)/\(Self.program)"
        self.languages = languages.joined(separator: "+")
    }

    /// The words of a picture in one of the formats that tesseract reads, in the order of reading.
    ///
    /// - Parameters:
    ///   - dots: For each inch.
    ///   - end: When it has to be done.
    /// - Throws: `Missing` when the data of a language is not there; `ExtractionError` when a limit is passed.
    func text(of picture: [UInt8], dots: Int, before end: ContinuousClock.Instant) async throws -> RecognisedText {
        var command = Subprocess.Command(path, ["-", "-", "-l", languages, "--dpi", String(dots), "--psm", "3"])
        command.arguments += ["-c", "tessedit_create_tsv=1"]
        // Several threads wait for each other more than they gain, most of all on a busy machine.
        command.environment = ["PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "OMP_THREAD_LIMIT": "1"]
        if access(Self.packagedData, R_OK) == 0 { command.arguments += ["--tessdata-dir", Self.packagedData] }
        command.limits.cpuSeconds = ReaderLimits.processorSeconds
        command.limits.addressSpaceBytes = ReaderLimits.addressSpaceBytes
        command.limits.fileBytes = ReaderLimits.fileBytes
        command.limits.openFiles = ReaderLimits.openFiles
        let result = try await Subprocess.run(
            command, input: picture,
            timeout: max(.seconds(1), min(.seconds(ReaderLimits.processorSeconds), end - .now)),
            outputLimit: Self.outputLimit)
        // It goes on without a language that it does not have.
        let missing = languages.split(separator: "+").map(String.init).filter {
            result.errors.contains("Failed loading language '\($0)'")
        }
        if !missing.isEmpty { throw Missing(packages: missing.map(RecognitionLanguages.package)) }
        if result.code == 0, !result.overflowed { return RecognisedText(result.output) }
        throw ExtractionError.tooComplex("a page is a picture that cannot be read")
    }
}
