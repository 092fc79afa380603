import JSONCoding

/// A model's habits, limits and prices: built-in ones for well-known models, overridden by the operator's file.
public struct ModelSettings: Sendable, Equatable {
    /// US dollars per million tokens.
    public struct Price: Sendable, Equatable {
        public var input: Double
        public var output: Double
        /// Of tokens that the service had in its cache.
        public var cached: Double

        /// Dollars for the tokens.
        public func cost(_ usage: TokenUsage) -> Double {
            (Double(usage.prompt - usage.cached) * input + Double(usage.cached) * cached
                + Double(usage.completion) * output) / 1_000_000
        }
    }

    /// `nil` leaves it to the service; some models refuse any other value than their own.
    public var temperature: Double? = 0.2
    /// Most tokens of an answer.
    public var maximumTokens: Int?
    /// Tokens that the model takes, question and answer together.
    public var contextTokens = 32_768
    /// `nil` when it is not known; then receipts have no cost.
    public var price: Price?
    /// Whether it can ask for tools.
    public var tools = true
    /// Longest wait for the first sign of an answer.
    public var firstTokenSeconds = 30.0
    /// Longest silence within an answer.
    public var idleSeconds = 30.0
    /// Longest wait for the first sign when the service has to load the model first.
    public var loadSeconds = 180.0

    /// The defaults for a model of which nothing is known.
    public init() {}

    /// Tokens kept free for the answer.
    public var reservedTokens: Int { min(maximumTokens ?? 4096, contextTokens / 4) }

    /// Takes over what a JSON object says.
    ///
    /// - Throws: `InvalidFields` with everything that is wrong.
    mutating func apply(_ json: JSONValue) throws {
        var reader = try FieldReader(
            json,
            allowed: [
                "temperature", "maxTokens", "contextTokens", "price", "tools", "firstTokenSeconds", "idleSeconds",
                "loadSeconds",
            ])
        if json["temperature"] == .null { temperature = .none }
        temperature = reader.number("temperature", in: 0...2) ?? temperature
        maximumTokens = reader.number("maxTokens", in: 1...1_000_000).map { Int($0) } ?? maximumTokens
        contextTokens = reader.number("contextTokens", in: 512...10_000_000).map { Int($0) } ?? contextTokens
        tools = reader.bool("tools", default: tools)
        firstTokenSeconds = reader.number("firstTokenSeconds", in: 0.1...600) ?? firstTokenSeconds
        idleSeconds = reader.number("idleSeconds", in: 0.1...600) ?? idleSeconds
        loadSeconds = reader.number("loadSeconds", in: 0.1...1800) ?? loadSeconds
        try reader.finish()
        guard let stated = json["price"], !stated.isNull else { return }
        var prices = try FieldReader(stated, allowed: ["input", "output", "cached"])
        let input = prices.number("input", in: 0...100_000) ?? 0
        price = Price(
            input: input, output: prices.number("output", in: 0...100_000) ?? 0,
            cached: prices.number("cached", in: 0...100_000) ?? input)
        try prices.finish()
    }
}
