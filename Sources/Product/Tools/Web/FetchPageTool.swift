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
            Reads the text of one public web page. Only addresses can be read that the user, a search result or a page that \
            was read names letter by letter. Long pages come in parts: ask again with "start".
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
        let address = try WebAddress(arguments["url"]?.string ?? "")
        // A document that contains instructions could otherwise have what it likes sent to a server of its choice, as
        // part of an address that the model makes up or picks.
        try turn.egress.permit(address, isInside: fetcher.isInside(address))
        let page = try await fetcher.page(address)
        turn.egress.count(bytes: page.body.count)
        let content = try await PageText(page)
        let scalars = Array(content.text.unicodeScalars)
        let start = min(Int(clamping: arguments["start"]?.int ?? 0), scalars.count)
        let end = min(start + Self.maximumScalars, scalars.count)
        let title = content.title ?? page.address.host
        let shown = String(String.UnicodeScalarView(scalars[start..<end]))
        turn.egress.note(page: page.address, text: shown, isConfidential: fetcher.isInside(page.address))
        let source = FoundPassage(web: page.address.description, title: title, text: shown, start: start)
        let rest = end < scalars.count ? " \(scalars.count - end) characters follow; ask with start \(end)." : ""
        return ToolOutcome(
            text: "The page has \(scalars.count) characters.\(rest)", summary: title,
            sources: start < end ? [source] : [])
    }
}
