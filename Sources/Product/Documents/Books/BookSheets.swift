import Markup
import TextSearch

/// The style sheets of a book, each unpacked once: what they hide nobody sees.
struct BookSheets {
    private static let mostOfChapter = 20
    private static let most = 200
    private static let bytes = 1 << 20

    private let package: OfficePackage
    private var read: [String: String] = [:]
    /// Those that could not be read; a book is readable without.
    private(set) var unread: Set<String> = []

    init(_ package: OfficePackage) { self.package = package }

    /// Those that a chapter names, as far as they lie in the book.
    mutating func of(_ chapter: [UInt8], at path: String) -> [String] {
        var names: [String] = []
        let folder = ArchivePath.folder(of: path)
        try? MarkupReader.htmlEvents(chapter) { event in
            guard case .start("link", let attributes) = event, names.count < Self.mostOfChapter,
                attributes["rel"]?.lowercased().contains("stylesheet") ?? false,
                let name = attributes["href"].flatMap({ ArchivePath.resolved($0, in: folder) })
            else { return }
            names.append(name)
        }
        return names.compactMap { sheet($0) }
    }

    private mutating func sheet(_ name: String) -> String? {
        if let known = read[name] { return known }
        guard !unread.contains(name), read.count + unread.count < Self.most else { return nil }
        do {
            guard let bytes = try package.part(name, limit: Self.bytes) else { return nil }
            let sheet = String(decoding: bytes, as: UTF8.self)
            read[name] = sheet
            return sheet
        } catch {
            unread.insert(name)
            return nil
        }
    }
}
