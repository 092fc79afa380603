import DocumentReading
import Markup
import TextSearch
import ZipArchives

/// The parts of an Office file (ECMA-376, part 2; also as ISO 29500 strict), and how they refer to each other.
final class OfficePackage {
    /// Where one part refers to another.
    struct Relation {
        /// The last word of the type's address, such as `styles`.
        let type: String
        /// The other part's name, or an address when it is external.
        let target: String
        let isExternal: Bool
    }

    /// What one part refers to, by the reference's id.
    struct Relations {
        private(set) var byId: [String: Relation] = [:]
        private var ids: [String] = []

        subscript(_ id: String?) -> Relation? { id.flatMap { byId[$0] } }

        /// The parts of a type, in the order in which they are given.
        func all(_ type: String) -> [Relation] { ids.compactMap { byId[$0] }.filter { $0.type == type } }

        mutating func add(_ id: String, _ relation: Relation) {
            if byId.updateValue(relation, forKey: id) == nil { ids.append(id) }
        }
    }

    static let partLimit = 64 << 20
    private static let totalLimit = 160 << 20
    private static let mostRelations = 20_000

    private let content: (_ name: String, _ limit: Int) throws(ZipArchive.Failure) -> [UInt8]?
    /// Entries by their names as other parts give them: without regard to case, with slashes.
    private let names: [String: String]
    private var inflated = 0

    /// A package whose parts are in memory.
    init(parts: [String: [UInt8]]) {
        content = { name, _ in parts[name] }
        names = Dictionary(parts.keys.map { (Self.key($0), $0) }) { first, _ in first }
    }

    /// - Throws: `ExtractionError`.
    init(_ bytes: [UInt8]) throws {
        guard !bytes.starts(with: MediaType.compoundFileMark) else {
            throw MediaType.holdsEncryptedPackage(bytes) ? ExtractionError.passwordProtected : .unsupported
        }
        let archive: ZipArchive
        do {
            archive = try ZipArchive(bytes)
        } catch { throw Self.error(error) }
        content = { name, limit throws(ZipArchive.Failure) in try archive.read(name, limit: limit) }
        var names: [String: String] = [:]
        for name in archive.names where names[Self.key(name)] == nil { names[Self.key(name)] = name }
        self.names = names
    }

    private static func key(_ name: String) -> String {
        var key = ""
        for character in name.lowercased() { key.append(character == "\\" ? "/" : character) }
        return key.hasPrefix("/") ? String(key.dropFirst()) : key
    }

    /// Whether there is a part of that name.
    func has(_ name: String) -> Bool { names[Self.key(name)] != nil }

    /// The content of a part; `nil` when there is none of that name.
    ///
    /// - Throws: `ExtractionError`.
    func part(_ name: String, limit: Int = partLimit) throws -> [UInt8]? {
        guard let entry = names[Self.key(name)] else { return nil }
        do {
            let rest = Self.totalLimit - inflated
            let bytes = try content(entry, min(limit, rest))
            inflated += bytes?.count ?? 0
            return bytes
        } catch {
            if case .tooLarge(let passed) = error, passed < limit {
                throw Self.error(.tooLarge(limit: Self.totalLimit))
            }
            throw Self.error(error)
        }
    }

    /// A small part as a tree.
    ///
    /// - Throws: `ExtractionError`.
    func tree(_ name: String) throws -> XMLNode? {
        guard let bytes = try part(name, limit: 8 << 20) else { return nil }
        return try Self.reading { try MarkupReader.tree(bytes) }
    }

    /// The events of a part; nothing happens when there is no such part.
    ///
    /// - Throws: `ExtractionError`, and what the visitor throws.
    func events(_ name: String, _ visit: (MarkupEvent) throws -> Void) throws {
        guard let bytes = try part(name) else { return }
        try Self.reading { try MarkupReader.events(bytes, visit) }
    }

    /// What a part refers to. The package itself has the name "".
    ///
    /// - Throws: `ExtractionError`.
    func relations(of part: String) throws -> Relations {
        let slash = part.lastIndex(of: "/")
        let folder = slash.map { String(part[...$0]) } ?? ""
        let file = slash.map { String(part[part.index(after: $0)...]) } ?? part
        var relations = Relations()
        var count = 0
        try events("\(folder)_rels/\(file).rels") { event in
            guard case .start("Relationship", let attributes) = event, let id = attributes["Id"],
                let target = attributes["Target"]
            else { return }
            count += 1
            guard count <= Self.mostRelations else {
                throw ExtractionError.tooComplex("a part of it refers to more than \(Self.mostRelations) others")
            }
            let isExternal = attributes["TargetMode"] == "External"
            let type = attributes["Type"]?.split(separator: "/").last.map(String.init) ?? ""
            relations.add(
                id,
                Relation(
                    type: type, target: isExternal ? target : Self.resolved(target, in: folder), isExternal: isExternal)
            )
        }
        return relations
    }

    /// A part's name from one that is relative to a folder.
    private static func resolved(_ target: String, in folder: String) -> String {
        let target = String(target.map { $0 == "\\" ? "/" : $0 })
        var steps = target.hasPrefix("/") ? [] : folder.split(separator: "/")
        for step in target.split(separator: "/") {
            switch step {
            case ".": continue
            case "..": _ = steps.popLast()
            default: steps.append(step)
            }
        }
        return steps.joined(separator: "/")
    }

    /// The part that the others hang on.
    ///
    /// - Parameters:
    ///   - kind: What stands in the type of its content, such as `wordprocessingml`.
    ///   - usual: Its name nearly always.
    /// - Throws: `ExtractionError`.
    func mainPart(kind: String, usual: String) throws -> String {
        for relation in try relations(of: "").all("officeDocument") where has(relation.target) {
            return relation.target
        }
        var found: String?
        try events("[Content_Types].xml") { event in
            guard found == nil, case .start("Override", let attributes) = event,
                let type = attributes["ContentType"]?.lowercased(), type.contains(kind), type.hasSuffix("main+xml"),
                let name = attributes["PartName"], self.has(name)
            else { return }
            found = name.hasPrefix("/") ? String(name.dropFirst()) : name
        }
        if let found { return found }
        guard has(usual) else { throw ExtractionError.damaged("it has no document part") }
        return usual
    }

    /// The document's title, from its properties; `nil` when it has none that says anything.
    ///
    /// - Throws: `ExtractionError`.
    func title() throws -> String? {
        let part = try relations(of: "").all("core-properties").first?.target ?? "docProps/core.xml"
        guard let title = try tree(part)?["title"]?.text else { return nil }
        let line = title.trimmed
        return DocumentTitle.isSaying(line) ? line : nil
    }

    /// Does something with markup, whose errors become those of a document.
    static func reading<Result>(_ read: () throws -> Result) throws -> Result {
        do {
            return try read()
        } catch let error as XMLParseError {
            throw error.isExcessive
                ? ExtractionError.tooComplex("its elements are nested too deep, or have too many attributes")
                : ExtractionError.damaged("its document part is not well-formed")
        }
    }

    private static func error(_ failure: ZipArchive.Failure) -> ExtractionError {
        switch failure {
        case .notAnArchive: .damaged("it is not a complete zip archive")
        case .encrypted: .passwordProtected
        case .tooLarge(let limit): .tooComplex("it inflates to more than \(limit >> 20) MiB")
        case .damaged: .damaged("a part of it cannot be unpacked")
        }
    }
}
