import ChromaClient
import JSONCoding
import Models
import Retrieval
import Tools

/// `read_pages`: whole pages of one document, put together from its passages.
struct ReadPagesTool: Tool {
    static let name = "read_pages"
    private static let maximumPages: Int64 = 10

    let pages: PageReader
    let kind = ToolKind.documents

    let specification = ToolSpecification(
        name: name,
        description: "Reads whole pages of one of the user's documents, when a passage alone does not say enough.",
        parameters: [
            "type": "object",
            "properties": [
                "document": ["type": "string", "description": "Name of the document, as passages give it."],
                "from": ["type": "integer", "minimum": 1, "description": "First page."],
                "to": ["type": "integer", "minimum": 1, "description": "Last page, at most 9 pages further."],
            ],
            "required": ["document", "from"], "additionalProperties": false,
        ])

    func run(_ arguments: JSONValue, in turn: ToolTurn) async throws -> ToolOutcome {
        let name = arguments["document"]?.string ?? ""
        let first = max(arguments["from"]?.int ?? 1, 1)
        let last = max(first, min(arguments["to"]?.int ?? first, first &+ Self.maximumPages - 1))
        let found = try await pages.pages(of: name, from: first, to: last, in: turn.documents)
        guard !found.isEmpty else {
            throw ToolFailure("There is no document of that name with such pages. Use a name as passages give it.")
        }
        return ToolOutcome(text: "", summary: "\(name.prefix(60)), pages \(first) to \(last)", sources: found)
    }
}
