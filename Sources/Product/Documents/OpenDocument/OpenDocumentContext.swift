import DocumentReading
import Markup

/// What all texts of one OpenDocument file have in common: its styles, how far its lists have counted, and what is found
/// beside the text.
final class OpenDocumentContext {
    /// A note or a comment, with the page on which its mark stands.
    struct Note {
        let page: Int
        let line: String
    }

    /// A page style, with the page on which it begins.
    struct MasterUse {
        let name: String?
        let page: Int
    }

    /// Objects in objects that are looked at.
    private static let mostObjects = 2
    private static let mostCells = 2_000_000

    let package: OfficePackage
    let styles: OpenDocumentStyles
    /// How many objects it lies in.
    let depth: Int
    var numbering = OpenDocumentNumbering()
    var report = ReadingReport()
    /// The page that is being read, from 1.
    var page = 1
    var notes: [Note] = []
    var endnotes: [String] = []
    var comments: [Note] = []
    var masters: [MasterUse] = []
    /// What forms' fields hold, by their names.
    var fields: [String: String] = [:]
    private var commentCount = 0
    private var bytes = 0
    private var cells = 0

    init(_ package: OfficePackage, _ styles: OpenDocumentStyles, depth: Int = 0) {
        self.package = package
        self.styles = styles
        self.depth = depth
    }

    /// The next comment's mark.
    func commentMark() -> String {
        commentCount += 1
        return "[c\(commentCount)]"
    }

    /// Counts text that comes out, so that a small file cannot make a large one.
    ///
    /// - Throws: `ExtractionError`.
    func count(_ text: String, times: Int = 1) throws {
        let (added, isTooMuch) = (text.utf8.count + 1).multipliedReportingOverflow(by: max(1, times))
        let (sum, isOver) = bytes.addingReportingOverflow(added)
        guard !isTooMuch, !isOver, sum <= 2 * ReaderLimits.textBytes else {
            throw ExtractionError.tooComplex("it holds more than \(ReaderLimits.textBytes >> 20) MiB of text")
        }
        bytes = sum
    }

    /// Counts cells that have something, also those that only a number says to be repeated.
    ///
    /// - Throws: `ExtractionError`.
    func count(cells added: Int) throws {
        let (sum, isOver) = cells.addingReportingOverflow(added)
        guard !isOver, sum <= Self.mostCells else {
            throw ExtractionError.tooComplex("it has more than \(Self.mostCells) cells")
        }
        cells = sum
    }

    /// The text of an object that lies in the file, such as a formula or a chart.
    ///
    /// - Returns: `isFormula` where it belongs into the line.
    /// - Throws: `ExtractionError`.
    func object(_ reference: String) throws -> (text: String, isFormula: Bool)? {
        var name = reference[...]
        while name.hasPrefix("./") { name = name.dropFirst(2) }
        while name.hasSuffix("/") { name = name.dropLast() }
        let part = name + "/content.xml"
        guard !name.isEmpty, depth < Self.mostObjects, let bytes = try package.part(String(part)) else {
            report.warn("An object in it, such as a formula or a chart, could not be read and was left out.")
            return nil
        }
        let styles = try OpenDocumentStyles(bytes, ["automatic-styles"])
        let inner = OpenDocumentContext(package, styles, depth: depth + 1)
        inner.page = page
        var formula = HTMLText()
        var text = OpenDocumentText(inner, .other)
        var root: String?
        try OfficePackage.reading {
            try MarkupReader.events(bytes) { event in
                if root == nil, case .start(let name, _) = event { root = name }
                if root == "math" { try formula.take(event) } else { try text.take(event) }
            }
        }
        let found = root == "math" ? formula.text : try text.takeText()
        try count(found)
        // What is hidden in it, such as in a small document, is hidden here.
        report.take(inner.report)
        return (found, root == "math")
    }
}
