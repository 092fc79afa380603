import JSONCoding

/// Puts OpenAI's tool calls together, which arrive in pieces: name and id first, then the arguments bit by bit.
struct ToolCallAssembly: Sendable {
    private struct Draft {
        var id: String?
        var name = ""
        var arguments = ""
    }

    private var drafts: [(index: Int64, draft: Draft)] = []

    mutating func take(_ part: JSONValue) throws(AnswerFault) {
        let id = part["id"]?.string.flatMap { $0.isEmpty ? nil : $0 }
        let place = place(of: part["index"]?.int, id: id)
        guard place < AnswerFault.maximumCalls else { throw .tooManyCalls }
        if place == drafts.count { drafts.append((part["index"]?.int ?? Int64(place), Draft())) }
        let function = part["function"]
        if let id { drafts[place].draft.id = id }
        if let name = function?["name"]?.string, drafts[place].draft.name.isEmpty { drafts[place].draft.name = name }
        // A few services send the arguments as an object instead of text.
        drafts[place].draft.arguments +=
            function?["arguments"]?.string ?? function?["arguments"]?.object.map { JSONValue.object($0).text } ?? ""
        guard drafts[place].draft.arguments.utf8.count <= AnswerFault.maximumArgumentBytes else {
            throw .tooLongArguments
        }
    }

    /// By index; without one, a new id begins a new call.
    private func place(of index: Int64?, id: String?) -> Int {
        if let index { return drafts.firstIndex { $0.index == index } ?? drafts.count }
        if let id { return drafts.firstIndex { $0.draft.id == id } ?? drafts.count }
        return max(drafts.count - 1, 0)
    }

    /// The calls, in order.
    func finish() -> [ToolCall] {
        drafts.enumerated().map { place, entry in
            ToolCall(
                id: entry.draft.id ?? "call_\(place + 1)", name: entry.draft.name,
                arguments: entry.draft.arguments.isEmpty ? "{}" : entry.draft.arguments)
        }
    }
}
