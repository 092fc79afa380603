import AzureIdentity
import FoundationEssentials
import HTTPClient
import HTTPMessages
import HTTPServing
import JSONCoding
import Models
import Retrieval
import Settings
import Synchronization
import TestSupport
import Testing

@testable import Tools

/// Tools that operators declare, and the search engines, over real sockets.
@Suite struct DeclaredToolTests {
    private let turn = ToolTurn(documents: [], isKnownAddress: { _ in true })

    private func read(_ file: String, _ settings: [String: String] = [:]) throws -> ([DeclaredTool], [String]) {
        let folder = try Fixtures.temporaryDirectory()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let path = folder + "/tools.json"
        _ = FileManager.default.createFile(atPath: path, contents: Data(file.utf8))
        var reader = SettingsReader(settings.merging(["APUS_TOOLS": path]) { one, _ in one })
        let tools = DeclaredToolsFile.read(&reader, client: HTTPSession())
        do throws(SettingsError) {
            try reader.finish()
            return (tools, [])
        } catch {
            return (tools, error.problems)
        }
    }

    private func file(_ tool: String) -> String { "{\"tools\":[\(tool)]}" }

    // MARK: - The file

    @Test func aToolIsReadWithItsSecrets() throws {
        let (tools, problems) = try read(
            file(
                """
                {"name": "weather", "description": "Weather.", "method": "POST", "url": "https://w.example/{city}",
                 "headers": {"X-Key": "key ${WEATHER_KEY}"}, "parameters": {"type": "object"}}
                """), ["WEATHER_KEY": "secret"])
        #expect(problems.isEmpty && tools.count == 1)
        let tool = try #require(tools.first)
        #expect(tool.kind == .declared && tool.method == .post && tool.fields["x-key"] == "key secret")
    }

    @Test(arguments: [
        (#"{"name":"a b","description":"d","url":"https://x.example/"}"#, "name"),
        (#"{"name":"a","url":"https://x.example/"}"#, "description"), (#"{"name":"a","description":"d"}"#, "url"),
        (#"{"name":"a","description":"d","url":"ftp://x.example/"}"#, "url"),
        (#"{"name":"a","description":"d","url":"https://{host}/"}"#, "url"),
        (#"{"name":"a","description":"d","url":"https://x.example/","method":"HEAD"}"#, "method"),
        (#"{"name":"a","description":"d","url":"https://x.example/","parameters":{"type":"array"}}"#, "parameters"),
        (#"{"name":"a","description":"d","url":"https://x.example/","headers":{"k":"${NOT_SET}"}}"#, "headers.k"),
        (#"{"name":"a","description":"d","url":"https://x.example/","headers":{"k":"a\nb"}}"#, "headers.k"),
        (#"{"name":"a","description":"d","url":"https://x.example/","colour":1}"#, "colour"),
    ])
    func mistakesInTheFileAreNamed(tool: String, field: String) throws {
        let (tools, problems) = try read(file(tool))
        #expect(tools.isEmpty && problems.contains { $0.contains("tools[0].\(field)") }, "\(problems)")
    }

    @Test(arguments: ["", "[]", "{\"tools\":1}", "{"]) func whatIsNoListOfToolsIsNamed(content: String) throws {
        #expect(try read(content).1.count == 1)
    }

    @Test func aFileThatIsNotThereIsNamed() {
        var reader = SettingsReader(["APUS_TOOLS": "/nonexistent/tools.json"])
        #expect(DeclaredToolsFile.read(&reader, client: HTTPSession()).isEmpty)
        #expect(throws: SettingsError.self) { try reader.finish() }
    }

    // MARK: - Requests

    private func tool(_ method: HTTPMethod, _ url: String) -> DeclaredTool {
        DeclaredTool(
            specification: .init(name: "t", description: "", parameters: [:]), method: method, url: url, fields: [:],
            client: HTTPSession())
    }

    @Test func argumentsGoWhereTheTemplateWantsThem() {
        let get = tool(.get, "https://x.example/{city}?lang=en").prepare(["city": "São Paulo/..", "days": 3])
        #expect(get.url == "https://x.example/S%C3%A3o%20Paulo%2F..?lang=en&days=3")
        let plain = tool(.delete, "https://x.example/a").prepare(["q": "a&b"])
        #expect(plain.url == "https://x.example/a?q=a%26b")
        let none = tool(.get, "https://x.example/a").prepare([:])
        #expect(none.url == "https://x.example/a")
    }

    @Test func whatIsLeftIsTheBody() async throws {
        let post = tool(.post, "https://x.example/{id}").prepare(["id": 7, "note": "hi", "list": [1, 2]])
        #expect(post.url == "https://x.example/7" && post.fields["content-type"] == "application/json")
        let body = try JSONParser.parse(try await post.body.collect(limit: 1000))
        #expect(body == ["note": "hi", "list": [1, 2]])
    }

    private func run(_ response: HTTPResponse) async throws -> ToolOutcome {
        let server = try HTTPServer(HTTPServer.Configuration()) { _ in response }
        let result: Result<ToolOutcome, any Error>
        do {
            result = .success(try await tool(.get, "http://127.0.0.1:\(server.port)/").run([:], in: turn))
        } catch {
            result = .failure(error)
        }
        await server.shutDown(grace: .zero)
        return try result.get()
    }

    @Test func theAnswerIsTheResult() async throws {
        let outcome = try await run(HTTPResponse(.ok, text: "sunny"))
        #expect(outcome.text == "sunny" && outcome.summary == "200, 5 bytes" && outcome.sources.isEmpty)
        let long = try await run(HTTPResponse(.ok, text: String(repeating: "ä", count: 30_000)))
        #expect(long.text.hasSuffix("\n[cut]") && long.text.unicodeScalars.count == 20_006)
    }

    @Test func failuresAreToldToTheModel() async throws {
        await #expect(throws: ToolFailure.self) {
            try await run(HTTPResponse(HTTPStatus(rawValue: 404), body: .bytes("no such city".bytes)))
        }
        await #expect(throws: ToolFailure.self) {
            try await run(HTTPResponse(.ok, text: String(repeating: "x", count: 300_000)))
        }
        await #expect(throws: ToolFailure.self) { try await tool(.get, "http://127.0.0.1:9/").run([:], in: turn) }
    }

    // MARK: - Search engines

    private func engines(_ settings: [String: String]) -> [SearchEngine] {
        var reader = SettingsReader(settings)
        return SearchEngine.configured(&reader)
    }

    @Test func enginesComeInTheirOrder() {
        #expect(engines([:]).isEmpty && engines(["GOOGLE_SEARCH_KEY": "k"]).isEmpty)
        let all = engines([
            "SEARXNG_URL": "http://s", "BRAVE_SEARCH_KEY": "b", "GOOGLE_SEARCH_KEY": "k", "GOOGLE_SEARCH_ENGINE": "e",
        ])
        #expect(all.map(\.name) == ["Google", "Brave", "SearXNG"])
    }

    private func search(_ setting: [String: String], _ urlName: String, _ body: String) async throws -> (
        [SearchEngine.Result], HTTPRequest?
    ) {
        let seen = Mutex<HTTPRequest?>(nil)
        let server = try HTTPServer(HTTPServer.Configuration()) { request in
            seen.withLock { $0 = request }
            return HTTPResponse(.ok, text: body, contentType: "application/json")
        }
        var settings = setting
        settings[urlName] = "http://127.0.0.1:\(server.port)"
        let engine = try #require(engines(settings).first)
        let results = try await engine.search("swifts & swallows", count: 2, client: HTTPSession())
        await server.shutDown(grace: .zero)
        return (results, seen.withLock { $0 })
    }

    @Test func everyEngineIsAskedInItsForm() async throws {
        let result =
            #"{"title":"A <b>bold</b> title","link":"https://a.example/","url":"https://a.example/","snippet":"x &amp; y","description":"x &amp; y","content":"x &amp; y"}"#
        let (google, first) = try await search(
            ["GOOGLE_SEARCH_KEY": "k", "GOOGLE_SEARCH_ENGINE": "e"], "GOOGLE_SEARCH_URL", "{\"items\":[\(result)]}")
        #expect(first?.target.text == "/customsearch/v1?cx=e&num=2&q=swifts%20%26%20swallows")
        #expect(first?.fields["x-goog-api-key"] == "k" && first?.fields["traceparent"] == nil)
        let (brave, second) = try await search(
            ["BRAVE_SEARCH_KEY": "b"], "BRAVE_SEARCH_URL", "{\"web\":{\"results\":[\(result)]}}")
        #expect(second?.fields["x-subscription-token"] == "b" && second?.target.rawPath == "/res/v1/web/search")
        let (searxng, third) = try await search([:], "SEARXNG_URL", "{\"results\":[\(result),\(result),\(result)]}")
        #expect(third?.target.parameter("format") == "json" && searxng.count == 2)
        for results in [google, brave, searxng] {
            #expect(results.first?.title == "A bold title" && results.first?.snippet == "x & y")
            #expect(results.first?.url == "https://a.example/")
        }
    }

    @Test func addressesThatCannotBeReadAreLeftOut() async throws {
        let (results, _) = try await search(
            [:], "SEARXNG_URL", #"{"results":[{"url":"javascript:alert(1)"},{"url":"https://b.example/"},{}]}"#)
        #expect(results.map(\.url) == ["https://b.example/"])
    }

    @Test func theNextEngineIsAskedWhenOneFails() async throws {
        let server = try HTTPServer(HTTPServer.Configuration()) { request in
            request.target.rawPath == "/search"
                ? HTTPResponse(.ok, text: #"{"results":[{"title":"T","url":"https://b.example/","content":"c"}]}"#)
                : HTTPResponse(.forbidden)
        }
        let url = "http://127.0.0.1:\(server.port)"
        let found = engines(["BRAVE_SEARCH_KEY": "b", "BRAVE_SEARCH_URL": url, "SEARXNG_URL": url])
        let outcome = try await WebSearchTool(engines: found, client: HTTPSession()).run(["query": "x"], in: turn)
        #expect(outcome.summary == "1 results of SearXNG" && outcome.sources.map(\.url) == ["https://b.example/"])
        let failing = engines(["BRAVE_SEARCH_KEY": "b", "BRAVE_SEARCH_URL": url])
        await #expect(throws: ToolFailure.self) {
            try await WebSearchTool(engines: failing, client: HTTPSession()).run(["query": "x"], in: turn)
        }
        await server.shutDown(grace: .zero)
    }

    // MARK: - The box

    @Test func theBoxHasWhatSettingsName() throws {
        func names(_ settings: [String: String]) -> ([String], Int) {
            var reader = SettingsReader(settings)
            let client = HTTPSession()
            let box = ToolBox(&reader, identity: TokenSource(reader, client: client), client: client)
            var problems = 0
            do throws(SettingsError) { try reader.finish() } catch { problems = error.problems.count }
            return (box.tools.map(\.specification.name), problems)
        }
        #expect(names([:]) == (["fetch_page"], 0))
        #expect(names(["SEARXNG_URL": "http://s"]).0 == ["web_search", "fetch_page"])
        #expect(names(["APUS_FETCH_ALLOW": "wiki.example.com:443, other"]).1 == 1)
    }

    @Test func anAddressThatNobodyNamedIsNotRead() async {
        let stranger = ToolTurn(documents: [], isKnownAddress: { _ in false })
        let fetcher = WebFetcher(client: HTTPSession(), lookup: { _ in [] }, allowed: [])
        await #expect(throws: ToolFailure.self) {
            try await FetchPageTool(fetcher: fetcher).run(["url": "https://a.example/"], in: stranger)
        }
    }

    @Test func everyToolsSchemaRefusesWhatItDoesNotKnow() {
        let tools: [any Tool] = [
            WebSearchTool(engines: [], client: HTTPSession()),
            FetchPageTool(fetcher: WebFetcher(client: HTTPSession(), lookup: { _ in [] }, allowed: [])),
        ]
        for tool in tools {
            let schema = JSONSchema(tool.specification.parameters)
            #expect(!schema.problems([:]).isEmpty && !schema.problems(["colour": "red"]).isEmpty)
            #expect(tool.kind == .web)
        }
        let search = JSONSchema(tools[0].specification.parameters)
        #expect(search.problems(["query": "x", "count": 3]).isEmpty)
        #expect(
            !search.problems(["query": "", "count": 3]).isEmpty
                && !search.problems(["query": "x", "count": 11]).isEmpty)
        let fetch = JSONSchema(tools[1].specification.parameters)
        #expect(fetch.problems(["url": "https://a.example/", "start": 0]).isEmpty)
        #expect(!fetch.problems(["url": "https://a.example/", "start": -1]).isEmpty)
    }
}
