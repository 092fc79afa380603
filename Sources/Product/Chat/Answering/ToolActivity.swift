import JSONCoding
import Tools

/// A tool at work, or done.
struct ToolActivity: Sendable {
    let id: String
    let name: String
    /// `nil` when there is no such tool, and for what was read from a stored answer.
    let kind: ToolKind?
    let arguments: String
    /// `nil` while it works.
    var result: (summary: String, milliseconds: Double, isError: Bool)?
    /// The code with which the user has it run; `nil` when it needs no confirmation.
    var confirmation: String?

    init(id: String, name: String, kind: ToolKind?, arguments: String) {
        self.id = id
        self.name = name
        self.kind = kind
        self.arguments = arguments
    }

    /// Reads the wire form; `nil` when it is none.
    init?(_ json: JSONValue) {
        guard let id = json["id"]?.string, let name = json["name"]?.string, let arguments = json["arguments"] else {
            return nil
        }
        self.init(id: id, name: name, kind: nil, arguments: arguments.text)
        if let summary = json["summary"]?.string {
            result = (summary, json["milliseconds"]?.double ?? 0, json["status"]?.string == "error")
        }
        confirmation = json["confirmation"]?.string
    }

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
        if let confirmation { object["confirmation"] = .string(confirmation) }
        return .object(object)
    }

    /// The call that waits for the user's word.
    var proposal: ToolProposal? {
        guard let confirmation, let arguments = try? JSONParser.parse(arguments) else { return nil }
        return ToolProposal(name, arguments, code: confirmation)
    }
}
