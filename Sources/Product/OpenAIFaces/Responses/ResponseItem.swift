import Digests
public import JSONCoding

/// Something that was said or done in a conversation, as OpenAI's API has it.
public struct ResponseItem: Sendable, Equatable {
    /// Who says a message.
    public enum Role: String, Sendable {
        case user, assistant, system, developer
    }

    /// What it is.
    public enum Content: Sendable, Equatable {
        case message(Role, String, annotations: [JSONValue])
        /// A function of the caller's that is to be called.
        case functionCall(call: String, name: String, arguments: String)
        /// What it gave.
        case functionOutput(call: String, String)
        /// A search in documents, as it is on the wire.
        case fileSearch(JSONObject)
    }

    /// Our id.
    public let id: String
    public let content: Content

    /// An item with an id of its own.
    public init(_ content: Content) { self.init(content, id: UUIDv7.make()) }

    /// An item.
    public init(_ content: Content, id: String) {
        self.id = id
        self.content = content
    }

    /// About how much it takes.
    var bytes: Int {
        switch content {
        case .message(_, let text, _), .functionOutput(_, let text): text.utf8.count
        case .functionCall(_, let name, let arguments): name.utf8.count + arguments.utf8.count
        case .fileSearch: 0
        }
    }

    /// The id on the wire.
    public var wireID: String {
        switch content {
        case .message: ObjectID.message.text(id)
        case .functionCall: ObjectID.functionCall.text(id)
        case .functionOutput: ObjectID.functionOutput.text(id)
        case .fileSearch: ObjectID.fileSearch.text(id)
        }
    }

    /// The wire form.
    public var json: JSONValue { json(status: "completed", withResults: true) }

    /// The wire form.
    ///
    /// - Parameter withResults: Whether a search has the passages that it found.
    public func json(status: String = "completed", withResults: Bool) -> JSONValue {
        switch content {
        case .message(.assistant, let text, let annotations):
            return [
                "id": .string(wireID), "type": "message", "status": .string(status), "role": "assistant",
                "content": [Self.outputText(text, annotations)],
            ]
        case .message(let role, let text, _):
            return [
                "id": .string(wireID), "type": "message", "status": .string(status), "role": .string(role.rawValue),
                "content": [["type": "input_text", "text": .string(text)]],
            ]
        case .functionCall(let call, let name, let arguments):
            return [
                "id": .string(wireID), "type": "function_call", "status": .string(status), "call_id": .string(call),
                "name": .string(name), "arguments": .string(arguments),
            ]
        case .functionOutput(let call, let output):
            return [
                "id": .string(wireID), "type": "function_call_output", "status": .string(status),
                "call_id": .string(call), "output": .string(output),
            ]
        case .fileSearch(let members):
            var object: JSONObject = [
                "id": .string(wireID), "type": "file_search_call", "status": .string(status),
                "queries": members["queries"] ?? [],
            ]
            object["results"] = withResults ? members["results"] ?? .null : .null
            return .object(object)
        }
    }

    /// A part of a message of the assistant's.
    static func outputText(_ text: String, _ annotations: [JSONValue]) -> JSONValue {
        ["type": "output_text", "text": .string(text), "annotations": .array(annotations), "logprobs": []]
    }
}
