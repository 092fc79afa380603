import JSONCoding
import Models

/// The body of `POST /v1/chat/completions`. Parameters that OpenAI knows and we have no use for are ignored, as other
/// services do; what would change the answer's form is refused.
struct CompletionRequest: Sendable {
    static let maximumMessages = 500
    static let maximumTools = 64

    static let temperatures = 0.0...2.0
    static let tokens = 1.0...1_000_000.0

    let model: String
    let messages: [ModelMessage]
    let tools: [ToolSpecification]
    let toolChoice: JSONValue?
    let temperature: Double?
    let maximumTokens: Int?
    let streams: Bool
    let wantsUsage: Bool

    /// Reads a body.
    ///
    /// - Throws: `InvalidFields`.
    init(_ body: JSONValue) throws {
        guard let names = body.object?.names else {
            throw InvalidFields(field: "body", detail: "The body must be a JSON object.")
        }
        var reader = try FieldReader(body, allowed: names)
        model = reader.string("model", length: 1...200) ?? "apus"
        temperature = reader.number("temperature", in: Self.temperatures)
        let limit = reader.number("max_completion_tokens", in: Self.tokens)
        maximumTokens = (limit ?? reader.number("max_tokens", in: Self.tokens)).map { Int($0) }
        streams = reader.bool("stream", default: false)
        wantsUsage = body["stream_options"]?["include_usage"]?.bool ?? false
        if let count = body["n"]?.int, count != 1 { reader.add("n", "Must be 1.") }
        toolChoice = body["tool_choice"].flatMap { $0.isNull ? .none : .some($0) }
        tools = Self.tools(body["tools"], &reader)
        messages = Self.messages(body["messages"], &reader)
        try reader.finish()
    }

    private static func tools(_ json: JSONValue?, _ reader: inout FieldReader) -> [ToolSpecification] {
        guard let list = json?.array, !list.isEmpty else { return [] }
        guard list.count <= maximumTools else {
            reader.add("tools", "Must have at most \(maximumTools) entries, has \(list.count).")
            return []
        }
        return list.enumerated().compactMap { index, tool in
            guard let name = tool["function"]?["name"]?.string, !name.isEmpty else {
                reader.add("tools[\(index)].function.name", "Required.")
                return nil
            }
            return ToolSpecification(
                name: name, description: tool["function"]?["description"]?.string ?? "",
                parameters: tool["function"]?["parameters"] ?? ["type": "object", "properties": [:]])
        }
    }

    private static func messages(_ json: JSONValue?, _ reader: inout FieldReader) -> [ModelMessage] {
        guard let list = json?.array, !list.isEmpty else {
            reader.add("messages", "Must be a list with at least one message.")
            return []
        }
        guard list.count <= maximumMessages else {
            reader.add("messages", "Must have at most \(maximumMessages) entries, has \(list.count).")
            return []
        }
        var calls: [String: ToolCall] = [:]
        var messages: [ModelMessage] = []
        for (index, entry) in list.enumerated() {
            let place = "messages[\(index)]"
            let content = text(entry["content"])
            if content == nil { reader.add(place + ".content", "Must be a text, or parts of type text.") }
            switch entry["role"]?.string {
            case "system", "developer": messages.append(ModelMessage(.system, content ?? ""))
            case "user": messages.append(ModelMessage(.user, content ?? ""))
            case "assistant":
                let asked = (entry["tool_calls"]?.array ?? []).compactMap(call)
                for call in asked { calls[call.id] = call }
                messages.append(
                    asked.isEmpty ? ModelMessage(.assistant, content ?? "") : .asking(content ?? "", for: asked))
            case "tool":
                guard let call = calls[entry["tool_call_id"]?.string ?? ""] else {
                    reader.add(place + ".tool_call_id", "Must be the id of a call of an earlier message.")
                    continue
                }
                messages.append(.result(content ?? "", of: call, isError: false))
            default: reader.add(place + ".role", "Must be system, developer, user, assistant or tool.")
            }
        }
        return messages
    }

    /// A text, or the texts of parts; `nil` for pictures and the like.
    private static func text(_ content: JSONValue?) -> String? {
        guard let content, !content.isNull else { return "" }
        if let text = content.string { return text }
        guard let parts = content.array else { return nil }
        let texts = parts.compactMap { $0["type"]?.string == "text" ? $0["text"]?.string : nil }
        return texts.count == parts.count ? texts.joined(separator: "\n") : nil
    }

    private static func call(_ json: JSONValue) -> ToolCall? {
        guard let id = json["id"]?.string, let name = json["function"]?["name"]?.string else { return nil }
        return ToolCall(id: id, name: name, arguments: json["function"]?["arguments"]?.string ?? "{}")
    }
}
