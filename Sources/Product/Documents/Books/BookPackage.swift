import DocumentReading
import Markup

/// What a book in EPUB consists of (EPUB 3.3, sections 5 and 6; also EPUB 2): its chapters in their order, and their titles.
struct BookPackage {
    /// A file that belongs to the book.
    struct Item {
        let path: String?
        let type: String
        let properties: [Substring]
        let fallback: String?
    }

    private static let mostItems = 50_000
    private static let damaged = ExtractionError.damaged("").code
    /// Forms in which a chapter is there instead of one that few programs read.
    private static let mostFallbacks = 8
    private static let chapterTypes: Set = [
        "application/xhtml+xml", "text/html", "text/x-oeb1-document", "application/x-dtbook+xml",
    ]

    let title: String?
    /// The chapters: `nil` for one that lies outside of the file, or is none that can be read.
    let chapters: [Item?]
    /// Titles of the table of contents, by the files that they lead to.
    private(set) var titles: [String: String] = [:]
    /// Whether a table of contents cannot be read.
    private(set) var lacksTitles = false
    private let package: OfficePackage

    /// - Throws: `ExtractionError`.
    init(_ package: OfficePackage) throws {
        self.package = package
        let main = try Self.main(package)
        guard let root = try package.tree(main) else { throw ExtractionError.damaged("it has no list of its chapters") }
        let folder = ArchivePath.folder(of: main)
        let list = root["manifest"]?.all("item") ?? []
        let order = root["spine"]?.all("itemref") ?? []
        guard list.count <= Self.mostItems else {
            throw ExtractionError.tooComplex("it has more than \(Self.mostItems) files")
        }
        guard order.count <= ReaderLimits.pages else {
            throw ExtractionError.tooComplex("it has more than \(ReaderLimits.pages) chapters")
        }
        var items: [String: Item] = [:]
        for item in list {
            guard let id = item.attributes["id"], items[id] == nil else { continue }
            items[id] = Item(
                path: item.attributes["href"].flatMap { Self.path($0, folder, package) },
                type: item.attributes["media-type"]?.lowercased() ?? "",
                properties: item.attributes["properties"]?.split(separator: " ") ?? [],
                fallback: item.attributes["fallback"])
        }
        let found = items
        chapters = order.map { Self.chapter($0.attributes["idref"], found) }
        let line = root["metadata"]?["title"]?.text.trimmed ?? ""
        title = DocumentTitle.isSaying(line) ? line : nil
        let toc = root["spine"]?.attributes["toc"].flatMap { found[$0] }
        let contents = found.values.first { $0.properties.contains("nav") }
        for item in [contents, toc ?? found.values.first { $0.type == "application/x-dtbncx+xml" }] where titles.isEmpty
        {
            guard let path = item?.path else { continue }
            do {
                try takeTitles(path)
            } catch let error as ExtractionError where error.code == Self.damaged {
                // The chapters can be read without it.
                lacksTitles = true
            }
        }
    }

    /// The file that lists the others, as `META-INF/container.xml` names it.
    private static func main(_ package: OfficePackage) throws -> String {
        var found: String?
        try package.events("META-INF/container.xml") { event in
            guard found == nil, case .start("rootfile", let attributes) = event, let name = attributes["full-path"],
                attributes["media-type"].map({ $0 == "application/oebps-package+xml" }) ?? true
            else { return }
            found = path(name, "", package)
        }
        guard let found, package.has(found) else { throw ExtractionError.damaged("it has no list of its chapters") }
        return found
    }

    /// The name of a file that is there, by a reference; one whose `%` means itself is taken as it stands.
    private static func path(_ reference: String, _ folder: String, _ package: OfficePackage) -> String? {
        guard let path = ArchivePath.resolved(reference, in: folder) else { return nil }
        return !package.has(path) && package.has(folder + reference) ? folder + reference : path
    }

    private static func chapter(_ id: String?, _ items: [String: Item]) -> Item? {
        var next = id
        for _ in 0..<mostFallbacks {
            guard let id = next, let item = items[id] else { return nil }
            let isChapter = chapterTypes.contains(item.type)
            if isChapter { return item }
            next = item.fallback
        }
        return nil
    }

    // MARK: - The table of contents

    /// Reads the titles of EPUB 3 (`nav`, with links) or EPUB 2 (`navPoint`, with a label and a source).
    private mutating func takeTitles(_ path: String) throws {
        let folder = ArchivePath.folder(of: path)
        var found: [String: String] = [:]
        var label = ""
        var link: String?
        var isLabel = false
        // Only the first list of links is the table of contents where the others say that they are something else.
        var kinds: [String] = []
        try package.events(path) { event in
            switch event {
            case .start("nav", let attributes): kinds.append(attributes["type"] ?? "toc")
            case .end("nav"): _ = kinds.popLast()
            case .start("a", let attributes) where kinds.last?.split(separator: " ").contains("toc") ?? false:
                (label, link, isLabel) = ("", attributes["href"], true)
            case .end("a"):
                Self.note(label, link, folder, &found)
                (isLabel, link) = (false, nil)
            case .start("navLabel", _): (label, isLabel) = ("", true)
            case .end("navLabel"): isLabel = false
            case .start("content", let attributes): Self.note(label, attributes["src"], folder, &found)
            case .text(let text): if isLabel, label.utf8.count < 1000 { label += text }
            default: break
            }
        }
        titles = found
    }

    /// The first title of a file is that of its beginning; later ones lead into it.
    private static func note(_ label: String, _ link: String?, _ folder: String, _ titles: inout [String: String]) {
        let line = label.trimmed
        guard !line.isEmpty, titles.count < mostItems, let link, let path = ArchivePath.resolved(link, in: folder),
            titles[path] == nil
        else { return }
        titles[path] = String(line.prefix(300))
    }

    // MARK: - Protection

    /// Files that are locked against whoever has not bought the book. Fonts that are only made unrecognisable are none.
    ///
    /// - Throws: `ExtractionError`.
    func locked() throws -> Set<String> {
        let harmless: Set = ["http://www.idpf.org/2008/embedding", "http://ns.adobe.com/pdf/enc#rc"]
        var locked: Set<String> = []
        var method = ""
        try package.events("META-INF/encryption.xml") { event in
            switch event {
            case .start("EncryptedData", _): method = ""
            case .start("EncryptionMethod", let attributes): method = attributes["Algorithm"]?.lowercased() ?? ""
            case .start("CipherReference", let attributes):
                guard !harmless.contains(method), locked.count < Self.mostItems,
                    let path = attributes["URI"].flatMap({ ArchivePath.resolved($0, in: "") })
                else { return }
                locked.insert(path)
            default: break
            }
        }
        return locked
    }
}
