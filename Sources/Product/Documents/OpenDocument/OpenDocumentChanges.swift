import Markup

/// The changes that a text document keeps (OASIS OpenDocument 1.3, part 3, 5.5). What was deleted lies apart, but some of it
/// stands in the text, between two marks.
struct OpenDocumentChanges {
    private static let mostChanges = 100_000

    private var region: String?
    /// Changes that are deletions, and those within whose marks the text is now.
    private var deletions: Set<String> = []
    private var open: Set<String> = []

    /// Whether the text that comes was deleted.
    var isDeleting: Bool { !open.isEmpty }

    /// Takes an element of the list of changes.
    mutating func note(_ event: MarkupEvent) {
        switch event {
        case .start("changed-region", let attributes): region = attributes["id"]
        case .start("deletion", _): if let region, deletions.count < Self.mostChanges { deletions.insert(region) }
        default: break
        }
    }

    /// Takes a mark in the text.
    mutating func mark(_ id: String?, begins: Bool) {
        guard let id, deletions.contains(id) else { return }
        if begins { open.insert(id) } else { open.remove(id) }
    }
}
