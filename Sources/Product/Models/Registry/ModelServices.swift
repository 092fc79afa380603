import AzureIdentity
import HTTPClient
import Settings
import TextSearch

/// Finds the services that settings describe: addresses, keys, dialects.
struct ModelServices {
    /// Names in `APUS_MODELS` besides `extractive`.
    static let names = CompatibleService.all.map(\.name) + ["azure", "gemini", "ollama", "anthropic"]
    /// Settings that hold secrets.
    static let secretNames =
        CompatibleService.all.map(\.keyVariable) + ["AZURE_OPENAI_API_KEY", "GEMINI_API_KEY", "ANTHROPIC_API_KEY"]

    private static let azureResource = "https://cognitiveservices.azure.com"

    let identity: TokenSource

    /// The wire format of a model, and whether it runs on machines of one's own; `nil` when settings are missing, which
    /// is noted in them.
    func format(
        _ provider: String, model: String, _ settings: inout SettingsReader
    ) -> (format: any WireFormat, isLocal: Bool)? {
        let id = "\(provider):\(model)"
        switch provider {
        case "azure":
            guard let access = azure(id, &settings) else { return nil }
            return (Self.azureFormat(model, access, settings), false)
        case "gemini":
            return gemini(id, &settings).map { (GeminiFormat(model: model, access: $0), false) }
        case "ollama": return (OllamaFormat(model: model, access: ollama(id, settings)), true)
        case "anthropic":
            guard let key = Self.key("ANTHROPIC_API_KEY", id, &settings) else { return nil }
            let url = settings.url("ANTHROPIC_BASE_URL", default: "https://api.anthropic.com")
            let access = ServiceAccess(url: url, authorization: .key(field: "x-api-key", key), service: id)
            return (AnthropicFormat(model: model, access: access), false)
        default:
            guard let service = CompatibleService.all.first(where: { $0.name == provider }) else {
                let known = (Self.names + ["extractive"]).joined(separator: ", ")
                settings.add("APUS_MODELS", "names the provider '\(provider)'; known are \(known)")
                return nil
            }
            guard let access = compatible(service, id, &settings) else { return nil }
            // A service of one's own behind OpenAI's setting may be an older one.
            let isOwn = provider == "openai" && settings.optional(service.urlVariable) != nil
            let dialect = isOwn ? OpenAIFormat.Dialect() : service.dialect
            return (OpenAIFormat(model: model, access: access, dialect: dialect), service.isLocal)
        }
    }

    /// A service that speaks OpenAI's API.
    func compatible(
        _ service: CompatibleService, _ id: String, _ settings: inout SettingsReader
    ) -> ServiceAccess? {
        let url = settings.url(service.urlVariable, default: service.url)
        let needsKey = !service.isLocal && settings.optional(service.urlVariable) == nil
        guard needsKey else {
            let key = settings.secret(service.keyVariable)
            return ServiceAccess(url: url, authorization: key.map { .bearer($0) } ?? .none, service: id)
        }
        return Self.key(service.keyVariable, id, &settings).map {
            ServiceAccess(url: url, authorization: .bearer($0), service: id)
        }
    }

    /// Azure OpenAI with its key, or with the program's identity where there is none.
    func azure(_ id: String, _ settings: inout SettingsReader) -> ServiceAccess? {
        guard settings.optional("AZURE_OPENAI_ENDPOINT") != nil else {
            settings.add("AZURE_OPENAI_ENDPOINT", "is not set, but '\(id)' is asked for")
            return nil
        }
        let url = settings.url("AZURE_OPENAI_ENDPOINT")
        let key = settings.secret("AZURE_OPENAI_API_KEY")
        return ServiceAccess(
            url: url,
            authorization: key.map { .key(field: "api-key", $0) } ?? .identity(identity, resource: Self.azureResource),
            service: id)
    }

    /// `AZURE_OPENAI_API_VERSION` (or the SDK's `OPENAI_API_VERSION`) asks for the older form, with the deployment in
    /// the path.
    static func azurePath(_ model: String, _ operation: String, _ settings: SettingsReader) -> String {
        guard let version = settings.optional("AZURE_OPENAI_API_VERSION") ?? settings.optional("OPENAI_API_VERSION")
        else { return "/openai/v1/" + operation }
        return "/openai/deployments/\(model)/\(operation)?api-version=\(version)"
    }

    private static func azureFormat(_ model: String, _ access: ServiceAccess, _ settings: SettingsReader)
        -> OpenAIFormat
    {
        OpenAIFormat(
            model: model, access: access, path: azurePath(model, "chat/completions", settings),
            dialect: .init(limitName: "max_completion_tokens"))
    }

    /// Google's generative language API.
    func gemini(_ id: String, _ settings: inout SettingsReader) -> ServiceAccess? {
        guard let key = Self.key("GEMINI_API_KEY", id, &settings) else { return nil }
        let url = settings.url("GOOGLE_GEMINI_BASE_URL", default: "https://generativelanguage.googleapis.com")
        return ServiceAccess(url: url, authorization: .key(field: "x-goog-api-key", key), service: id)
    }

    /// `OLLAMA_HOST` as the server's own tools read it: scheme and port may be missing, 0.0.0.0 means this machine.
    func ollama(_ id: String, _ settings: SettingsReader) -> ServiceAccess {
        var host = settings.optional("OLLAMA_HOST") ?? "127.0.0.1:11434"
        var scheme = "http://"
        for known in ["http://", "https://"] where host.hasPrefix(known) {
            scheme = known
            host = String(host.dropFirst(known.count))
        }
        if host.hasSuffix("/") { host.removeLast() }
        if host.hasPrefix("0.0.0.0") { host = "127.0.0.1" + host.dropFirst("0.0.0.0".count) }
        let hasPort =
            host.last.map { $0 != "]" } ?? false && host.contains(":") && (!host.hasPrefix("[") || host.contains("]:"))
        if !hasPort, scheme == "http://" { host += ":11434" }
        return ServiceAccess(url: scheme + host, authorization: .none, service: id)
    }

    private static func key(_ variable: String, _ id: String, _ settings: inout SettingsReader) -> Secret? {
        if let key = settings.secret(variable) { return key }
        settings.add(variable, "is not set, but '\(id)' is asked for")
        return nil
    }
}
