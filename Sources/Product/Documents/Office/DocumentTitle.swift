import TextSearch

/// The title that stands in the properties of a document.
enum DocumentTitle {
    private static let longest = 200
    private static let made: Set = ["untitled", "title", "document", "word document", "powerpoint presentation"]
    private static let endings = [".doc", ".odt", ".odp", ".ods"]

    /// Whether a title says something: programs put there what they know, such as the name of the file.
    static func isSaying(_ title: String) -> Bool {
        let small = title.lowercased()
        return !title.isEmpty && title.count <= longest && !made.contains(small)
            && !small.hasPrefix("microsoft word - ") && !endings.contains { small.contains($0) }
    }

    /// Puts a title that stands nowhere in the text before it.
    static func add(_ title: String, to pages: inout [String]) {
        let isSomewhere = pages.contains { page in
            page.split(separator: "\n").contains { String($0).trimmed.lowercased() == title.lowercased() }
        }
        let hasText = pages.contains { $0.contains { !$0.isWhitespace } }
        guard hasText, !isSomewhere, !pages.isEmpty else { return }
        pages[0] = title + "\n\n" + pages[0]
    }
}
