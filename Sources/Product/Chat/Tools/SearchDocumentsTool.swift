import JSONCoding
import Models
import Retrieval
import Tools

/// `search_documents`: passages for other words than those of the question.
struct SearchDocumentsTool: Tool {
    static let name = "search_documents"

    let retriever: PassageRetriever
    let kind = ToolKind.documents

    let specification = ToolSpecification(
        name: name,
        description: """
            Finds passages in the user's documents. The passages for the question as it was asked are there already; \
            search again with other words, or for a part of the question.
            """,
        parameters: [
            "type": "object",
            "properties": [
                "query": ["type": "string", "minLength": 1, "maxLength": 1000],
                "documents": [
                    "type": "array", "items": ["type": "string"], "maxItems": 50,
                    "description": "Names of documents to search only.",
                ],
            ],
            "required": ["query"], "additionalProperties": false,
        ])

    func run(_ arguments: JSONValue, in turn: ToolTurn) async throws -> ToolOutcome {
        let found = try await retriever.passages(for: arguments["query"]?.string ?? "", in: turn.documents)
        var passages = found.passages
        if let names = arguments["documents"]?.array?.compactMap(\.string), !names.isEmpty {
            passages = passages.filter { names.contains($0.name) }
        }
        return ToolOutcome(
            text: passages.isEmpty ? "No passages were found." : "", summary: "\(passages.count) passages",
            sources: passages)
    }
}
