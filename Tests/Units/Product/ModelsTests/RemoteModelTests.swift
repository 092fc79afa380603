import AzureIdentity
import HTTPClient
import HTTPMessages
import HTTPServing
import JSONCoding
import Problems
import ProductFixture
import Settings
import Synchronization
import TestSupport
import Testing

@testable import Models

/// A model behind a service, over real sockets.
@Suite struct RemoteModelTests {
    private final class Heard: Sendable {
        private let state = Mutex<[ModelEvent]>([])
        var events: [ModelEvent] { state.withLock { $0 } }
        var text: String {
            events.map { if case .text(let text) = $0 { text } else { "" } }.joined()
        }
        func add(_ event: ModelEvent) { state.withLock { $0.append(event) } }
    }

    private func model(_ url: String, _ settings: ModelSettings = ModelSettings()) -> RemoteChatModel {
        let access = ServiceAccess(url: url, authorization: .none, service: "openai:m")
        return RemoteChatModel(
            id: "openai:m", provider: "openai", settings: settings,
            format: OpenAIFormat(model: "m", access: access), client: HTTPSession())
    }

    /// What a service brings, or how it fails.
    private func hear(_ reply: ScriptedModel.Reply, _ settings: ModelSettings = ModelSettings()) async throws -> (
        Heard, ModelServiceError?
    ) {
        let service = try ScriptedModel { _ in reply }
        let heard = Heard()
        do {
            try await model(service.url, settings).answer(ModelRequest([ModelMessage(.user, "x")])) { heard.add($0) }
            return (heard, nil)
        } catch let error as ModelServiceError {
            return (heard, error)
        }
    }

    @Test func anAnswerComesPieceByPiece() async throws {
        let (heard, error) = try await hear(.pieces(["a", "b", "c"], finish: "stop"))
        #expect(error == nil && heard.text == "abc" && heard.events.last == .finished(.stop))
        #expect(heard.events.contains(.usage(TokenUsage(prompt: 11, completion: 7))))
    }

    @Test func toolCallsComeWhole() async throws {
        let (heard, _) = try await hear(.tools([("f", "{}"), ("g", "{\"x\":1}")]))
        let calls = heard.events.compactMap { if case .toolCall(let call) = $0 { call.name } else { nil } }
        #expect(calls == ["f", "g"] && heard.events.last == .finished(.toolCalls))
    }

    @Test func aBrokenConnectionIsAFailureAfterWhatCame() async throws {
        let (heard, error) = try await hear(.broken(["half"]))
        #expect(heard.text == "half" && error?.kind == .unavailable)
    }

    @Test func silenceIsAFailureInTime() async throws {
        var settings = ModelSettings()
        settings.firstTokenSeconds = 0.2
        let (_, error) = try await hear(.held("late", until: Gate()), settings)
        #expect(error?.kind == .timedOut)
    }

    @Test func aRefusalIsToldApart() async throws {
        let (_, error) = try await hear(.refusal(404, ["error": ["code": "model_not_found"]]))
        #expect(error?.kind == .modelNotFound && error?.reason.contains("check its name") == true)
    }

    @Test func nobodyThereIsAFailure() async throws {
        do {
            try await model("http://127.0.0.1:9/v1").answer(ModelRequest([])) { _ in }
            Issue.record("there is nobody")
        } catch let error as ModelServiceError {
            #expect(error.kind == .unavailable)
        }
    }

    private func hear(_ response: HTTPResponse) async throws -> (Heard, ModelServiceError?) {
        let server = try HTTPServer(HTTPServer.Configuration()) { _ in response }
        let heard = Heard()
        var failure: ModelServiceError?
        do {
            try await model("http://127.0.0.1:\(server.port)").answer(ModelRequest([])) { heard.add($0) }
        } catch let error as ModelServiceError {
            failure = error
        }
        await server.shutDown(grace: .zero)
        return (heard, failure)
    }

    @Test func aServiceThatDoesNotStreamIsUnderstood() async throws {
        let body = #"{"choices":[{"message":{"content":"Whole."},"finish_reason":"stop"}]}"#
        let (heard, error) = try await hear(HTTPResponse(.ok, text: body, contentType: "application/json"))
        #expect(error == nil && heard.text == "Whole.")
    }

    @Test func aWebPageInsteadOfAnAnswerIsNamed() async throws {
        let (_, error) = try await hear(HTTPResponse(.ok, text: "<html>", contentType: "text/html"))
        #expect(error?.reason.contains("web page") == true)
    }

    @Test(arguments: ["data: nonsense\n\n", "data: [1]\n\n", "data: {\"choices\":[]}\n\n", ""])
    func aStreamThatMakesNoSenseIsAFailure(text: String) async throws {
        let (_, error) = try await hear(HTTPResponse(.ok, text: text, contentType: "text/event-stream"))
        #expect(error?.kind == .unavailable)
    }

    @Test func anAnswerWithoutEndIsEnded() async throws {
        let piece = "data: {\"choices\":[{\"delta\":{\"content\":\"\(String(repeating: "x", count: 60_000))\"}}]}\n\n"
            .bytes
        let (heard, error) = try await hear(
            HTTPResponse(
                .ok, fields: ["Content-Type": "text/event-stream"],
                body: .stream(length: nil) { writer in while true { try await writer.write(piece) } }))
        #expect(error == nil && heard.events.last == .finished(.length))
        #expect((1_000_000...1_200_000).contains(heard.text.utf8.count))
    }

    // MARK: - Settings

    private func list(_ settings: [String: String]) -> (ModelList, [String]) {
        var reader = SettingsReader(settings)
        let client = HTTPSession()
        let list = ModelList(&reader, identity: TokenSource(reader, client: client), client: client)
        do throws(SettingsError) {
            try reader.finish()
            return (list, [])
        } catch {
            return (list, error.problems)
        }
    }

    @Test func theListsOrderIsTheOrderOfFailOver() {
        let (models, problems) = list([
            "APUS_MODELS": " openai:a , extractive,ollama:b", "OPENAI_API_KEY": "k",
        ])
        #expect(problems.isEmpty && models.entries.map(\.id) == ["openai:a", "extractive", "ollama:b"])
        #expect(models.entry(nil)?.id == "openai:a" && models.entry("ollama:b")?.model?.provider == "ollama")
        #expect(models.entry("nobody") == nil && models.entry("extractive")?.model == nil)
        #expect(models.chain(from: "extractive").map(\.id) == ["extractive", "ollama:b", "openai:a"])
        #expect(models.chain(from: "nobody").map(\.id) == ["openai:a", "extractive", "ollama:b"])
    }

    @Test func withoutASettingThereAreQuotes() {
        #expect(list([:]).0.entries.map(\.id) == ["extractive"])
    }

    @Test(arguments: [
        ("openai:a", "OPENAI_API_KEY"), ("gemini:a", "GEMINI_API_KEY"), ("anthropic:a", "ANTHROPIC_API_KEY"),
        ("azure:a", "AZURE_OPENAI_ENDPOINT"), ("groq:a", "GROQ_API_KEY"), ("openai", "APUS_MODELS"),
        ("nobody:a", "APUS_MODELS"), ("extractive,extractive", "APUS_MODELS"),
    ])
    func whatIsMissingIsNamed(models: String, setting: String) {
        let problems = list(["APUS_MODELS": models]).1
        #expect(problems.count == 1 && problems[0].hasPrefix(setting + " "), "\(problems)")
    }

    @Test func ownServersNeedNoKey() {
        for models in ["ollama:a", "vllm:a", "lmstudio:a", "llamacpp:a", "rayserve:a"] {
            #expect(list(["APUS_MODELS": models]).1.isEmpty)
        }
        #expect(list(["APUS_MODELS": "openai:a", "OPENAI_BASE_URL": "http://own/v1"]).1.isEmpty)
        #expect(list(["APUS_MODELS": "azure:a", "AZURE_OPENAI_ENDPOINT": "https://x.openai.azure.com"]).1.isEmpty)
    }

    @Test func everySecretOfAProviderIsDeclared() {
        let declared = Set(ModelList.secretNames)
        #expect(
            declared.isSuperset(of: ["OPENAI_API_KEY", "AZURE_OPENAI_API_KEY", "GEMINI_API_KEY", "ANTHROPIC_API_KEY"]))
        #expect(declared.isSuperset(of: CompatibleService.all.map(\.keyVariable)))
        #expect(Set(EmbeddingClient.secretNames) == declared.union(["APUS_EMBEDDINGS_KEY"]))
    }

    @Test(arguments: [
        ("127.0.0.1:1", "http://127.0.0.1:1"), ("host", "http://host:11434"), ("http://h/", "http://h:11434"),
        ("https://h", "https://h"), ("0.0.0.0:80", "http://127.0.0.1:80"), ("[::1]", "http://[::1]:11434"),
        ("[::1]:5", "http://[::1]:5"),
    ])
    func ollamasHostIsReadAsItsOwnToolsDo(host: String, url: String) {
        let settings = SettingsReader(["OLLAMA_HOST": host])
        let services = ModelServices(identity: TokenSource(settings, client: HTTPSession()))
        #expect(services.ollama("ollama:a", settings).url == url)
    }

    @Test(arguments: [
        ("gpt-4.1-mini-2025", 1_047_576), ("gpt-4o", 128_000), ("claude-sonnet-4-5", 200_000), ("unheard-of", 32_768),
    ])
    func wellKnownModelsHaveTheirContext(name: String, tokens: Int) {
        #expect(WellKnownModels.settings(name, isLocal: false).contextTokens == tokens)
        #expect(WellKnownModels.settings(name, isLocal: true).contextTokens == 8192)
        #expect(WellKnownModels.settings(name, isLocal: true).price?.cost(TokenUsage(prompt: 9, completion: 9)) == 0)
    }

    // MARK: - Embeddings

    @Test func embeddingsAreAskedForInBatchesAndKeptInOrder() async throws {
        let sizes = Mutex<[Int]>([])
        let server = try HTTPServer(HTTPServer.Configuration()) { request in
            let body = (try? JSONParser.parse(try await request.body.collect(limit: 1 << 20))) ?? .null
            let texts = body["input"]?.array ?? []
            sizes.withLock { $0.append(texts.count) }
            let data = texts.enumerated().map { index, text -> JSONValue in
                ["index": .int(Int64(index)), "embedding": [.double(Double(text.string?.utf8.count ?? 0)), 1.0]]
            }
            return HTTPResponse(json: ["data": .array(data.reversed())])
        }
        let client = EmbeddingClient(
            url: "http://127.0.0.1:\(server.port)/v1", model: "m", key: nil, client: HTTPSession())
        let texts = (1...100).map { String(repeating: "x", count: $0) }
        let vectors = try await client.embed(texts)
        #expect(vectors.map { $0.vector[0] } == (1...100).map { Float($0) } && sizes.withLock { $0 } == [64, 36])
        #expect(try await client.embed([]).isEmpty)
        await server.shutDown(grace: .zero)
    }

    @Test func anEmbeddingServiceThatRefusesIsNotAskedAgain() async throws {
        let count = Mutex(0)
        let server = try HTTPServer(HTTPServer.Configuration()) { _ in
            count.withLock { $0 += 1 }
            return HTTPResponse(HTTPStatus(rawValue: 401))
        }
        let client = EmbeddingClient(
            url: "http://127.0.0.1:\(server.port)/v1", model: "m", key: Secret("k"), client: HTTPSession())
        await #expect(throws: ModelServiceError.self) { try await client.embed(["x"]) }
        #expect(count.withLock { $0 } == 1)
        await server.shutDown(grace: .zero)
    }
}
