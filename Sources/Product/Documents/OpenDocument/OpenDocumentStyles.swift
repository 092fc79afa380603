import DocumentReading
import Markup

/// The styles of an OpenDocument file by family and name: those that everybody sees, and on top of them the automatic ones
/// of one part, whose names mean something else in the other part.
struct OpenDocumentStyles {
    /// A page style.
    struct MasterPage {
        var name: String
        var next: String?
        var layout: String?
    }

    private static let mostStyles = 100_000
    /// A style's parents; more are a circle.
    private static let mostParents = 64

    private var styles: [String: OpenDocumentStyle] = [:]
    private var lists: [String: OpenDocumentListStyle] = [:]
    /// How headings are numbered.
    private(set) var outline = OpenDocumentListStyle()
    /// In the order of the file: the first is that of pages of which nothing is said.
    private(set) var masterPages: [MasterPage] = []
    /// Widths and heights of pages by their layouts, in points.
    private(set) var sheets: [String: (width: Double, height: Double)] = [:]
    /// What is behind text where nothing is said.
    private(set) var ground = WordFill.colour(0xFFFFFF)

    /// Reads the styles of a part.
    ///
    /// - Parameters:
    ///   - wanted: The elements that hold them: `styles`, `automatic-styles`, `master-styles`.
    ///   - common: The styles that are there already.
    /// - Throws: `ExtractionError`.
    init(_ bytes: [UInt8], _ wanted: Set<String>, over common: OpenDocumentStyles? = nil) throws {
        if let common { self = common }
        var builder: XMLTreeBuilder?
        var isWanted = false
        let names: Set = ["style", "default-style", "list-style", "outline-style", "page-layout"]
        do {
            try OfficePackage.reading {
                try MarkupReader.events(bytes) { event in
                    switch event {
                    case .start("body", _): throw Reached.body
                    case .start("styles", _), .start("automatic-styles", _), .start("master-styles", _):
                        if case .start(let name, _) = event, builder == nil { isWanted = wanted.contains(name) }
                    case .start("master-page", let attributes) where isWanted: try add(masterPage: attributes)
                    case .start(let name, _) where isWanted && builder == nil && names.contains(name):
                        builder = XMLTreeBuilder()
                    default: break
                    }
                    if let node = builder?.take(event) {
                        builder = nil
                        try add(node)
                    }
                }
            }
        } catch Reached.body {}
    }

    /// What ends the reading of styles.
    private enum Reached: Error { case body }

    private mutating func add(masterPage attributes: [String: String]) throws {
        try checkCount()
        masterPages.append(
            MasterPage(
                name: attributes["name"] ?? "", next: attributes["next-style-name"],
                layout: attributes["page-layout-name"]))
    }

    private mutating func add(_ node: XMLNode) throws {
        try checkCount()
        let name = node.attributes["name"] ?? ""
        switch node.name {
        case "list-style": lists[name] = OpenDocumentListStyle(node)
        case "outline-style": outline = OpenDocumentListStyle(node)
        case "page-layout":
            let values = node["page-layout-properties"]?.attributes ?? [:]
            if let width = values["page-width"].flatMap(OpenDocumentStyle.points),
                let height = values["page-height"].flatMap(OpenDocumentStyle.points)
            {
                sheets[name] = (width, height)
            }
            // Which pages have it is not looked at: where one has a ground, that of the others is not known either.
            let hasFill = values["fill"].map { $0 != "none" } ?? false
            let isWhite =
                values["background-color"].map { ["transparent", "#ffffff"].contains($0.lowercased()) } ?? true
            let hasPicture = node["page-layout-properties"]?["background-image"]?.attributes["href"] != nil
            if hasFill || !isWhite || hasPicture { ground = .unknown }
        case "default-style": styles[Self.key("", node.attributes["family"] ?? "")] = OpenDocumentStyle(node)
        default: styles[Self.key(name, node.attributes["family"] ?? "")] = OpenDocumentStyle(node)
        }
    }

    private func checkCount() throws {
        guard styles.count + lists.count + masterPages.count < Self.mostStyles else {
            throw ExtractionError.tooComplex("it has more than \(Self.mostStyles) styles")
        }
    }

    private static func key(_ name: String, _ family: String) -> String { family + "\u{0}" + name }

    /// A style with what its parents say; the family's default for one that does not exist.
    func style(_ name: String?, _ family: String) -> OpenDocumentStyle {
        var result = OpenDocumentStyle()
        var next = name
        for _ in 0..<Self.mostParents {
            guard let name = next, !name.isEmpty, let style = styles[Self.key(name, family)] else { break }
            result = result.over(style)
            next = style.parent
        }
        return styles[Self.key("", family)].map { result.over($0) } ?? result
    }

    /// A list's style; `nil` when there is none of that name.
    func list(_ name: String?) -> OpenDocumentListStyle? { name.flatMap { lists[$0] } }

    /// A page style by its name; the first where none is named.
    func masterPage(_ name: String?) -> MasterPage? {
        guard let name, !name.isEmpty else { return masterPages.first }
        return masterPages.first { $0.name == name }
    }
}
