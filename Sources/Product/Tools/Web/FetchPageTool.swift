import JSONCoding
import Models
import Retrieval

/// `fetch_page`: the text of a web page.
struct FetchPageTool: Tool {
    private static let maximumScalars = 12_000

    let fetcher: WebFetcher
    let kind = ToolKind.web

    let specification = ToolSpecification(
        name: "fetch_page",
        description: """
            Reads the text of one public web page. Only addresses that the user, a search result, a document or another \
            page has named can be read. Long pages come in parts: ask again with "start".
            """,
        parameters: [
            "type": "object",
            "properties": [
                "url": ["type": "string", "description": "Absolute http or https address.", "maxLength": 2048],
                "start": ["type": "integer", "minimum": 0, "description": "Offset in characters, 0 at first."],
            ],
            "required": ["url"], "additionalProperties": false,
        ])

    func run(_ arguments: JSONValue, in turn: ToolTurn) async throws -> ToolOutcome {
        let url = arguments["url"]?.string ?? ""
        // A document that contains instructions could otherwise have what it likes sent to a server of its choice, as
        // part of an address that the model makes up.
        guard turn.isKnownAddress(url) else {
            throw ToolFailure(
                "Nobody has named this address. Use one from the question, a search result, a document or a page.")
        }
        let page = try await fetcher.page(url)
        let content = try await PageText(page)
        let scalars = Array(content.text.unicodeScalars)
        let start = min(Int(clamping: arguments["start"]?.int ?? 0), scalars.count)
        let end = min(start + Self.maximumScalars, scalars.count)
        let title = content.title ?? page.address.host
        let source = FoundPassage(
            web: page.address.description, title: title, text: String(String.UnicodeScalarView(scalars[start..<end])),
            start: start)
        let rest = end < scalars.count ? " \(scalars.count - end) characters follow; ask with start \(end)." : ""
        return ToolOutcome(
            text: "The page has \(scalars.count) characters.\(rest)", summary: title,
            sources: start < end ? [source] : [])
    }
}
