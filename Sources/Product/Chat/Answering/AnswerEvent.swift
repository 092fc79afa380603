import JSONCoding
import Models
import Retrieval

/// What happens while an answer is made, in order.
enum AnswerEvent: Sendable {
    /// All sources so far; comes again when tools have found more.
    case sources([FoundPassage])
    case tool(ToolActivity)
    case delta(String)
}

/// A tool at work, or done.
struct ToolActivity: Sendable {
    let id: String
    let name: String
    let arguments: String
    /// `nil` while it works.
    var result: (summary: String, milliseconds: Double, isError: Bool)?

    var json: JSONValue {
        var object: JSONObject = [
            "id": .string(id), "name": .string(name),
            "arguments": (try? JSONParser.parse(arguments)) ?? .string(arguments),
            "status": .string(result.map { $0.isError ? "error" : "done" } ?? "running"),
        ]
        if let result {
            object["summary"] = .string(result.summary)
            object["milliseconds"] = .double(result.milliseconds)
        }
        return .object(object)
    }
}
