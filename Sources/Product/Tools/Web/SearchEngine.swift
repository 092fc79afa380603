import HTTPClient
import HTTPMessages
import JSONCoding
import Settings
import TextSearch

/// A web search service: how it is asked, and where the results stand in its answer.
struct SearchEngine: Sendable {
    /// One result.
    struct Result: Sendable {
        let title: String
        let url: String
        let snippet: String
    }

    let name: String
    private let request: @Sendable (_ query: String, _ count: Int) -> HTTPSession.Request
    private let results: @Sendable (JSONValue) -> [Result]

    private static let googleKey = "GOOGLE_SEARCH_KEY"
    private static let braveKey = "BRAVE_SEARCH_KEY"
    static let secretNames = [googleKey, braveKey]

    /// The engines that settings describe, in the order in which they are tried.
    static func configured(_ settings: inout SettingsReader) -> [SearchEngine] {
        var engines: [SearchEngine] = []
        if let key = settings.secret(googleKey), let engine = settings.optional("GOOGLE_SEARCH_ENGINE") {
            engines.append(
                google(settings.url("GOOGLE_SEARCH_URL", default: "https://www.googleapis.com"), key, engine))
        }
        if let key = settings.secret(braveKey) {
            engines.append(brave(settings.url("BRAVE_SEARCH_URL", default: "https://api.search.brave.com"), key))
        }
        if settings.optional("SEARXNG_URL") != nil { engines.append(searxng(settings.url("SEARXNG_URL"))) }
        return engines
    }

    /// Google Programmable Search, JSON API version 1.
    private static func google(_ base: String, _ key: Secret, _ engine: String) -> SearchEngine {
        SearchEngine(name: "Google") { query, count in
            let parameters = "cx=\(percentEncoded(engine))&num=\(min(count, 10))&q=\(percentEncoded(query))"
            // The key goes into a field, which the service accepts too: addresses end up in logs.
            return .init(.get, "\(base)/customsearch/v1?\(parameters)", fields: ["X-Goog-Api-Key": key.value])
        } results: { json in
            (json["items"]?.array ?? []).map { result($0, "title", "link", "snippet") }
        }
    }

    /// Brave Search, web search endpoint.
    private static func brave(_ base: String, _ key: Secret) -> SearchEngine {
        SearchEngine(name: "Brave") { query, count in
            .init(
                .get, "\(base)/res/v1/web/search?count=\(min(count, 20))&q=\(percentEncoded(query))",
                fields: ["X-Subscription-Token": key.value, "Accept": "application/json"])
        } results: { json in
            (json["web"]?["results"]?.array ?? []).map { result($0, "title", "url", "description") }
        }
    }

    /// A SearXNG instance with its JSON format switched on.
    private static func searxng(_ base: String) -> SearchEngine {
        SearchEngine(name: "SearXNG") { query, _ in
            .init(.get, "\(base)/search?format=json&q=\(percentEncoded(query))", fields: ["Accept": "application/json"])
        } results: { json in
            (json["results"]?.array ?? []).map { result($0, "title", "url", "content") }
        }
    }

    private static func result(_ json: JSONValue, _ title: String, _ url: String, _ snippet: String) -> Result {
        Result(
            title: plain(json[title]?.string ?? ""), url: json[url]?.string ?? "",
            snippet: plain(json[snippet]?.string ?? ""))
    }

    /// Snippets come with marks around the words that were found.
    private static func plain(_ text: String) -> String {
        var result = ""
        var isTag = false
        for character in text.prefix(2000) {
            if character == "<" { isTag = true }
            if !isTag { result.append(character) }
            if character == ">" { isTag = false }
        }
        return result.replacing("&amp;", with: "&").replacing("&quot;", with: "\"").replacing("&#39;", with: "'")
            .replacing("&lt;", with: "<").replacing("&gt;", with: ">")
    }

    /// Searches.
    ///
    /// - Throws: `ToolFailure`.
    func search(_ query: String, count: Int, client: HTTPSession) async throws -> [Result] {
        var request = request(query, count)
        request.continuesTrace = false
        request.headTimeout = .seconds(10)
        request.idleTimeout = .seconds(10)
        do {
            let answer = try await client.fetch(request, limit: 2 << 20)
            guard answer.status.isSuccess, let json = try? JSONParser.parse(answer.body) else {
                throw ToolFailure("\(name) answered with status \(answer.status.rawValue).")
            }
            return Array(results(json).filter { (try? WebAddress($0.url)) != nil }.prefix(count))
        } catch let error as HTTPClientError {
            throw ToolFailure("\(name): \(error).")
        } catch is HTTPBodyTooLarge {
            throw ToolFailure("\(name) answered with more than 2 MiB.")
        }
    }
}
