/// What is publicly known about models by the beginning of their names: context size in tokens and list prices in US
/// dollars per million tokens. Prices change and differ by region; the settings file has the last word.
enum WellKnownModels {
    private struct Entry {
        let prefix: String
        let context: Int
        let prices: (input: Double, output: Double, cached: Double)?
        var takesTemperature = true
    }

    // Longer prefixes stand before the shorter ones that they begin with.
    private static let entries = [
        Entry(prefix: "gpt-4.1-nano", context: 1_047_576, prices: (0.10, 0.40, 0.025)),
        Entry(prefix: "gpt-4.1-mini", context: 1_047_576, prices: (0.40, 1.60, 0.10)),
        Entry(prefix: "gpt-4.1", context: 1_047_576, prices: (2.00, 8.00, 0.50)),
        Entry(prefix: "gpt-4o-mini", context: 128_000, prices: (0.15, 0.60, 0.075)),
        Entry(prefix: "gpt-4o", context: 128_000, prices: (2.50, 10.00, 1.25)),
        Entry(prefix: "gpt-5-nano", context: 400_000, prices: (0.05, 0.40, 0.005), takesTemperature: false),
        Entry(prefix: "gpt-5-mini", context: 400_000, prices: (0.25, 2.00, 0.025), takesTemperature: false),
        Entry(prefix: "gpt-5", context: 400_000, prices: (1.25, 10.00, 0.125), takesTemperature: false),
        Entry(prefix: "o4-mini", context: 200_000, prices: (1.10, 4.40, 0.275), takesTemperature: false),
        Entry(prefix: "o3-mini", context: 200_000, prices: (1.10, 4.40, 0.55), takesTemperature: false),
        Entry(prefix: "o3", context: 200_000, prices: (2.00, 8.00, 0.50), takesTemperature: false),
        Entry(prefix: "o1", context: 200_000, prices: (15.00, 60.00, 7.50), takesTemperature: false),
        Entry(prefix: "gemini-2.5-flash-lite", context: 1_048_576, prices: (0.10, 0.40, 0.025)),
        Entry(prefix: "gemini-2.5-flash", context: 1_048_576, prices: (0.30, 2.50, 0.075)),
        Entry(prefix: "gemini-2.5-pro", context: 1_048_576, prices: (1.25, 10.00, 0.31)),
        Entry(prefix: "gemini-2.0-flash", context: 1_048_576, prices: (0.10, 0.40, 0.025)),
        Entry(prefix: "claude-opus-4", context: 200_000, prices: (15.00, 75.00, 1.50)),
        Entry(prefix: "claude-sonnet-4", context: 200_000, prices: (3.00, 15.00, 0.30)),
        Entry(prefix: "claude-haiku-4", context: 200_000, prices: (1.00, 5.00, 0.10)),
        Entry(prefix: "claude-3-5-haiku", context: 200_000, prices: (0.80, 4.00, 0.08)),
        Entry(prefix: "mistral-large", context: 128_000, prices: (2.00, 6.00, 2.00)),
        Entry(prefix: "mistral-small", context: 128_000, prices: (0.10, 0.30, 0.10)),
        Entry(prefix: "llama-3.1-8b", context: 131_072, prices: nil),
        Entry(prefix: "llama-3.3-70b", context: 131_072, prices: nil),
        Entry(prefix: "openai/gpt-oss", context: 131_072, prices: nil),
    ]

    /// The defaults of a model.
    ///
    /// - Parameter isLocal: On a machine of one's own, where the server decides about the context and tokens cost nothing.
    static func settings(_ name: String, isLocal: Bool) -> ModelSettings {
        var settings = ModelSettings()
        // Servers of one's own load a context of this size unless told otherwise, and take longer to begin.
        if isLocal {
            settings.contextTokens = 8192
            settings.firstTokenSeconds = 60
            settings.price = .init(input: 0, output: 0, cached: 0)
            return settings
        }
        let plain = name.lowercased()
        guard let entry = entries.first(where: { plain.hasPrefix($0.prefix) }) else { return settings }
        settings.contextTokens = entry.context
        settings.price = entry.prices.map { .init(input: $0.input, output: $0.output, cached: $0.cached) }
        if !entry.takesTemperature {
            settings.temperature = nil
            // These reason before they speak, and say nothing meanwhile.
            settings.firstTokenSeconds = 120
            settings.idleSeconds = 120
        }
        return settings
    }
}
