public import AzureIdentity
public import HTTPClient
public import Settings

/// The tools that do not need the product's own data: the web, and what operators declare.
public struct ToolBox: ConfiguredClient, Sendable {
    public static var secretNames: [String] { SearchEngine.secretNames }

    /// Every tool, in the order in which models see them.
    public let tools: [any Tool]

    /// Reads the search engines' settings, `APUS_FETCH_ALLOW` and `APUS_TOOLS`.
    public init(_ settings: inout SettingsReader, identity: TokenSource, client: HTTPSession) {
        let engines = SearchEngine.configured(&settings)
        let declared = DeclaredToolsFile.read(&settings, client: client)
        let allowed = (settings.optional("APUS_FETCH_ALLOW") ?? "").split(separator: ",").map {
            $0.lowercased().filter { $0 != " " }
        }
        for entry in allowed where !entry.contains(":") {
            settings.add("APUS_FETCH_ALLOW", "has the entry '\(entry)'; entries look like wiki.example.com:443")
        }
        let fetcher = WebFetcher(client: HTTPSession(), lookup: HostResolver.system, allowed: Set(allowed))
        let search: [any Tool] = engines.isEmpty ? [] : [WebSearchTool(engines: engines, client: client)]
        tools = search + [FetchPageTool(fetcher: fetcher)] + declared.map { $0 as any Tool }
    }
}
