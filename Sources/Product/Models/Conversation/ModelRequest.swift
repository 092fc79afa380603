public import JSONCoding

/// What a model is asked.
public struct ModelRequest: Sendable {
    public var messages: [ModelMessage]
    public var tools: [ToolSpecification]
    /// OpenAI's `tool_choice`, passed on where the service knows it; `nil` leaves the choice to the model.
    public var toolChoice: JSONValue?
    /// Wins over the model's setting.
    public var temperature: Double?
    /// Most tokens of the answer; wins over the model's setting.
    public var maximumTokens: Int?

    /// Makes a request.
    public init(_ messages: [ModelMessage], tools: [ToolSpecification] = []) {
        self.messages = messages
        self.tools = tools
    }
}
