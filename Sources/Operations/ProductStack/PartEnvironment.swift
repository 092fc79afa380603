import FoundationEssentials
import Settings

/// What a part of the stack gets of the environment: the variables that it reads, and so no secret but its own. The rest of
/// its caller's environment is nobody's business.
struct PartEnvironment: Sendable {
    /// Names; one with `*` at its end stands for all that begin so.
    let names: [String]

    /// The variables of an environment that the part gets.
    func selected(from environment: [String: String]) -> [String: String] {
        VariableNames(names).selected(from: environment)
    }

    // MARK: - The table

    /// How a program runs, and where it reports. OpenTelemetry's headers may hold a token, which all that report need.
    private static let everyPart = [
        "PATH", "HOME", "USER", "LOGNAME", "LANG", "LANGUAGE", "LC_*", "TZ", "TMPDIR", "NO_COLOR", "SSL_CERT_FILE",
        "SSL_CERT_DIR", "LD_LIBRARY_PATH", "GCONV_PATH", "LLVM_PROFILE_FILE", "SWIFT_BACKTRACE", "APUS_LOG",
        "APUS_ALLOWED_HOSTS", "OTEL_*",
    ]
    /// For parts that call services outside.
    private static let proxies = [
        "http_proxy", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY", "no_proxy", "NO_PROXY",
    ]
    private static let identity = [
        "APUS_KEY_VAULT_URL", "IDENTITY_ENDPOINT", "IDENTITY_HEADER", "AZURE_CLIENT_ID", "AZURE_TENANT_ID",
        "AZURE_CLIENT_SECRET", "AZURE_FEDERATED_TOKEN_FILE", "AZURE_AUTHORITY_HOST",
        "AZURE_POD_IDENTITY_AUTHORITY_HOST",
    ]
    /// How somebody is known who signed in, which every app verifies.
    private static let access = ["APUS_SIGN_IN", "APUS_SIGNING_KEYS"]
    private static let database = ["APUS_DATABASE_URL", "PG*"]
    private static let storage = ["AzureWebJobsStorage", "AzureWebJobsStorage__*"]
    private static let messages = ["APUS_COSMOS_ENDPOINT", "APUS_COSMOS_KEY"]
    private static let vectors = ["APUS_CHROMA_URL", "APUS_CHROMA_TOKEN", "APUS_EMBEDDINGS_*"]
    /// What the functions host reads, and Azure tells every app.
    private static let host = [
        "AzureFunctions*", "AzureWebJobs.*", "AzureWebJobsDisableHomepage", "AZURE_FUNCTIONS_ENVIRONMENT",
        "FUNCTIONS_*",
        "WEBSITE_*",
    ]
    /// Addresses and keys of the services of language models.
    private static let providers = [
        "openai": ["OPENAI_API_KEY", "OPENAI_BASE_URL"],
        "azure": ["AZURE_OPENAI_ENDPOINT", "AZURE_OPENAI_API_KEY", "AZURE_OPENAI_API_VERSION", "OPENAI_API_VERSION"],
        "gemini": ["GEMINI_API_KEY", "GOOGLE_GEMINI_BASE_URL"],
        "anthropic": ["ANTHROPIC_API_KEY", "ANTHROPIC_BASE_URL"],
        "groq": ["GROQ_API_KEY", "GROQ_BASE_URL"], "mistral": ["MISTRAL_API_KEY", "MISTRAL_BASE_URL"],
        "openrouter": ["OPENROUTER_API_KEY", "OPENROUTER_BASE_URL"],
        "featherless": ["FEATHERLESS_API_KEY", "FEATHERLESS_BASE_URL"], "huggingface": ["HF_TOKEN", "HF_BASE_URL"],
        "ollama": ["OLLAMA_HOST"], "vllm": ["VLLM_API_KEY", "VLLM_BASE_URL"],
        "rayserve": ["RAY_SERVE_API_KEY", "RAY_SERVE_BASE_URL"], "lmstudio": ["LMSTUDIO_API_KEY", "LMSTUDIO_BASE_URL"],
        "llamacpp": ["LLAMACPP_API_KEY", "LLAMACPP_BASE_URL"],
    ]

    /// The Azure emulator; the stack adds the keys of its accounts.
    static let emulator = PartEnvironment(names: everyPart + ["APUS_EMULATOR_TOKEN"])

    /// The VM server.
    static let server = PartEnvironment(
        names: everyPart + proxies + identity + [
            "APUS_CHROMA_TOKEN", "APUS_CHAT_URL", "APUS_UPLOAD_URL", "APUS_HISTORY_URL", "APUS_ACCOUNT_URL",
            "APUS_FUNCTIONS_KEY", "APUS_CORS_ORIGINS",
        ])

    /// A function app; the variables that its settings themselves name are among them.
    static func app(_ name: String, _ environment: [String: String]) -> PartEnvironment {
        let common = everyPart + proxies + identity + host + access + database
        switch name {
        case "chat":
            return PartEnvironment(
                names: common + messages + vectors + providers.values.flatMap(\.self).sorted() + [
                    "APUS_MODELS", "APUS_MODEL_SETTINGS", "APUS_PRESET", "APUS_PRESETS", "APUS_ANSWER_CACHE",
                    "APUS_UNSUPPORTED",
                    "APUS_FETCH_ALLOW", "APUS_TOOLS", "GOOGLE_SEARCH_*", "BRAVE_SEARCH_*", "SEARXNG_URL",
                ] + toolSettings(environment["APUS_TOOLS"]))
        case "upload":
            let model = environment["APUS_EMBEDDINGS_MODEL"]?.split(separator: ":").first.map(String.init)
            return PartEnvironment(
                names: common + storage + vectors + (model.flatMap { providers[$0] } ?? []) + [
                    "APUS_AUDIT_DAYS", "APUS_MAX_UPLOAD_BYTES", "APUS_OCR_LANGUAGES", "APUS_UPLOAD_HOURS",
                ])
        case "account": return PartEnvironment(names: common + ["APUS_PAGE_URL", "APUS_OIDC_*"])
        default: return PartEnvironment(names: common + storage + messages)
        }
    }

    /// The functions host: what its apps get.
    static func functionsHost(_ environment: [String: String]) -> PartEnvironment {
        PartEnvironment(names: ProductLayout.apps.flatMap { app($0, environment).names })
    }

    /// The settings that a file of tools puts into headers, as `${NAME}`.
    private static func toolSettings(_ path: String?) -> [String] {
        guard let path, let data = FileManager.default.contents(atPath: path) else { return [] }
        return String(decoding: data, as: UTF8.self).split(separator: "${").dropFirst().compactMap { rest in
            let name = rest.prefix { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_") }
            return rest.dropFirst(name.count).first == "}" && !name.isEmpty ? String(name) : nil
        }
    }
}
