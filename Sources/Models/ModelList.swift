public import HTTPClient
public import Settings

/// The models of `APUS_MODELS`, in order; the first is the default. `extractive` answers without a language model.
public struct ModelList: Sendable {
    /// What stands in for a language model.
    public static let extractive = "extractive"

    /// Every entry: a language model, or `nil` for the extractive answerer.
    public let entries: [(id: String, model: (any ChatModel)?)]

    /// Reads `APUS_MODELS` and the providers' own settings.
    public init(_ settings: inout SettingsReader, client: HTTPClient) {
        let text = settings.optional("APUS_MODELS") ?? Self.extractive
        var entries: [(String, (any ChatModel)?)] = []
        for part in text.split(separator: ",").map({ $0.filter { $0 != " " } }) where !part.isEmpty {
            if part == Self.extractive {
                entries.append((Self.extractive, nil))
                continue
            }
            let pair = part.split(separator: ":", maxSplits: 1).map(String.init)
            guard pair.count == 2 else {
                settings.add(
                    "APUS_MODELS", "has the entry '\(part)'; entries look like openai:gpt-4.1-mini or extractive")
                continue
            }
            if let model = Self.model(pair[0], pair[1], &settings, client) { entries.append((model.id, model)) }
        }
        self.entries = entries
    }

    /// The entry of that id; the first for `nil`.
    public func entry(_ id: String?) -> (id: String, model: (any ChatModel)?)? {
        guard let id else { return entries.first }
        return entries.first { $0.id == id }
    }

    private static func model(
        _ provider: String, _ name: String, _ settings: inout SettingsReader, _ client: HTTPClient
    ) -> (any ChatModel)? {
        func key(_ variable: String) -> Secret? {
            guard let key = settings.secret(variable) else {
                settings.add(variable, "is not set, but APUS_MODELS names a model of \(provider)")
                return nil
            }
            return key
        }
        switch provider {
        case "openai":
            let base = settings.url("OPENAI_BASE_URL", default: "https://api.openai.com/v1")
            // Compatible servers of one's own often want no key.
            let isOwn = settings.optional("OPENAI_BASE_URL") != nil
            guard let secret = isOwn ? settings.secret("OPENAI_API_KEY") ?? Secret("none") : key("OPENAI_API_KEY")
            else {
                return nil
            }
            return OpenAIChatModel(
                provider: provider, model: name, url: base, authorization: .bearer(secret), client: client)
        case "azure":
            guard let secret = key("AZURE_OPENAI_API_KEY") else { return nil }
            let base = settings.url("AZURE_OPENAI_ENDPOINT") + "/openai/v1"
            return OpenAIChatModel(
                provider: provider, model: name, url: base, authorization: .apiKey(secret), client: client)
        case "gemini":
            guard let secret = key("GEMINI_API_KEY") else { return nil }
            // Google's own OpenAI-compatible surface.
            let base = "https://generativelanguage.googleapis.com/v1beta/openai"
            return OpenAIChatModel(
                provider: provider, model: name, url: base, authorization: .bearer(secret), client: client)
        case "ollama":
            var host = settings.optional("OLLAMA_HOST") ?? "127.0.0.1:11434"
            if !host.hasPrefix("http") { host = "http://" + host }
            if host.hasSuffix("/") { host.removeLast() }
            return OpenAIChatModel(
                provider: provider, model: name, url: host + "/v1", authorization: .none, client: client)
        default:
            settings.add(
                "APUS_MODELS", "names the provider '\(provider)'; known are openai, azure, gemini, ollama, extractive")
            return nil
        }
    }
}
