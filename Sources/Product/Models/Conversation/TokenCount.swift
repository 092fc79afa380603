/// Counts the tokens of one request from what the model says.
public struct TokenCount: Sendable {
    private var stated: TokenUsage?
    private var text = ""
    private var hasCalls = false

    /// Nothing yet.
    public init() {}

    /// Takes what the model says, in order.
    public mutating func take(_ event: ModelEvent) {
        switch event {
        case .text(let piece): text += piece
        case .toolCall: hasCalls = true
        case .usage(let usage): stated = usage
        case .working, .finished: break
        }
    }

    /// What the service has said. One that does not say, or broke off before it could, is counted by estimate; a request
    /// that brought nothing is not counted: `nil`.
    public func usage(of request: ModelRequest) -> TokenUsage? {
        if let stated { return stated }
        guard !text.isEmpty || hasCalls else { return nil }
        return TokenUsage(prompt: TokenEstimate.count(request), completion: TokenEstimate.count(text))
    }
}
