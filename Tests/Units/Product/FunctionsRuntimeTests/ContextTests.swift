import FunctionsCoding
import HTTPMessages
import JSONCoding
import Testing

@testable import FunctionsRuntime

/// Inputs, outputs and logs of an invocation (docs/reference/functions-custom-handlers.md, 3.2 to 3.8).
@Suite struct ContextTests {
    private func context(_ json: String) throws -> FunctionContext {
        let envelope: Envelope = try #require(Envelope(try JSONParser.parse(json)))
        return FunctionContext(invocationID: "i", envelope: envelope)
    }

    @Test(arguments: [
        ("\"\\\"{\\\\\\\"documentId\\\\\\\":\\\\\\\"d-7\\\\\\\"}\\\"\"", "{\"documentId\":\"d-7\"}"),
        ("\"plain text\"", "plain text"), ("\"{\\\"documentId\\\":\\\"d-7\\\"}\"", "{\"documentId\":\"d-7\"}"),
        ("{\"a\":1}", "{\"a\":1}"), ("\"12\"", "12"), ("\"\\\"12\\\"\"", "12"), ("5", "5"),
    ])
    func readsTextsOldAndNew(written: String, text: String) throws {
        let context = try context("{\"Data\":{\"job\":\(written)}}")
        #expect(QueueTrigger(context, binding: "job")?.text == text)
        // The only input is the trigger's, whatever its name.
        #expect(QueueTrigger(context, binding: "other")?.text == text)
    }

    struct Job: Codable, Equatable {
        let id: String
        let pages: Int
    }

    @Test func decodesTypes() throws {
        let text = try context(
            "{\"Data\":{\"job\":\"\\\"{\\\\\\\"id\\\\\\\":\\\\\\\"a\\\\\\\",\\\\\\\"pages\\\\\\\":3}\\\"\",\"item\":{\"id\":\"b\",\"pages\":4}}}"
        )
        #expect(try text.input("job")?.decoded() == Job(id: "a", pages: 3))
        #expect(try text.input("item")?.decoded() == Job(id: "b", pages: 4))
        #expect(throws: (any Error).self) { try text.input("job")?.decoded(as: [Int].self) }
        #expect(text.input("none") == nil)
    }

    @Test func readsBytes() throws {
        let context = try context(
            "{\"Data\":{\"blob\":\"AAH/\"},\"Metadata\":{\"name\":\"\\\"x.txt\\\"\",\"Uri\":\"\\\"http://u\\\"\"}}")
        let blob = try #require(BlobTrigger(context, binding: "blob"))
        #expect(blob.content == [0, 1, 255] && blob.uri == "http://u" && context.metadataText("name") == "x.txt")
    }

    @Test func readsTimersAndRetries() throws {
        let context = try context(
            """
            {"Data":{"t":{"Schedule":{},"ScheduleStatus":null,"IsPastDue":true}},
             "Metadata":{"RetryContext":{"RetryCount":2,"MaxRetryCount":-1},"DequeueCount":"3"}}
            """)
        let timer = TimerTrigger(context, binding: "t")
        #expect(timer.isPastDue && timer.scheduleStatus == nil)
        #expect(context.retry == FunctionContext.Retry(count: 2, maximum: -1))
        #expect(try self.context("{\"Data\":{\"t\":{}}}").retry == nil)
    }

    @Test func collectsOutputsAndLogs() throws {
        let context = try context("{\"Data\":{}}")
        // Text that happens to be base64 would be decoded by the host, so it goes out encoded.
        try context.setOutput("a", .text("test"))
        try context.setOutput("b", .messages([.string("x"), ["y": 1]]))
        try context.setOutput("c", .encoded(Job(id: "a", pages: 1)))
        for number in 0..<1200 { context.log("line \(number) " + String(repeating: "x", count: 9000)) }
        #expect(context.outputs["a"] == "dGVzdA==" && context.outputs["b"] == ["x", ["y": 1]])
        #expect(context.outputs["c"]?["pages"] == 1)
        #expect(context.logs.count == 1000 && context.logs[0].utf8.count == 8192)
    }

    @Test func proxiedRequestsHaveNoOutputs() {
        #expect(throws: FunctionContext.NoOutputs.self) {
            try FunctionContext(invocationID: "i").setOutput("a", .text("x"))
        }
    }
}
