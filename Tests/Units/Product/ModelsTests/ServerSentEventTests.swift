import AzureIdentity
import HTTPClient
import Models
import Settings
import Testing

@Suite struct ServerSentEventTests {
    private let stream = "data: one\n\nevent: x\r\ndata: a\r\ndata: b\r\n\r\n: comment\n\ndata:tight\rdata: more\r\r"

    @Test(arguments: [1, 2, 3, 5, 100]) func readsWhateverThePieces(size: Int) throws {
        var parser = ServerSentEventParser()
        let bytes = Array(stream.utf8)
        let events = try stride(from: 0, to: bytes.count, by: size).flatMap {
            try parser.feed(Array(bytes[$0..<min($0 + size, bytes.count)]))
        }
        #expect(events.map(\.name) == ["message", "x", "message"])
        #expect(events.map(\.data) == ["one", "a\nb", "tight\nmore"])
    }

    @Test func namesWhatIsMissingForAModel() {
        var settings = SettingsReader(["APUS_MODELS": "openai:gpt,extractive,nonsense,foo:bar"])
        let client = HTTPSession()
        _ = ModelList(&settings, identity: TokenSource(settings, client: client), client: client)
        do throws(SettingsError) {
            try settings.finish()
            Issue.record("three things are wrong")
        } catch {
            #expect(error.problems.count == 3)
            #expect(error.description.contains("OPENAI_API_KEY") && error.description.contains("nonsense"))
        }
    }

    @Test func saysThatAKeyVaultReferenceWasNotResolved() {
        let settings = SettingsReader(["APUS_COSMOS_KEY": "@Microsoft.KeyVault(SecretUri=https://v/secrets/x)"])
        #expect(throws: SettingsError.self) { try settings.finish() }
    }

    @Test func masksSecrets() { #expect("\(Secret("key"))" == "***" && String(reflecting: Secret("key")) == "***") }
}
