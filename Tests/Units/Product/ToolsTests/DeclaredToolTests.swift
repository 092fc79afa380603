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
    private let turn = ToolTurn(
        documents: [], egress: EgressGuard(question: "Is it sunny?", earlier: [], confidential: []))

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
        #expect(tool.wantsConfirmation)
    }

    @Test func theOperatorMayLetAToolChangeThings() throws {
        let (tools, problems) = try read(
            file(
                """
                {"name": "a", "description": "d", "method": "PUT", "url": "https://w.example/", "confirmed": "always"},
                {"name": "b", "description": "d", "method": "DELETE", "url": "https://w.example/"},
                {"name": "c", "description": "d", "url": "https://w.example/"}
                """))
        #expect(problems.isEmpty && tools.map(\.wantsConfirmation) == [false, true, false])
    }

    @Test(arguments: [
        (#"{"name":"a b","description":"d","url":"https://x.example/"}"#, "name"),
        (#"{"name":"a","url":"https://x.example/"}"#, "description"), (#"{"name":"a","description":"d"}"#, "url"),
        (#"{"name":"a","description":"d","url":"ftp://x.example/"}"#, "url"),
        (#"{"name":"a","description":"d","url":"https://{host}/"}"#, "url"),
        (#"{"name":"a","description":"d","url":"https://x.example{path}"}"#, "url"),
        (#"{"name":"a","description":"d","url":"https://x.example/a/../b"}"#, "url"),
        (#"{"name":"a","description":"d","url":"https://x.example/a#{b}"}"#, "url"),
        (#"{"name":"a","description":"d","url":"https:///x"}"#, "url"),
        (#"{"name":"a","description":"d","url":"https://x.example/","confirmed":"yes"}"#, "confirmed"),
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

    private func tool(_ method: HTTPMethod, _ url: String) throws -> DeclaredTool {
        DeclaredTool(
            specification: .init(name: "t", description: "", parameters: [:]), method: method,
            url: try URLTemplate(url), fields: [:], client: HTTPSession())
    }

    @Test func argumentsGoWhereTheTemplateWantsThem() throws {
        let get = try tool(.get, "https://x.example/{city}?lang=en").prepare(["city": "São Paulo/x", "days": 3])
        #expect(get.url == "https://x.example/S%C3%A3o%20Paulo%2Fx?lang=en&days=3")
        let plain = try tool(.delete, "https://x.example/a").prepare(["q": "a&b"])
        #expect(plain.url == "https://x.example/a?q=a%26b")
        let none = try tool(.get, "https://x.example/a").prepare([:])
        #expect(none.url == "https://x.example/a")
        let bare = try tool(.get, "https://x.example?q={q}").prepare(["q": "../&b=1#c", "{q}": "d"])
        #expect(bare.url == "https://x.example?q=..%2F%26b%3D1%23c&%7Bq%7D=d")
        let two = try tool(.get, "https://x.example/v{n}/{name}.txt").prepare(["n": 2, "name": "{n}"])
        #expect(two.url == "https://x.example/v2/%7Bn%7D.txt")
    }

    /// An argument stays the component that it is, however often a server decodes it.
    @Test(arguments: [
        "..", ".", "", "../admin", "a/../../admin", "..\\admin", "%2e%2e", "%252e%252e/admin", "%25252e%25252e",
        "..;/admin",
        "..;x", ".. ", "a/..", "a/..?", "a/..#x", "\u{FF0E}\u{FF0E}", "\u{2025}", ".\u{200B}.", "..\u{0}", "a\r\nb",
        "a%0d%0ab", "\u{FF0F}..", "..\u{2215}x",
    ])
    func anArgumentCannotClimb(value: String) throws {
        let tool = try tool(.get, "https://x.example/orders/{id}/state")
        #expect(throws: ToolFailure.self) { _ = try tool.prepare(["id": .string(value)]) }
        // Where it is part of a segment, the dots before and behind it count.
        let part = try self.tool(.get, "https://x.example/orders/.{id}")
        #expect(throws: ToolFailure.self) { _ = try part.prepare(["id": "."]) }
    }

    @Test func anArgumentThatIsMissingIsNamed() throws {
        let tool = try tool(.get, "https://x.example/orders/{id}")
        let failure = #expect(throws: ToolFailure.self) { _ = try tool.prepare([:]) }
        #expect(failure?.description.contains("arguments.id") == true)
    }

    @Test(arguments: ["..a", "a..b", "1.2", "a.txt", "A-7/8", "a/b", "…more", "3…4"])
    func dotsWithinANameAreNothing(value: String) throws {
        let tool = try tool(.get, "https://x.example/{id}")
        #expect(try tool.prepare(["id": .string(value)]).url == "https://x.example/" + percentEncoded(value))
    }

    @Test func whatIsLeftIsTheBody() async throws {
        let post = try tool(.post, "https://x.example/{id}").prepare(["id": 7, "note": "hi", "list": [1, 2]])
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
        let unreachable = try tool(.get, "http://127.0.0.1:9/")
        await #expect(throws: ToolFailure.self) { try await unreachable.run([:], in: turn) }
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
        let fetcher = WebFetcher(client: HTTPSession(), lookup: { _ in [] }, allowed: [])
        let failure = await #expect(throws: ToolFailure.self) {
            try await FetchPageTool(fetcher: fetcher).run(["url": "https://a.example/"], in: turn)
        }
        #expect(failure?.description.contains("Nobody has named this address") == true)
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
