import HTTPClient
import JSONCoding
import Models
import Retrieval

/// `web_search`: the first search engine that answers.
struct WebSearchTool: Tool {
    let engines: [SearchEngine]
    let client: HTTPSession
    let kind = ToolKind.web

    let specification = ToolSpecification(
        name: "web_search",
        description: """
            Searches the web. Use it only when the user's documents do not answer the question. Beside documents only words \
            of the user's messages are searched for. Returns titles, addresses and snippets, which can be cited; \
            fetch_page reads a result in full.
            """,
        parameters: [
            "type": "object",
            "properties": [
                "query": ["type": "string", "minLength": 1, "maxLength": 400],
                "count": ["type": "integer", "minimum": 1, "maximum": 10],
            ],
            "required": ["query"], "additionalProperties": false,
        ])

    func run(_ arguments: JSONValue, in turn: ToolTurn) async throws -> ToolOutcome {
        let query = try turn.egress.permitted(arguments["query"]?.string ?? "")
        let count = Int(clamping: arguments["count"]?.int ?? 5)
        var failures: [String] = []
        for engine in engines {
            do {
                let results = try await engine.search(query, count: count, client: client)
                turn.egress.note(results: results.map(\.url))
                let sources = results.map { FoundPassage(web: $0.url, title: $0.title, text: $0.snippet, start: 0) }
                return ToolOutcome(
                    text: results.isEmpty ? "Nothing was found for \(query)." : "",
                    summary: "\(results.count) results of \(engine.name)", sources: sources)
            } catch let failure as ToolFailure {
                failures.append(failure.description)
            }
        }
        throw ToolFailure("No search engine answers. " + failures.joined(separator: " "))
    }
}
