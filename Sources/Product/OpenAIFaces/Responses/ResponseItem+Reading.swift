import Digests
public import JSONCoding

extension ResponseItem {
    /// Items of one request.
    public static let most = 500
    private static let longestText = 1_000_000
    private static let longestCallID = 256

    /// Reads items; what is wrong is noted in the reader.
    ///
    /// - Parameter field: What the list is called in problems.
    public static func list(_ json: JSONValue?, field: String, _ reader: inout FieldReader, most: Int = most)
        -> [ResponseItem]
    {
        guard let list = json?.array else {
            reader.add(field, "Must be a list of items.")
            return []
        }
        guard (1...most).contains(list.count) else {
            reader.add(field, "Must have 1 to \(most) items, has \(list.count).")
            return []
        }
        return list.enumerated().compactMap { place, item in
            do throws(InvalidFields) {
                return try ResponseItem(item, field: "\(field)[\(place)]")
            } catch {
                for problem in error.problems { reader.add(problem.field, problem.detail) }
                return nil
            }
        }
    }

    /// Reads an item that was kept; `nil` when it is none.
    public init?(stored json: JSONValue) {
        let id = (json["id"]?.string).flatMap(ObjectID.anyID)
        guard let content = try? Self.content(json, field: "") else { return nil }
        self.init(content, id: id ?? UUIDv7.make())
    }

    /// Reads an item of a request. It gets an id of its own: the caller's is one that somebody else may have.
    ///
    /// - Throws: `InvalidFields`, named as the caller wrote them.
    public init(_ json: JSONValue, field: String) throws(InvalidFields) {
        self.init(try Self.content(json, field: field))
    }

    private static func content(_ json: JSONValue, field: String) throws(InvalidFields) -> Content {
        guard json.object != nil else { throw InvalidFields(field: field, detail: "Must be an object.") }
        let type = json["type"]?.string ?? (json["role"] == nil ? nil : "message")
        switch type {
        case "message": return try message(json, field)
        case "function_call":
            return .functionCall(
                call: try text(json, "call_id", field, longestCallID), name: try text(json, "name", field, 64),
                arguments: try text(json, "arguments", field, longestText, canBeEmpty: true))
        case "function_call_output":
            let output = try parts(json["output"], field + ".output", ["input_text", "text"])
            return .functionOutput(call: try text(json, "call_id", field, longestCallID), output)
        case "file_search_call":
            return .fileSearch(["queries": json["queries"] ?? [], "results": json["results"] ?? .null])
        case nil: throw InvalidFields(field: field + ".type", detail: "Required, where there is no role.")
        case "item_reference":
            throw InvalidFields(
                field: field + ".type",
                detail: "References to items are not supported. Send the item, or previous_response_id or conversation."
            )
        case let type?:
            throw InvalidFields(
                field: field + ".type",
                detail: "'\(type.prefix(64))' is not supported. Known: message, function_call, function_call_output.")
        }
    }

    private static func message(_ json: JSONValue, _ field: String) throws(InvalidFields) -> Content {
        guard let role = (json["role"]?.string).flatMap(Role.init) else {
            throw InvalidFields(field: field + ".role", detail: "Must be user, assistant, system or developer.")
        }
        let isAnswer = role == .assistant
        let kinds = isAnswer ? ["output_text", "refusal", "input_text", "text"] : ["input_text", "text"]
        let text = try parts(json["content"], field + ".content", kinds)
        let annotations = isAnswer ? (json["content"]?.array ?? []).flatMap { $0["annotations"]?.array ?? [] } : []
        return .message(role, text, annotations: annotations)
    }

    /// A text, or the texts of parts one below the other.
    private static func parts(_ json: JSONValue?, _ field: String, _ kinds: [String]) throws(InvalidFields) -> String {
        if let text = json?.string { return try checked(text, field) }
        guard let list = json?.array else {
            throw InvalidFields(field: field, detail: "Must be a text, or a list of parts.")
        }
        var texts: [String] = []
        for (place, part) in list.enumerated() {
            let name = "\(field)[\(place)]"
            guard let type = part["type"]?.string, kinds.contains(type) else {
                let remedy =
                    part["type"]?.string == "input_file"
                    ? "Files are not read into a message: add it to a vector store and name that in a file_search tool."
                    : "Only texts are understood: \(kinds[0])."
                throw InvalidFields(field: name + ".type", detail: remedy)
            }
            guard let text = part[type == "refusal" ? "refusal" : "text"]?.string else {
                throw InvalidFields(field: name + ".text", detail: "Must be a text.")
            }
            texts.append(text)
        }
        return try checked(texts.joined(separator: "\n"), field)
    }

    private static func checked(_ text: String, _ field: String) throws(InvalidFields) -> String {
        guard text.unicodeScalars.count <= longestText else {
            throw InvalidFields(field: field, detail: "Must have at most \(longestText) characters.")
        }
        return text
    }

    private static func text(
        _ json: JSONValue, _ name: String, _ field: String, _ longest: Int, canBeEmpty: Bool = false
    ) throws(InvalidFields) -> String {
        guard let text = json[name]?.string, canBeEmpty || !text.isEmpty, text.unicodeScalars.count <= longest else {
            throw InvalidFields(field: "\(field).\(name)", detail: "Must be a text of at most \(longest) characters.")
        }
        return text
    }
}
