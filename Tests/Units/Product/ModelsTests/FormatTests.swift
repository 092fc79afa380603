import Digests
import HTTPMessages
import JSONCoding
import LateInteraction
import Problems
import Testing

@testable import Models

@Suite struct FormatTests {
    @Test func longMessagesOfAStreamAreRefused() {
        let piece = [UInt8](repeating: UInt8(ascii: "x"), count: 1 << 20)
        for framing in [StreamFraming.events, .lines] {
            var framer = MessageFramer(framing)
            #expect(throws: OverlongMessage.self) { for _ in 0..<5 { _ = try framer.feed(piece) } }
        }
        var parser = ServerSentEventParser()
        let line = "data: ".utf8 + piece + [10]
        #expect(throws: OverlongMessage.self) { for _ in 0..<5 { _ = try parser.feed(line) } }
    }

    @Test func linesComeWhateverThePieces() throws {
        let bytes = Array("{\"a\":1}\r\n\n{\"b\":2}\n{\"c\":3}".utf8)
        for size in 1...bytes.count {
            var parser = LineParser()
            var lines: [String] = []
            for start in stride(from: 0, to: bytes.count, by: size) {
                lines += try parser.feed(Array(bytes[start..<min(start + size, bytes.count)]))
            }
            #expect(lines + parser.finish() == ["{\"a\":1}", "{\"b\":2}", "{\"c\":3}"])
        }
    }

    @Test func toolCallsComeTogetherWhateverTheService() throws {
        func calls(_ parts: [String]) throws -> [ToolCall] {
            var assembly = ToolCallAssembly()
            for part in parts { try assembly.take(JSONParser.parse(part)) }
            return assembly.finish()
        }
        let pieces = [
            #"{"index":0,"id":"a","function":{"name":"f","arguments":""}}"#,
            #"{"index":1,"id":"b","function":{"name":"g"}}"#,
            #"{"index":0,"function":{"arguments":"{\"x\":"}}"#, #"{"index":0,"function":{"arguments":"1}"}}"#,
        ]
        #expect(
            try calls(pieces) == [
                ToolCall(id: "a", name: "f", arguments: "{\"x\":1}"), ToolCall(id: "b", name: "g", arguments: "{}"),
            ])
        // Without an index, and with arguments as an object.
        let whole = [
            #"{"id":"a","function":{"name":"f","arguments":{"x":1}}}"#,
            #"{"id":"b","function":{"name":"g","arguments":"{}"}}"#,
        ]
        #expect(try calls(whole).map(\.arguments) == ["{\"x\":1}", "{}"])
        #expect(
            try calls([#"{"function":{"name":"f","arguments":"{"}}"#, #"{"function":{"arguments":"}"}}"#]).map(
                \.arguments) == ["{}"])
        #expect(throws: AnswerFault.self) { try calls((0..<40).map { "{\"index\":\($0)}" }) }
        let long = String(repeating: "x", count: 300_000)
        #expect(throws: AnswerFault.self) { try calls(["{\"index\":0,\"function\":{\"arguments\":\"\(long)\"}}"]) }
    }

    @Test(arguments: [
        (["retry-after": "7"], Duration.seconds(7)), (["retry-after-ms": "250"], .milliseconds(250)),
        (["retry-after": "-3"], .zero),
        (["retry-after": "99999999"], .seconds(3600)), (["retry-after": "Fri, 20 Nov 2020 07:23:12 GMT"], .zero),
    ])
    func waitsAsLongAsTheServiceSays(fields: [String: String], wait: Duration) {
        var head = HTTPFields()
        for (name, value) in fields { head[name] = value }
        #expect(
            ModelServiceError(service: "s", status: HTTPStatus(rawValue: 429), fields: head, body: []).retryAfter
                == wait)
    }

    @Test func anErrorKeepsTheServicesWordsToItself() {
        let body = Array(#"{"error":{"code":"invalid","message":"your question about cancer is odd"}}"#.utf8)
        let error = ModelServiceError(service: "s", status: HTTPStatus(rawValue: 400), fields: [:], body: body)
        #expect(!"\(error) \(error.problem.detail)".contains("cancer") && error.kind == .badRequest && !error.failsOver)
    }

    @Test func tokensAreCountedOnTheSafeSide() {
        #expect(TokenEstimate.count("") == 0)
        // 10 tokens with the tokenisers in use.
        #expect((10...20).contains(TokenEstimate.count("The swifts of Lisbon return on the ninth of May.")))
        #expect(TokenEstimate.count("完全に違う言葉") == 7)
    }

    @Test func pricesAreForAMillion() {
        let price = ModelSettings.Price(input: 2, output: 8, cached: 0.5)
        #expect(abs(price.cost(TokenUsage(prompt: 1_000_000, completion: 500_000, cached: 400_000)) - 5.4) < 1e-9)
    }

    @Test func settingsOfTheFileWinAndMistakesAreNamed() throws {
        var settings = WellKnownModels.settings("gpt-5-mini", isLocal: false)
        #expect(settings.contextTokens == 400_000 && settings.temperature == nil && settings.price?.output == 2)
        try settings.apply(["temperature": 0.7, "price": ["input": 1], "firstTokenSeconds": 3])
        #expect(
            settings.temperature == 0.7 && settings.price == .init(input: 1, output: 0, cached: 1)
                && settings.firstTokenSeconds == 3)
        #expect(throws: InvalidFields.self) { try settings.apply(["temprature": 1]) }
        #expect(throws: InvalidFields.self) { try settings.apply(["temperature": 3]) }
    }

    @Test func embeddingsAreReadInEveryForm() throws {
        let numbers = try JSONParser.parse(#"{"data":[{"index":1,"embedding":[3,4]},{"index":0,"embedding":[1,2]}]}"#)
        #expect(
            EmbeddingFormat.openAI(path: "", model: "m").embeddings(numbers, count: 2)?.map(\.vector) == [
                [1, 2], [3, 4],
            ])
        let base64 = try JSONParser.parse(#"{"data":[{"index":0,"embedding":"AACAPwAAAEA="}]}"#)
        #expect(EmbeddingFormat.openAI(path: "", model: "m").embeddings(base64, count: 1)?.map(\.vector) == [[1, 2]])
        let gemini = try JSONParser.parse(#"{"embeddings":[{"values":[1,2]}]}"#)
        #expect(EmbeddingFormat.gemini(model: "m").embeddings(gemini, count: 1)?.map(\.vector) == [[1, 2]])
        let ollama = try JSONParser.parse(#"{"embeddings":[[1,2],[3,4]]}"#)
        #expect(EmbeddingFormat.ollama(model: "m").embeddings(ollama, count: 2)?.map(\.vector) == [[1, 2], [3, 4]])
        let tokens = [2] + [UInt8](repeating: 5, count: 64)
        let withTokens = try JSONParser.parse(
            "{\"data\":[{\"embedding\":[1],\"token_embeddings\":\"\(Base64.encode(tokens))\"},"
                + "{\"embedding\":[2],\"token_embeddings\":\"AA==\"}]}")
        let both = try #require(EmbeddingFormat.openAI(path: "", model: "m").embeddings(withTokens, count: 2))
        #expect(both[0].tokens?.bytes == tokens && both[1].tokens == nil)
        for broken in [
            #"{"data":[]}"#, #"{"data":[{"embedding":[1]},{"embedding":[1,2]}]}"#, #"{"data":[{"embedding":"x"}]}"#,
            "{}",
        ] {
            #expect(
                EmbeddingFormat.openAI(path: "", model: "m").embeddings(try JSONParser.parse(broken), count: 2) == nil)
        }
    }
}
