import AccessControl
import Catalog
import ClaimChecking
import HTTPMessages
import JSONCoding
import ModelContextProtocol
import Models
import Problems
import Retrieval
import Telemetry

/// `ask`: a question answered from the documents, with citations that were checked.
struct AskTool: Sendable {
    let answers: OneOffAnswer
    let access: Access

    var tool: MCPTool {
        MCPTool(
            name: "ask", title: "Ask the documents",
            description: """
                Answers a question from the user's documents, with a citation by document, page and quotation for each \
                statement, and says so when they do not answer it. For facts; to look for yourself use search.
                """,
            input: [
                "type": "object",
                "properties": DocumentTools.filtered([
                    "question": ["type": "string", "minLength": 1, "maxLength": 32000],
                    "documents": [
                        "type": "array", "items": ["type": "string"], "maxItems": 1000,
                        "description": "Ids of the documents to answer from; all of them when absent.",
                    ],
                    "model": ["type": "string", "description": "Who writes the answer; the first model when absent."],
                    "preset": ["type": "string"],
                ]),
                "required": ["question"], "additionalProperties": false,
            ],
            output: [
                "type": "object",
                "properties": [
                    "text": ["type": "string", "description": "The answer, with numbers of citations in brackets."],
                    "finishReason": ["type": "string", "description": "not_found: the documents do not answer it."],
                    "model": ["type": "string"],
                    "citations": ["type": "array", "items": ["type": "object"]],
                ],
                "required": ["text", "finishReason", "citations"],
            ],
            run: { try await run($0) })
    }

    private func run(_ arguments: JSONValue) async throws -> MCPTool.Result {
        guard access.permits(.ask) else {
            throw Problem(.forbidden, "Whoever asks may read and not ask. Use search and read_pages.")
        }
        var reader = try FieldReader(
            arguments, allowed: ["question", "documents", "model", "preset"] + DocumentFilter.names)
        let asked = QuestionFields("question", arguments, &reader)
        try reader.finish()
        let watch = Stopwatch()
        let answer = try await answers.write(try await answers.prepare(asked), watch: watch) { _ in }
        let sources = answer.citations.filter { !$0.quote.isEmpty }.map { citation -> String in
            let place = citation.passage.url ?? "page \(citation.passage.page)"
            let doubt = citation.claim?.support == .unsupported ? " (does not bear the sentence out)" : ""
            return "[\(citation.passage.n)] \(citation.passage.name), \(place): “\(citation.quote)”\(doubt)"
        }
        return MCPTool.Result(
            text: sources.isEmpty ? answer.text : answer.text + "\n\n" + sources.joined(separator: "\n"),
            structured: [
                "text": .string(answer.text), "finishReason": .string(answer.ending.rawValue),
                "model": .string(answer.model), "citations": .array(answer.citations.map(\.json)),
            ])
    }
}
