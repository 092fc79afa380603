import Digests
import EventLoop
import FoundationEssentials
import HTTPMessages
import JSONCoding
import Markup
import TestSupport
import Testing

@testable import AzureStorage
@testable import FunctionsHost

/// What a trigger gives to a call (docs/reference/functions-custom-handlers.md, 3.2 to 3.5).
@Suite struct PayloadTests {
    private func function(_ trigger: JSONValue, retry: JSONValue? = nil) throws -> FunctionDefinition {
        let folder = try Fixtures.temporaryDirectory()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try "{\"version\":\"2.0\"}".write(toFile: folder + "/host.json", atomically: true, encoding: .utf8)
        var json: JSONObject = ["bindings": [trigger]]
        json["retry"] = retry
        return try FunctionDefinition(
            name: "ask", json: .object(json), configuration: try HostConfiguration(root: folder, environment: [:]),
            environment: [:])
    }

    private func http() throws -> FunctionDefinition { try function(["type": "httpTrigger", "name": "req"]) }

    private func payload(
        _ method: HTTPMethod = .post, _ target: String = "/api/notes/birds", _ fields: HTTPFields = [:],
        _ values: RouteTemplate.Values = [], body: String = "", identity: JSONValue? = nil
    ) throws -> TriggerPayload {
        var fields = fields
        if !body.isEmpty { fields["Content-Length"] = "\(body.utf8.count)" }
        let request = HTTPRequest(
            method: method, target: HTTPTarget(target), fields: fields, body: .bytes([]), id: "1")
        return TriggerPayload.http(
            try http(), request, values, body: Array(body.utf8), identity: identity)
    }

    // MARK: - HTTP

    @Test func aRequestBecomesAnObject() throws {
        let made = try payload(
            .post, "/api/notes/birds?lang=en&lang=de&x=%20y",
            ["Host": "localhost:7071", "Content-Type": "application/json", "X-A": "1"],
            [("notebook", "birds"), ("page", nil)], body: "{\"question\":\"What?\"}")
        let value = made.value
        #expect(value["Url"] == "http://localhost:7071/api/notes/birds?lang=en&lang=de&x=%20y")
        #expect(value["Method"] == "POST" && value["Query"] == ["lang": "en,de", "x": " y"])
        #expect(value["Params"] == ["notebook": "birds", "page": nil] && value["Identities"] == [])
        #expect(value["Headers"]?["X-A"] == ["1"] && value["Headers"]?["Content-Length"] == ["20"])
        #expect(value["Body"] == "{\"question\":\"What?\"}")
        let metadata = JSONValue.object(made.metadata)
        #expect(metadata["lang"] == "\"en,de\"" && metadata["notebook"] == "\"birds\"" && metadata["page"] == nil)
        #expect(metadata["question"] == "\"What?\"" && metadata["Query"] == ["lang": "en,de", "x": " y"])
        #expect(metadata["Headers"]?["X-A"] == "1")
        #expect(metadata["sys"]?["MethodName"] == "ask" && metadata["sys"]?["RandGuid"]?.string?.count == 36)
    }

    @Test func repeatedHeadersAreOneEntry() throws {
        var fields: HTTPFields = ["Host": "h"]
        fields.append("X-A", "1")
        fields.append("x-a", "2")
        let made = try payload(.get, "/", fields)
        #expect(made.value["Headers"]?["X-A"] == ["1", "2"] && made.metadata["Headers"]?["X-A"] == "1,2")
    }

    @Test(arguments: [
        ("application/json", "{\"a\":1}", "{\"a\":1}"), ("text/plain", "hé", "hé"), ("", "x", "x"),
        ("image/png", "data", "data"), ("application/octet-stream", "data", "ZGF0YQ=="),
        ("application/octet-stream; x=y", "data", "ZGF0YQ=="), ("multipart/form-data; boundary=b", "data", "ZGF0YQ=="),
    ])
    func bodiesAreTextOrBase64(type: String, body: String, expected: String) throws {
        let made = try payload(.post, "/", type.isEmpty ? [:] : ["Content-Type": type], body: body)
        #expect(made.value["Body"] == .string(expected))
    }

    @Test func withoutALengthThereIsNoBody() throws {
        let request = HTTPRequest(
            method: .post, target: HTTPTarget("/"), fields: ["Content-Type": "application/json"], body: .bytes([]),
            id: "")
        let made = TriggerPayload.http(try http(), request, [], body: Array("{\"a\":1}".utf8), identity: nil)
        #expect(made.value["Body"] == nil && made.metadata["a"] == nil)
        #expect(try payload().value["Body"] == nil)
    }

    @Test func keysStayOutOfTheirOwnEntryButNotOutOfTheQuery() throws {
        let made = try payload(.get, "/?code=secret&other=1")
        #expect(made.metadata["code"] == nil && made.metadata["other"] == "\"1\"")
        #expect(made.value["Query"]?["code"] == "secret")
    }

    @Test func laterSourcesReplaceEarlierWithoutRegardToCase() throws {
        let made = try payload(
            .post, "/?id=query&Name=query", ["Content-Type": "application/json"], [("NAME", "route")],
            body: "{\"ID\":\"body\"}")
        #expect(made.metadata["ID"] == "\"body\"" && made.metadata["id"] == nil)
        #expect(made.metadata["NAME"] == "\"route\"" && made.metadata["Name"] == nil)
    }

    @Test func largeBodiesAreSaidToBe() throws {
        #expect(try !payload(body: String(repeating: "x", count: 65_536)).isLarge)
        #expect(try payload(body: String(repeating: "x", count: 65_537)).isLarge)
    }

    @Test func aCallersIdentityIsPassedOn() throws {
        let identity: JSONValue = ["AuthenticationType": "WebJobsAuthLevel"]
        #expect(try payload(identity: identity).value["Identities"] == [identity])
    }

    // MARK: - Queue, timer, blob

    /// A message as the service writes it.
    private func message() throws -> QueueMessage {
        let xml = """
            <QueueMessage><MessageId>m-1</MessageId><InsertionTime>Mon, 05 Jan 2026 09:29:58 GMT</InsertionTime>
            <ExpirationTime>Mon, 12 Jan 2026 09:29:58 GMT</ExpirationTime><PopReceipt>AgAAAAMAAAAAAAAA</PopReceipt>
            <TimeNextVisible>not a date</TimeNextVisible><DequeueCount>2</DequeueCount>
            <MessageText>text</MessageText></QueueMessage>
            """
        return QueueMessage(try MarkupReader.tree(Array(xml.utf8)))
    }

    @Test func aMessageBecomesTextInsideText() throws {
        let text =
            "{\"documentId\":\"d-7\",\"pages\":12,\"ok\":true,\"tags\":[\"a\"],\"nested\":{\"x\":1},\"none\":null}"
        let queue = try function(["type": "queueTrigger", "name": "job", "queueName": "q"])
        let made = TriggerPayload.queue(queue, text: text, message: try message())
        #expect(made.value == .string(JSONValue.string(text).text))
        let metadata = JSONValue.object(made.metadata)
        #expect(metadata["Id"] == "\"m-1\"" && metadata["DequeueCount"] == "2")
        #expect(metadata["PopReceipt"] == "\"AgAAAAMAAAAAAAAA\"")
        #expect(metadata["InsertionTime"] == "2026-01-05T09:29:58+00:00")
        #expect(
            metadata["ExpirationTime"] == "2026-01-12T09:29:58+00:00" && metadata["NextVisibleTime"] == "not a date")
        #expect(metadata["documentId"] == "\"d-7\"" && metadata["pages"] == "\"12\"" && metadata["ok"] == "\"True\"")
        #expect(metadata["nested"] == ["x": 1] && metadata["tags"] == nil && metadata["none"] == nil)
    }

    @Test func aMessagesOwnIDReplacesTheBuiltInOne() throws {
        let queue = try function(["type": "queueTrigger", "name": "job", "queueName": "q"])
        let made = TriggerPayload.queue(queue, text: "{\"id\":\"own\"}", message: try message())
        #expect(made.metadata["id"] == "\"own\"" && made.metadata["Id"] == nil)
        // By hand there is no message, and so no metadata of one.
        let byHand = TriggerPayload.queue(queue, text: "plain", message: nil)
        #expect(byHand.value == "\"plain\"" && byHand.metadata.names == ["sys"])
        let binary = try function(["type": "queueTrigger", "name": "job", "queueName": "q", "dataType": "binary"])
        #expect(TriggerPayload.queue(binary, text: "plain", message: nil).value == "cGxhaW4=")
    }

    @Test func aTimerTellsItsSchedule() throws {
        let timer = try function(["type": "timerTrigger", "name": "tick", "schedule": "0 0 3 * * *"])
        let status = TimerStatus(last: nil, next: 1_767_582_000_000, lastUpdated: 1_767_495_600_002)
        let made = TriggerPayload.timer(timer, status: status, isPastDue: true)
        #expect(made.value["Schedule"] == ["AdjustForDST": true] && made.value["IsPastDue"] == true)
        #expect(made.value["ScheduleStatus"]?["Last"] == "0001-01-01T00:00:00")
        #expect(made.value["ScheduleStatus"]?["Next"]?.string?.hasPrefix("2026-01-05T03:00:00") == true)
        #expect(made.metadata.names == ["sys"])
        #expect(TriggerPayload.timer(timer, status: nil, isPastDue: false).value["ScheduleStatus"] == .null)
    }

    // MARK: - Values

    @Test func everythingButObjectsIsTextInsideText() {
        #expect(EnvelopeValue.quoted(JSONValue.object(["a": 1])) == ["a": 1])
        #expect(EnvelopeValue.quoted(JSONValue.array([1, "x"])) == "[1,\"x\"]")
        #expect(EnvelopeValue.quoted(JSONValue.int(1)) == "1" && EnvelopeValue.quoted(JSONValue.bool(true)) == "true")
        #expect(EnvelopeValue.quoted("he\"llo") == "\"he\\\"llo\"")
        #expect(EnvelopeValue.time(milliseconds: 1_767_605_398_999) == "2026-01-05T09:29:58+00:00")
        #expect(EnvelopeValue.members(of: .null).isEmpty && EnvelopeValue.members(of: [1]).isEmpty)
    }

    // MARK: - Retries

    @Test @NetworkActor func retriesAreToldFromTheFirstAttemptOn() throws {
        let policy: JSONValue = ["strategy": "fixedDelay", "maxRetryCount": 3, "delayInterval": "00:00:01"]
        let retried = try function(["type": "httpTrigger", "name": "req"], retry: policy)
        let first = Invocation(retried, retryCount: 0, lastError: nil)
        #expect(
            first.retryContext == [
                "RetryCount": 0, "MaxRetryCount": 3, "Exception": nil, "Instance": nil, "State": nil,
            ])
        let second = Invocation(retried, retryCount: 1, lastError: "it failed")
        #expect(second.retryContext?["RetryCount"] == 1)
        #expect(second.retryContext?["Exception"] == ["Message": "it failed"] && second.id != first.id)
        #expect(Invocation(try http(), retryCount: nil, lastError: nil).retryContext == nil)
    }

    @Test @NetworkActor func aTimeOutEndsWhatIsWaitedFor() throws {
        let invocation = Invocation(try http(), retryCount: nil, lastError: nil)
        var ended = 0
        invocation.cancel = { ended += 1 }
        #expect(!invocation.isTimedOut)
        invocation.timeOut()
        #expect(invocation.isTimedOut && ended == 1)
    }
}
