public import JSONCoding

/// A model's wish that a tool be run.
public struct ToolCall: Sendable, Equatable {
    /// Tells the calls of one answer apart; made up where the service gives none.
    public let id: String
    public let name: String
    /// JSON as the model wrote it, which may be broken.
    public let arguments: String
    /// Opaque data that the service wants back with the call (Gemini's thought signature).
    public let signature: String?

    /// Makes a call.
    public init(id: String, name: String, arguments: String, signature: String? = nil) {
        self.id = id
        self.name = name
        self.arguments = arguments
        self.signature = signature
    }

    /// The arguments as an object; an empty one where they are not one, for services that take nothing else.
    var argumentsObject: JSONValue {
        guard let value = try? JSONParser.parse(arguments), value.object != nil else { return [:] }
        return value
    }
}

/// A tool that a model may ask for.
public struct ToolSpecification: Sendable, Equatable {
    public let name: String
    /// What it does and when to use it, for the model.
    public let description: String
    /// JSON Schema of its arguments, an object's.
    public let parameters: JSONValue

    /// Describes a tool.
    public init(name: String, description: String, parameters: JSONValue) {
        self.name = name
        self.description = description
        self.parameters = parameters
    }
}
