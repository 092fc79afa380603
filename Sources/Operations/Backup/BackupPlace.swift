import Catalog
import Digests

/// Where a document's entries are in a backup: those of the first workspace have its name left out, as there was no other
/// once.
struct BackupPlace {
    private static let blobs = "blobs"
    private static let passageFolder = "passages"
    private static let passageEnding = ".jsonl"

    let workspace: String
    let document: String

    init(workspace: String, document: String) {
        self.workspace = workspace
        self.document = document
    }

    /// The entry of a file.
    func blob(_ name: String) -> String { "\(Self.blobs)/\(path)/\(name)" }
    /// The entry of the passages.
    var passages: String { "\(Self.passageFolder)/\(path)\(Self.passageEnding)" }

    private var path: String {
        workspace == CatalogDatabase.firstWorkspace ? document : "\(workspace)/\(document)"
    }

    /// What an entry is of a document; `nil` for another one, and where what becomes paths and ids of the stores is none.
    enum Content: Equatable {
        case blob(String)
        case passages
    }

    static func read(_ entry: String) -> (place: BackupPlace, content: Content)? {
        var parts = entry.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard parts.count > 1, let last = parts.popLast() else { return nil }
        let content: Content
        switch parts.removeFirst() {
        case blobs: content = .blob(last)
        case passageFolder where last.hasSuffix(passageEnding):
            content = .passages
            parts.append(String(last.dropLast(passageEnding.count)))
        default: return nil
        }
        guard (1...2).contains(parts.count), let document = parts.popLast(), UUIDv7.isValid(document) else {
            return nil
        }
        let workspace = parts.first ?? CatalogDatabase.firstWorkspace
        guard WorkspaceName.isValid(workspace) else { return nil }
        return (BackupPlace(workspace: workspace, document: document), content)
    }
}
