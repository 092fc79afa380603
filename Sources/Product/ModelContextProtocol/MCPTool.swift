public import JSONCoding

/// Something that a model may do.
public struct MCPTool: Sendable {
    /// What a tool brings.
    public struct Result: Sendable {
        /// For the model to read.
        public let text: String
        /// The same for programs, as the tool's `output` says.
        public let structured: JSONValue

        /// What was found or done.
        public init(text: String, structured: JSONValue) {
            self.text = text
            self.structured = structured
        }
    }

    public let name: String
    let title: String
    let description: String
    let input: JSONValue
    let output: JSONValue
    let run: @Sendable (JSONValue) async throws -> Result

    /// Describes a tool that changes nothing.
    ///
    /// - Parameters:
    ///   - name: For programs.
    ///   - title: For people.
    ///   - description: For the model: when to use it, and what it brings.
    ///   - input: JSON Schema of the arguments, an object.
    ///   - output: JSON Schema of the structured result, an object.
    ///   - run: Does it; what it throws the model is told, as far as callers may know of it.
    public init(
        name: String, title: String, description: String, input: JSONValue, output: JSONValue,
        run: @escaping @Sendable (JSONValue) async throws -> Result
    ) {
        self.name = name
        self.title = title
        self.description = description
        self.input = input
        self.output = output
        self.run = run
    }

    /// The wire form.
    var json: JSONValue {
        [
            "name": .string(name), "title": .string(title), "description": .string(description), "inputSchema": input,
            "outputSchema": output,
            "annotations": ["readOnlyHint": true, "openWorldHint": false],
        ]
    }
}
