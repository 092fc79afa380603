import FunctionsRuntime
import HTTPMessages
import JSONCoding
import Testing

/// The envelopes of the custom-handler protocol, as the host writes them.
@Suite struct EnvelopeTests {
    private let http = """
        {"Data":{"req":{"Url":"http://localhost:7071/api/notes/birds?lang=en&lang=de","Method":"POST","Query":{"lang":"en,de"},
        "Headers":{"Host":["localhost:7071"],"Content-Type":["application/json"],"Content-Length":["31"]},
        "Params":{"notebook":"birds","page":null},"Identities":[],"Body":"{\\"question\\":\\"What is a swift?\\"}"}},
        "Metadata":{"sys":{"MethodName":"ask"}}}
        """

    @Test func readsAnHTTPCall() async throws {
        let envelope = try #require(Envelope(try JSONParser.parse(http)))
        let request = try #require(envelope.httpRequest(id: "x"))
        #expect(request.method == .post && request.target.text == "/api/notes/birds?lang=en&lang=de")
        #expect(request.fields["content-type"] == "application/json")
        #expect(try await request.body.collect(limit: 100) == "{\"question\":\"What is a swift?\"}".bytes)
    }

    @Test func decodesBinaryBodiesByContentType() async throws {
        let call: JSONValue = [
            "Data": [
                "req": [
                    "Url": "http://x/api/upload?name=a", "Method": "post",
                    "Headers": ["Content-Type": ["application/octet-stream"]],
                    "Body": "AAEC/w==",
                ]
            ]
        ]
        let request = try #require(Envelope(call)?.httpRequest(id: "x"))
        #expect(try await request.body.collect(limit: 100) == [0, 1, 2, 255])
        #expect(request.method == .post)
    }

    @Test func refusesWhatIsNoEnvelope() { #expect(Envelope(["data": 1]) == nil && Envelope([]) == nil) }

    @Test func putsTheStatusIntoTheOutput() {
        let answer = Envelope.answer(.created, fields: ["Content-Type": "application/json"], body: "{}".bytes)
        #expect(answer["Outputs"]?["res"]?["statusCode"] == 201)
        #expect(answer["Outputs"]?["res"]?["body"] == "{}")
    }

    @Test func refusesToDamageBinaryAnswers() {
        let answer = Envelope.answer(.ok, fields: [:], body: [0xFF, 0xFE])
        #expect(answer["Outputs"]?["res"]?["statusCode"] == 501)
    }
}
