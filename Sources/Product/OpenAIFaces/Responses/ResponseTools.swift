public import JSONCoding

/// The tools of a request: functions of the caller's, and the search in documents.
public struct ResponseTools: Sendable, Equatable {
    /// A function that the caller runs.
    public struct Function: Sendable, Equatable {
        public let name: String
        public let description: String
        /// JSON Schema.
        public let parameters: JSONValue
    }

    /// A search that is limited to stores.
    public struct FileSearch: Sendable, Equatable {
        /// Our ids of the stores.
        public let stores: [String]
        public let options: SearchOptions
        /// Its place in the list, for problems.
        public let field: String
    }

    /// Which one the model is to use.
    public enum Choice: Sendable, Equatable {
        case auto, none, required
        case function(String)
        /// Documents are searched for every question in any case.
        case fileSearch
    }

    private static let mostTools = 128
    private static let mostStores = 20

    public private(set) var functions: [Function] = []
    public private(set) var fileSearch: FileSearch?
    public private(set) var choice = Choice.auto
    /// As the caller wrote them.
    public private(set) var json: [JSONValue] = []
    public private(set) var choiceJSON: JSONValue = "auto"

    /// None.
    public init() {}

    /// Reads `tools` and `tool_choice`; what is wrong is noted in the reader.
    public init(_ body: JSONValue, _ reader: inout FieldReader) {
        if let value = body["tools"], !value.isNull {
            if let list = value.array, list.count <= Self.mostTools {
                json = list
                for (place, tool) in list.enumerated() { read(tool, "tools[\(place)]", &reader) }
            } else {
                reader.add("tools", "Must be a list of at most \(Self.mostTools) tools.")
            }
        }
        if let value = body["tool_choice"], !value.isNull { readChoice(value, &reader) }
    }

    private mutating func read(_ tool: JSONValue, _ field: String, _ reader: inout FieldReader) {
        switch tool["type"]?.string {
        case "function": readFunction(tool, field, &reader)
        case "file_search": readSearch(tool, field, &reader)
        case let type?:
            reader.add(
                field + ".type", "'\(type.prefix(64))' is not supported. Known here: file_search, function.")
        case nil: reader.add(field + ".type", "Required: file_search or function.")
        }
    }

    private mutating func readFunction(_ tool: JSONValue, _ field: String, _ reader: inout FieldReader) {
        let known = ["type", "name", "description", "parameters", "strict"]
        for (name, value) in tool.object?.members ?? [] where !known.contains(name) && !value.isNull {
            reader.add("\(field).\(name.prefix(64))", "Not supported. Leave it out.")
        }
        guard let name = tool["name"]?.string, (1...64).contains(name.utf8.count),
            name.utf8.allSatisfy({
                (48...57).contains($0) || (65...90).contains($0) || (97...122).contains($0) || [45, 95].contains($0)
            })
        else { return reader.add(field + ".name", "Must have 1 to 64 letters, digits, dashes and underscores.") }
        if functions.contains(where: { $0.name == name }) {
            reader.add(field + ".name", "Another function has it, too.")
        }
        let parameters =
            tool["parameters"].flatMap { $0.isNull ? .none : .some($0) } ?? ["type": "object", "properties": [:]]
        if parameters.object == nil { reader.add(field + ".parameters", "Must be a JSON Schema: an object.") }
        functions.append(
            Function(name: name, description: tool["description"]?.string ?? "", parameters: parameters))
    }

    private mutating func readSearch(_ tool: JSONValue, _ field: String, _ reader: inout FieldReader) {
        let known = ["type", "vector_store_ids", "max_num_results", "ranking_options", "filters"]
        for (name, value) in tool.object?.members ?? [] where !known.contains(name) && !value.isNull {
            reader.add("\(field).\(name.prefix(64))", "Not supported. Leave it out.")
        }
        if fileSearch != nil { reader.add(field, "There can be one file_search. Name all stores in it.") }
        guard let ids = tool["vector_store_ids"]?.array, (1...Self.mostStores).contains(ids.count) else {
            return reader.add(
                field + ".vector_store_ids", "Must be a list of 1 to \(Self.mostStores) ids of vector stores.")
        }
        var stores: [String] = []
        for (place, id) in ids.enumerated() {
            if let id = id.string.flatMap({ ObjectID.vectorStore.id($0) }) {
                stores.append(id)
            } else {
                reader.add("\(field).vector_store_ids[\(place)]", "Must be the id of a vector store.")
            }
        }
        fileSearch = FileSearch(
            stores: stores, options: SearchOptions(tool, &reader, place: field + "."),
            field: field + ".vector_store_ids")
    }

    private mutating func readChoice(_ value: JSONValue, _ reader: inout FieldReader) {
        choiceJSON = value
        switch value.string ?? value["type"]?.string {
        case "auto": choice = .auto
        case "none": choice = .none
        case "required":
            choice = .required
            if functions.isEmpty, fileSearch == nil { reader.add("tool_choice", "There are no tools to choose from.") }
        case "file_search":
            choice = .fileSearch
            if fileSearch == nil { reader.add("tool_choice", "There is no file_search among the tools.") }
        case "function":
            let name = value["name"]?.string ?? ""
            choice = .function(name)
            if !functions.contains(where: { $0.name == name }) {
                reader.add("tool_choice.name", "There is no function of this name among the tools.")
            }
        default:
            reader.add(
                "tool_choice", "Must be auto, none, required, or an object of type function or file_search.")
        }
    }
}
