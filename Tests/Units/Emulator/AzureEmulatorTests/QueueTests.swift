import HTTPMessages
import Markup
import Testing

@testable import AzureEmulator

/// Queues and their messages: visibility, receipts, counts, limits.
@Suite struct QueueTests {
    private let services: Services

    init() async throws {
        services = try Services()
        try await services.queue(.put, "jobs")
    }

    private struct Message: Equatable {
        let id: String
        let receipt: String
        let count: String
        let text: String

        init(_ node: XMLNode) {
            id = node["MessageId"]?.text ?? ""
            receipt = node["PopReceipt"]?.text ?? ""
            count = node["DequeueCount"]?.text ?? ""
            text = node["MessageText"]?.text ?? ""
        }
    }

    @discardableResult
    private func put(_ text: String, _ query: String = "") async throws -> Answer {
        try await services.queue(
            .post, "jobs/messages" + query, [:],
            "<QueueMessage><MessageText>\(XMLText.escape(text))</MessageText></QueueMessage>")
    }

    private func take(_ query: String = "") async throws -> [Message] {
        let answer = try await services.queue(.get, "jobs/messages" + query)
        #expect(answer.status == 200, "\(answer.text)")
        return try answer.xml.all("QueueMessage").map { Message($0) }
    }

    private func delete(_ id: String, _ receipt: String) async throws -> String {
        try await services.queue(.delete, "jobs/messages/\(id)?popreceipt=\(percentEncoded(receipt))").outcome
    }

    private func update(_ message: Message, _ query: String, _ text: String? = nil) async throws -> Answer {
        try await services.queue(
            .put, "jobs/messages/\(message.id)?popreceipt=\(percentEncoded(message.receipt))\(query)", [:],
            text.map { "<QueueMessage><MessageText>\($0)</MessageText></QueueMessage>" } ?? "")
    }

    // MARK: - Messages

    @Test func messagesComeAsTheyWentIn() async throws {
        let made = try await put("hello")
        #expect(made.status == 201)
        let names = try made.xml["QueueMessage"]?.children.map(\.name)
        #expect(names == ["MessageId", "InsertionTime", "ExpirationTime", "PopReceipt", "TimeNextVisible"])
        let taken = try await services.queue(.get, "jobs/messages").xml
        #expect(
            taken["QueueMessage"]?.children.map(\.name) == [
                "MessageId", "InsertionTime", "ExpirationTime", "PopReceipt", "TimeNextVisible", "DequeueCount",
                "MessageText",
            ])
        #expect(taken["QueueMessage"]?["MessageText"]?.text == "hello")
        let empty = try await services.queue(.get, "jobs/messages")
        #expect(try empty.status == 200 && empty.xml.name == "QueueMessagesList" && empty.xml.children.isEmpty)
    }

    @Test(arguments: ["", "<&>\"'", "  blanks  ", "ü 日本 😀", "line\nline", "aGVsbG8="] as [String])
    func textsOfEveryKind(text: String) async throws {
        try await put(text)
        #expect(try await take().map(\.text) == [text])
    }

    @Test func textsHaveALargestLength() async throws {
        #expect(try await put(String(repeating: "x", count: 65_536)).status == 201)
        #expect(try await put(String(repeating: "x", count: 65_537)).outcome == "413 RequestBodyTooLarge")
        for body in ["", "<QueueMessage>", "<Message><MessageText>x</MessageText></Message>", "<QueueMessage/>"] {
            #expect(try await services.queue(.post, "jobs/messages", [:], body).status == 400)
        }
    }

    @Test func messagesComeInOrderAndEachOnce() async throws {
        for number in 0..<40 { try await put("\(number)") }
        let first = try await take("?numofmessages=32")
        let second = try await take("?numofmessages=32")
        #expect((first + second).map(\.text) == (0..<40).map(String.init))
        #expect(Set((first + second).map(\.receipt)).count == 40)
        #expect(try await take().isEmpty)
    }

    @Test func twoConsumersNeverHoldTheSameMessage() async throws {
        for number in 0..<30 { try await put("\(number)") }
        let taken = try await withThrowingTaskGroup(of: [String].self) { group in
            for _ in 0..<6 {
                group.addTask {
                    var texts: [String] = []
                    while true {
                        let some = try await take("?numofmessages=3")
                        if some.isEmpty { return texts }
                        texts += some.map(\.text)
                    }
                }
            }
            return try await group.reduce(into: [String]()) { $0 += $1 }
        }
        #expect(taken.count == 30 && Set(taken).count == 30)
    }

    @Test func peekingChangesNothing() async throws {
        try await put("a")
        try await put("b")
        for _ in 0..<2 {
            let peeked = try await services.queue(.get, "jobs/messages?peekonly=true&numofmessages=5").xml
            let messages = peeked.all("QueueMessage")
            #expect(messages.compactMap { $0["MessageText"]?.text } == ["a", "b"])
            #expect(messages.compactMap { $0["DequeueCount"]?.text } == ["0", "0"])
            #expect(messages.allSatisfy { $0["PopReceipt"] == nil && $0["TimeNextVisible"] == nil })
        }
        #expect(try await take("?numofmessages=2").map(\.count) == ["1", "1"])
        #expect(try await services.queue(.get, "jobs/messages?peekonly=true").xml.children.isEmpty)
    }

    @Test func whatIsNotDeletedComesBack() async throws {
        try await put("again")
        let first = try #require(try await take("?visibilitytimeout=10").first)
        services.clock.advance(milliseconds: 11_000)
        let second = try #require(try await take("?visibilitytimeout=10").first)
        #expect(second.id == first.id && second.count == "2" && second.receipt != first.receipt)
        #expect(try await delete(first.id, first.receipt) == "400 PopReceiptMismatch")
        // A receipt outlives the time that its message is hidden, until somebody else has taken it.
        services.clock.advance(milliseconds: 11_000)
        #expect(try await delete(second.id, second.receipt) == "204")
        #expect(try await delete(second.id, second.receipt) == "404 MessageNotFound")
    }

    /// The consumer counts: a message that is given back five times belongs on the poison queue.
    @Test func deliveriesAreCounted() async throws {
        try await put("poison")
        for number in 1...6 {
            #expect(try await take("?visibilitytimeout=1").first?.count == "\(number)")
            services.clock.advance(milliseconds: 1_001)
        }
    }

    @Test func updatingHidesAndGivesANewReceipt() async throws {
        try await put("old")
        let message = try #require(try await take("?visibilitytimeout=10").first)
        let updated = try await update(message, "&visibilitytimeout=100", "new")
        #expect(updated.status == 204 && updated.fields["x-ms-time-next-visible"] != nil)
        let receipt = try #require(updated.fields["x-ms-popreceipt"])
        #expect(try await delete(message.id, message.receipt) == "400 PopReceiptMismatch")
        services.clock.advance(milliseconds: 50_000)
        #expect(try await take().isEmpty)
        services.clock.advance(milliseconds: 51_000)
        #expect(try await take().map(\.text) == ["new"])
        #expect(try await delete(message.id, receipt) == "400 PopReceiptMismatch")
    }

    @Test func updatingMayKeepTheTextAndShowTheMessageAtOnce() async throws {
        try await put("kept")
        let message = try #require(try await take().first)
        #expect(try await update(message, "&visibilitytimeout=0").status == 204)
        #expect(try await take().map(\.text) == ["kept"])
        #expect(try await update(message, "").outcome == "400 MissingRequiredQueryParameter")
        #expect(try await update(message, "&visibilitytimeout=604801").outcome == "400 OutOfRangeQueryParameterValue")
    }

    @Test func clearingTakesHiddenMessagesToo() async throws {
        try await put("a")
        try await put("b")
        let held = try #require(try await take().first)
        #expect(try await services.queue(.delete, "jobs/messages").status == 204)
        #expect(try await delete(held.id, held.receipt) == "404 MessageNotFound")
        #expect(try await take().isEmpty)
    }

    @Test func countsHiddenMessagesButNoneThatExpired() async throws {
        func count() async throws -> String? {
            try await services.queue(.get, "jobs?comp=metadata").fields["x-ms-approximate-messages-count"]
        }
        try await put("a", "?messagettl=10")
        try await put("b", "?messagettl=-1")
        try await put("c", "?visibilitytimeout=1000")
        _ = try await take()
        #expect(try await count() == "3")
        services.clock.advance(milliseconds: 11_000)
        #expect(try await count() == "2")
        services.clock.advance(milliseconds: 8 * 86_400_000)
        #expect(try await count() == "1")
    }

    @Test func neverIsTheEndOfTheYear9999() async throws {
        let made = try await put("a", "?messagettl=-1").xml
        #expect(made["QueueMessage"]?["ExpirationTime"]?.text == "Fri, 31 Dec 9999 23:59:59 GMT")
    }

    @Test(
        arguments: [
            (HTTPMethod.get, "?numofmessages=0"), (.get, "?numofmessages=33"), (.get, "?visibilitytimeout=0"),
            (.get, "?visibilitytimeout=604801"), (.get, "?peekonly=true&numofmessages=33"), (.post, "?messagettl=0"),
            (.post, "?messagettl=-2"), (.post, "?visibilitytimeout=-1"), (.post, "?visibilitytimeout=604801"),
            (.post, "?messagettl=60&visibilitytimeout=60"),
        ] as [(HTTPMethod, String)])
    func numbersHaveLimits(method: HTTPMethod, query: String) async throws {
        let body = "<QueueMessage><MessageText>x</MessageText></QueueMessage>"
        let answer = try await services.queue(method, "jobs/messages" + query, [:], method == .post ? body : "")
        #expect(answer.outcome == "400 OutOfRangeQueryParameterValue")
    }

    @Test func numbersAreNumbers() async throws {
        #expect(
            try await services.queue(.get, "jobs/messages?numofmessages=two").outcome
                == "400 InvalidQueryParameterValue")
        try await put("a")
        let message = try #require(try await take().first)
        let answer = try await services.queue(.delete, "jobs/messages/\(message.id)")
        #expect(answer.outcome == "400 MissingRequiredQueryParameter")
    }

    // MARK: - Queues

    @Test func creatingAgainNeedsTheSameMetadata() async throws {
        #expect(try await services.queue(.put, "other", ["x-ms-meta-k": "v"]).status == 201)
        #expect(try await services.queue(.put, "other", ["x-ms-meta-k": "v"]).status == 204)
        #expect(try await services.queue(.put, "other", ["x-ms-meta-k": "w"]).outcome == "409 QueueAlreadyExists")
        #expect(try await services.queue(.put, "other").outcome == "409 QueueAlreadyExists")
        #expect(try await services.queue(.put, "other?comp=metadata", ["x-ms-meta-K2": "x"]).status == 204)
        let got = try await services.queue(.head, "other?comp=metadata")
        #expect(got.fields["x-ms-meta-k2"] == "x" && got.fields["x-ms-meta-k"] == nil)
    }

    @Test(
        arguments: [
            ("ab", "400 OutOfRangeInput"), (String(repeating: "a", count: 64), "400 OutOfRangeInput"),
            ("Upper", "400 InvalidResourceName"), ("a--b", "400 InvalidResourceName"),
            ("-ab", "400 InvalidResourceName"),
            ("ab-", "400 InvalidResourceName"), ("a_b", "400 InvalidResourceName"), ("a-1", "201"),
        ] as [(String, String)])
    func namesOfQueues(name: String, outcome: String) async throws {
        #expect(try await services.queue(.put, name).outcome == outcome)
    }

    @Test func deletedQueuesAreGoneWithTheirMessages() async throws {
        try await put("a")
        #expect(try await services.queue(.delete, "jobs").status == 204)
        #expect(try await services.queue(.delete, "jobs").outcome == "404 QueueNotFound")
        #expect(try await services.queue(.get, "jobs/messages").outcome == "404 QueueNotFound")
        #expect(try await put("b").outcome == "404 QueueNotFound")
        #expect(try await services.queue(.put, "jobs").status == 201)
        #expect(try await take().isEmpty)
    }

    @Test func queuesAreListedInPages() async throws {
        for name in ["b-1", "b-2", "c-3"] { try await services.queue(.put, name, ["x-ms-meta-n": name]) }
        func names(_ query: String) async throws -> ([String], String) {
            let tree = try await services.queue(.get, "?comp=list" + query).xml
            return (tree["Queues"]?.all("Queue").compactMap { $0["Name"]?.text } ?? [], tree["NextMarker"]?.text ?? "?")
        }
        #expect(try await names("").0 == ["b-1", "b-2", "c-3", "jobs"])
        #expect(try await names("&prefix=b").0 == ["b-1", "b-2"])
        let (first, marker) = try await names("&maxresults=3")
        #expect(first.count == 3 && !marker.isEmpty)
        #expect(try await names("&maxresults=3&marker=" + percentEncoded(marker)) == (["jobs"], ""))
        let tree = try await services.queue(.get, "?comp=list&include=metadata&prefix=c").xml
        #expect(tree["Queues"]?["Queue"]?["Metadata"]?["n"]?.text == "c-3")
    }

    @Test func propertiesAndPoliciesAreKept() async throws {
        let policy =
            "<SignedIdentifiers><SignedIdentifier><Id>p</Id><AccessPolicy><Permission>raup</Permission></AccessPolicy></SignedIdentifier></SignedIdentifiers>"
        #expect(try await services.queue(.put, "jobs?comp=acl", [:], policy).status == 204)
        #expect(
            try await services.queue(.get, "jobs?comp=acl").xml["SignedIdentifier"]?["AccessPolicy"]?["Permission"]?
                .text
                == "raup")
        let properties = try await services.queue(.get, "?restype=service&comp=properties").xml
        #expect(properties.children.map(\.name) == ["Logging", "HourMetrics", "MinuteMetrics", "Cors"])
        #expect(try await services.queue(.put, "?restype=service&comp=properties", [:], "<Other/>").status == 400)
    }

    @Test(
        arguments: [
            (HTTPMethod.post, "jobs"), (.get, "jobs/other"), (.get, "jobs/messages/1/2"), (.patch, "jobs/messages"),
        ] as [(HTTPMethod, String)])
    func whatIsNotThereSaysSo(method: HTTPMethod, path: String) async throws {
        #expect([400, 405, 501].contains(try await services.queue(method, path).status))
    }
}
