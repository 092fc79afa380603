import EventLoop
import HTTPMessages
import JSONCoding
import Testing

@testable import FunctionsHost

/// Envelopes, results, outputs, the handler's life (docs/reference/functions-custom-handlers.md, 3 and 6).
@Suite struct InvocationTests {
    private func binding(_ name: String, _ type: String = "http", dataType: String? = nil) throws -> BindingDefinition {
        var json: JSONObject = ["type": .string(type), "direction": "out", "name": .string(name)]
        json["dataType"] = dataType.map { .string($0) }
        return try BindingDefinition(.object(json), number: 0)
    }

    private func response(_ answer: String, _ name: String = "res") throws -> HTTPResponse {
        let envelope = try ResponseEnvelope(status: .ok, contentType: "application/json", body: answer.bytes)
        return try HTTPResult.response(envelope, try binding(name))
    }

    private func body(_ response: HTTPResponse) -> String {
        if case .bytes(let bytes) = response.body { String(decoding: bytes, as: UTF8.self) } else { "" }
    }

    @Test(arguments: [
        ("201", 201), ("\"201\"", 201), ("201.0", 201), ("\"junk\"", 200), ("null", 200), ("\"\"", 200), ("true", 200),
        ("99999", 200), ("99", 200),
    ])
    func statusOfANamedOutput(written: String, status: Int) throws {
        let answer = "{\"OUTPUTS\":{\"res\":{\"StatusCode\":\(written),\"status\":404,\"body\":null}}}"
        #expect(try response(answer).status.rawValue == status)
    }

    @Test(arguments: [
        ("{}", 204, ""), ("{\"Outputs\":null}", 204, ""), ("{\"Outputs\":{}}", 200, "{}"),
        ("{\"Outputs\":{\"res\":{\"status\":404}}}", 200, ""),
        ("{\"Outputs\":{\"res\":\"{\\\"statusCode\\\":202,\\\"body\\\":\\\"x\\\"}\"}}", 202, "x"),
        ("{\"Outputs\":{\"res\":{\"body\":true}}}", 200, "True"),
        ("{\"Outputs\":{\"res\":{\"body\":1.5}}}", 200, "1.5"),
        ("{\"Outputs\":{\"res\":{\"body\":{\"a\":1}}}}", 200, "{\n  \"a\": 1\n}"),
        ("{\"Outputs\":{\"res\":{\"body\":\"dGVzdA==\"}}}", 200, "dGVzdA=="),
        ("{\"ReturnValue\":{\"res\":{\"statusCode\":203,\"body\":\"r\"}}}", 203, "r"),
    ])
    func namedOutputs(answer: String, status: Int, text: String) throws {
        let result = try response(answer)
        #expect(result.status.rawValue == status && body(result) == text)
    }

    @Test(arguments: ["5", "\"text\"", "[]", "null", "{\"headers\":{\"a\":null}}", "{\"headers\":{\"a\":[1]}}"])
    func namedOutputsThatAreNone(value: String) throws {
        #expect(throws: HostError.self) { try response("{\"Outputs\":{\"res\":\(value)}}") }
    }

    @Test func fieldsOfANamedOutput() throws {
        let plain = try response("{\"Outputs\":{\"res\":{\"body\":{}}}}")
        #expect(plain.fields["content-type"] == "text/plain; charset=utf-8")
        let own = try response(
            "{\"Outputs\":{\"res\":{\"headers\":{\"content-type\":\"application/json\",\"X-N\":5,\"x-n\":6,\"Content-Length\":\"9\"}}}}"
        )
        #expect(own.fields["content-type"] == "application/json; charset=utf-8")
        #expect(own.fields.values("x-n") == ["5"] && own.fields["content-length"] == nil)
    }

    @Test(arguments: [
        ("\"plain text!\"", 200, "plain text!"), ("\"aGVsbG8=\"", 200, "hello"), ("{\"a\":1}", 200, "{\"a\":1}"),
        ("{\"status\":\"404\",\"body\":\"x\"}", 404, "x"),
        ("{\"status\":404,\"statusCode\":201,\"body\":\"x\"}", 201, "x"),
        ("\"test\"", 200, nil),
    ])
    func returnedResponses(value: String, status: Int, text: String?) throws {
        let result = try response("{\"ReturnValue\":\(value)}", "$return")
        #expect(result.status.rawValue == status && (text == nil || body(result) == text))
    }

    @Test(
        arguments: [
            (500, "application/json", "{}"), (200, "text/plain", "{}"), (200, nil, "{}"),
            (200, "application/json", "nonsense"),
            (200, "application/json", "[]"), (200, "application/json", "{\"Outputs\":5}"),
        ] as [(Int, String?, String)])
    func answersThatFail(status: Int, type: String?, text: String) {
        #expect(throws: HostError.self) {
            try ResponseEnvelope(status: HTTPStatus(rawValue: status), contentType: type, body: text.bytes)
        }
    }

    @Test(arguments: ["", " \n", "null"])
    func answersThatNeverComplete(text: String) {
        #expect(throws: ResponseEnvelope.NeverCompleted.self) {
            try ResponseEnvelope(status: .ok, contentType: "text/json; charset=utf-8", body: text.bytes)
        }
    }

    @Test(
        arguments: [
            ("\"plain!\"", nil, ["plain!"]), ("\"aGk=\"", nil, ["hi"]), ("\"aGk=\"", "binary", ["aGk="]),
            ("[\"a!\",{\"b\":1}]", nil, ["a!", "{\n  \"b\": 1\n}"]), ("\"[1,\\\"x\\\"]\"", nil, ["1", "x"]),
            ("\"{ \\\"a\\\":1}\"", nil, ["{\n  \"a\": 1\n}"]), ("\"{broken\"", nil, ["{broken"]), ("7", nil, ["7"]),
        ] as [(String, String?, [String])])
    func queueMessages(value: String, dataType: String?, messages: [String]) throws {
        let output = OutputValue(try JSONParser.parse(value), try binding("out", "queue", dataType: dataType))
        #expect(output.messages.map { String(decoding: $0, as: UTF8.self) } == messages)
    }

    @Test func restartsAsThePolicySays() {
        let start = MonotonicTime(milliseconds: 0)
        var strict = RestartPolicy(goesOn: false)
        #expect(strict.decide(.exit(0), at: start) == .stay)
        #expect(strict.decide(.exit(1), at: start) == .restart(after: .zero))
        for _ in 0..<5 { #expect(strict.decide(.exit(200), at: start) == .restart(after: .zero)) }
        #expect(strict.decide(.functionTimeout, at: start) == .restart(after: .zero))
        #expect(strict.decide(.neverReady, at: start) == .restart(after: .zero))
        #expect(strict.decide(.exit(137), at: start) == .giveUp)
        var patient = RestartPolicy(goesOn: false)
        #expect(patient.decide(.exit(1), at: start) == .restart(after: .zero))
        #expect(patient.decide(.exit(1), at: start) == .restart(after: .zero))
        // The count is forgotten when the next error comes more than half an hour later.
        #expect(patient.decide(.exit(1), at: start + .seconds(1801)) == .restart(after: .zero))
        var helpful = RestartPolicy(goesOn: true)
        for _ in 0..<2 { _ = helpful.decide(.exit(1), at: start) }
        #expect(helpful.decide(.exit(1), at: start) == .restart(after: .seconds(1)))
        for _ in 0..<50 { _ = helpful.decide(.exit(1), at: start) }
        #expect(helpful.decide(.exit(1), at: start) == .restart(after: .seconds(10)))
    }

    @Test(arguments: [
        ("x", false, true, HostConsole.Level.information), ("x", true, true, .error),
        ("WARNing: x", true, true, .warning),
        ("x", true, false, .information), ("It FAILed", true, false, .error),
        ("Unhandled exception", true, false, .error),
        ("error", false, true, .information),
    ])
    func levelsOfOutput(line: String, isError: Bool, isForErrorsOnly: Bool, level: HostConsole.Level) {
        #expect(OutputLine(line, isError: isError, errorStreamIsForErrorsOnly: isForErrorsOnly).level == level)
    }

    @Test func systemLinesLoseTheirPrefix() {
        let line = OutputLine("languageWorkerConsoleLog started", isError: false, errorStreamIsForErrorsOnly: true)
        #expect(line.isSystem && line.text == " started")
        #expect(!OutputLine("a LanguageWorkerConsoleLog", isError: false, errorStreamIsForErrorsOnly: true).isSystem)
    }

    @Test func masksCallersKeys() {
        let text = CredentialMask.masked(#"{"Url":"/a?x=1&code=k1","X-Functions-Key":["k2"],"Query":{"code":"k3"}}"#)
        #expect(text == #"{"Url":"/a?x=1&code=***","X-Functions-Key":["***"],"Query":{"code":"***"}}"#)
    }

    @Test func masksCredentials() {
        let text = CredentialMask.masked(
            "--c \"AccountName=a;AccountKey=abc==;X=1\" https://h/?sv=1&SIG=zz&b=2 é AccountKey=")
        #expect(text == "--c \"AccountName=a;AccountKey=***;X=1\" https://h/?sv=1&SIG=***&b=2 é AccountKey=***")
    }
}
