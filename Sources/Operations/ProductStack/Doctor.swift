import ChildProcess
import DocumentReading
import FoundationEssentials
import Glibc

/// Looks at what the stack needs on this machine and says what is missing and how to get it.
public struct Doctor: Sendable {
    /// One thing that was looked at.
    public struct Finding: Sendable {
        public let name: String
        /// What is wrong and what to do; `nil` when all is well.
        public let problem: String?
        /// What is not as good as it could be on another machine, and stops nothing.
        public var note: String?
    }

    /// Poppler's, which `document-reader` calls.
    private static let readersOfPDFs = ["pdftotext", "pdfinfo", "pdftohtml", "pdffonts", "pdfimages", "pdftoppm"]

    private let layout: ProductLayout

    /// Looks at the layout's files and the machine's programs.
    public init(layout: ProductLayout) { self.layout = layout }

    /// Whether scans are read, in the languages that are set.
    private var textInPictures: Finding {
        let files =
            [("/usr/bin/tesseract", "tesseract-ocr")]
            + RecognitionLanguages.wanted.map { (RecognitionLanguages.file($0), RecognitionLanguages.package($0)) }
        let missing = files.filter { access($0.0, R_OK) != 0 }.map { $0.1 }
        return Finding(
            name: "text in pictures", problem: nil,
            note: missing.isEmpty
                ? nil : "scans are not read: install Debian's \(missing.joined(separator: " and "))")
    }

    /// Everything, in the order of importance.
    ///
    /// - Parameter data: The data folder, whether or not there is one yet.
    public func findings(ports: StackPorts, data: String) -> [Finding] {
        var findings: [Finding] = []
        func check(_ name: String, _ isWell: Bool, _ remedy: String) {
            findings.append(Finding(name: name, problem: isWell ? nil : remedy))
        }
        func exists(_ path: String) -> Bool { FileManager.default.fileExists(atPath: path) }
        check(
            "PostgreSQL server", PrivatePostgres.findPrograms() != nil,
            "install Debian's package postgresql, or set APUS_DATABASE_URL")
        for program in Self.readersOfPDFs {
            check(program, access("/usr/bin/\(program)", X_OK) == 0, "install Debian's package poppler-utils")
        }
        check(
            "character maps of East Asian PDFs", exists("/usr/share/poppler/cidToUnicode"),
            "install Debian's package poppler-data")
        findings.append(textInPictures)
        check("embedding model", exists(layout.model + "/model.safetensors"), "run 'make setup'")
        check("page libraries", exists(layout.web + "/vendor/marked.js"), "run 'make setup'")
        for program in ["vm-server", "azure-emulator", "functions-host"] {
            check(program, exists(layout.program(program)), "run 'make build'")
        }
        for app in ProductLayout.apps {
            check("app \(app)", exists(layout.stagedApp(app) + "/handler"), "run 'apus stage'")
        }
        let missing = Confinement.missing
        findings.append(
            Finding(
                name: "readers of documents are confined", problem: nil,
                note: missing.isEmpty ? nil : "on this kernel " + missing.joined(separator: ", ")))
        findings.append(
            Finding(
                name: "programs run without root's rights", problem: nil,
                note: geteuid() == 0
                    ? "as root they keep root's files, and of its other rights only that to give up more; start Apus as a "
                        + "user of its own" : nil))
        let wide = PrivateFolders(data: data).wide
        check(
            "data is this user's alone", wide.isEmpty,
            "others may look into \(wide.joined(separator: ", ")); 'apus up' closes what is its user's, "
                + "'chmod go-rwx' the rest")
        let old = KnownHoles.here
        findings.append(
            Finding(
                name: "libraries without holes that are known", problem: nil,
                note: old.isEmpty ? nil : old.joined(separator: "; ") + ". Upgrade them, and make packages anew"))
        do {
            try ports.checkFree(usesEmulator: true)
            check("ports", true, "")
        } catch {
            check("ports", false, "\(error) (or the stack is running already)")
        }
        return findings
    }
}
