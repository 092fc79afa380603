import Catalog
import ChatMessages
import JSONCoding

/// Chats to be read: citations are footnotes with the document's name, the page and the quote. Text that is no markup on the page
/// is none here either.
struct MarkdownFormat: ChatFormat {
    let mediaType = "text/markdown; charset=utf-8"
    let fileExtension = "md"
    let hasVersions = false
    private var isFirstChat = true
    /// Footnotes of all chats have numbers of their own.
    private var footnotes = 0

    func head() -> String { "" }

    mutating func begin(_ chat: ChatRecord) -> String {
        defer { isFirstChat = false }
        return (isFirstChat ? "" : "\n---\n\n") + Self.heading(chat.name, chat.createdAt)
    }

    /// What stands above the messages of a chat of this name and time.
    static func heading(_ name: String, _ time: String) -> String {
        "# \(MarkdownText.inline(name))\n\n*\(day(time))*\n"
    }

    mutating func message(_ message: ChatMessage) -> String {
        guard message.role == "assistant" else {
            let lines = MarkdownText.safe(message.text).split(separator: "\n", omittingEmptySubsequences: false)
            return "\n## Question\n\n" + lines.map { "> \($0)  \n" }.joined()
        }
        let notes = Footnotes(message.citations, after: footnotes)
        footnotes += notes.count
        var about = [message.model.map(MarkdownText.inline), Self.ending(message.finishReason)].compactMap { $0 }
            .joined(separator: ", ")
        if !about.isEmpty { about = "*\(about)*\n\n" }
        let (text, used) = MarkdownText.marked(message.text, notes.labels)
        return "\n## Answer\n\n" + about + text + "\n" + notes.text(unused: used)
    }

    mutating func end() -> String { "" }

    func tail() -> String { "" }

    /// The day and time of a timestamp, as everybody reads it.
    private static func day(_ time: String) -> String { time.prefix(10) + " " + time.dropFirst(11).prefix(5) + " UTC" }

    private static func ending(_ reason: String?) -> String? {
        switch reason {
        case nil, "stop", "not_found": nil
        case "length": "cut for length"
        case "cancelled": "stopped"
        case "error": "failed"
        case "interrupted": "cut off"
        default: reason.map(MarkdownText.inline)
        }
    }
}

/// The citations of one answer as footnotes: one for each number that the answer cites by.
private struct Footnotes {
    /// Labels by the answer's own numbers.
    let labels: [Int: Int]
    private let notes: [(label: Int, text: String)]

    var count: Int { notes.count }

    init(_ citations: [JSONValue], after last: Int) {
        var labels: [Int: Int] = [:]
        var texts: [Int: [String]] = [:]
        var order: [Int] = []
        for citation in citations {
            guard let n = citation["n"]?.int.map({ Int($0) }) else { continue }
            if labels[n] == nil {
                order.append(n)
                labels[n] = last + order.count
            }
            let text = Self.text(citation)
            if texts[n]?.contains(text) != true { texts[n, default: []].append(text) }
        }
        self.labels = labels
        notes = order.compactMap { n in
            labels[n].map { ($0, (texts[n] ?? []).joined(separator: "; ")) }
        }
    }

    private static func text(_ citation: JSONValue) -> String {
        var parts = [MarkdownText.inline(citation["name"]?.string ?? "")]
        if let page = citation["page"]?.int { parts.append("page \(page)") }
        if let url = citation["url"]?.string { parts.append(MarkdownText.inline(url)) }
        let quote = citation["quote"]?.string ?? ""
        return parts.joined(separator: ", ") + (quote.isEmpty ? "" : ": “\(MarkdownText.inline(quote))”")
    }

    /// The footnotes, and marks of those that stand nowhere in the text.
    func text(unused used: Set<Int>) -> String {
        guard !notes.isEmpty else { return "" }
        let loose = notes.filter { !used.contains($0.label) }.map { "[^\($0.label)]" }
        let list = loose.isEmpty ? "" : "\nSources: " + loose.joined(separator: " ") + "\n"
        return list + "\n" + notes.map { "[^\($0.label)]: \($0.text)\n" }.joined()
    }
}
