/// Services that speak OpenAI's chat completions, by the name that `APUS_MODELS` calls them.
struct CompatibleService: Sendable {
    let name: String
    /// Base URL when the setting does not say otherwise.
    let url: String
    /// Setting with the base URL.
    let urlVariable: String
    /// Setting with the key.
    let keyVariable: String
    /// Runs on machines of one's own: needs no key, costs nothing by the token.
    var isLocal = false
    var dialect = OpenAIFormat.Dialect()

    static let all = [
        CompatibleService(
            name: "openai", url: "https://api.openai.com/v1", urlVariable: "OPENAI_BASE_URL",
            keyVariable: "OPENAI_API_KEY", dialect: .init(limitName: "max_completion_tokens")),
        CompatibleService(
            name: "featherless", url: "https://api.featherless.ai/v1", urlVariable: "FEATHERLESS_BASE_URL",
            keyVariable: "FEATHERLESS_API_KEY"),
        CompatibleService(
            name: "huggingface", url: "https://router.huggingface.co/v1", urlVariable: "HF_BASE_URL",
            keyVariable: "HF_TOKEN"),
        CompatibleService(
            name: "groq", url: "https://api.groq.com/openai/v1", urlVariable: "GROQ_BASE_URL",
            keyVariable: "GROQ_API_KEY"),
        CompatibleService(
            name: "mistral", url: "https://api.mistral.ai/v1", urlVariable: "MISTRAL_BASE_URL",
            keyVariable: "MISTRAL_API_KEY", dialect: .init(asksForUsage: false)),
        CompatibleService(
            name: "openrouter", url: "https://openrouter.ai/api/v1", urlVariable: "OPENROUTER_BASE_URL",
            keyVariable: "OPENROUTER_API_KEY"),
        CompatibleService(
            name: "vllm", url: "http://127.0.0.1:8000/v1", urlVariable: "VLLM_BASE_URL", keyVariable: "VLLM_API_KEY",
            isLocal: true),
        CompatibleService(
            name: "rayserve", url: "http://127.0.0.1:8000/v1", urlVariable: "RAY_SERVE_BASE_URL",
            keyVariable: "RAY_SERVE_API_KEY", isLocal: true),
        CompatibleService(
            name: "lmstudio", url: "http://127.0.0.1:1234/v1", urlVariable: "LMSTUDIO_BASE_URL",
            keyVariable: "LMSTUDIO_API_KEY", isLocal: true),
        CompatibleService(
            name: "llamacpp", url: "http://127.0.0.1:8080/v1", urlVariable: "LLAMACPP_BASE_URL",
            keyVariable: "LLAMACPP_API_KEY", isLocal: true),
    ]
}
