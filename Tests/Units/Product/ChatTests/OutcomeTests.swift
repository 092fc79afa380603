import ChatMessages
import ClaimChecking
import HTTPMessages
import JSONCoding
import Problems
import Retrieval
import Testing
import Tools

@testable import Chat
@testable import Models

/// One form of an answer for the stream, the whole body, the chat and the memory.
@Suite struct OutcomeTests {
    private let passage = FoundPassage(
        n: 1, documentId: "d", name: "a.pdf", page: 4, start: 100, end: 120, text: "It costs 42 euros. x", score: 0.5,
        similarity: 0.5)

    private var web: FoundPassage {
        var source = FoundPassage(web: "https://a.example/", title: "A", text: "On the web.", start: 3)
        source.n = 2
        return source
    }

    private var receipt: Receipt {
        var receipt = Receipt(model: "openai:m", provider: "openai")
        receipt.attempts = [
            .init(model: "openai:x", failure: "timed_out", milliseconds: 12.5),
            .init(model: "openai:m", failure: nil, milliseconds: 3),
        ]
        receipt.add(TokenUsage(prompt: 100, completion: 20, cached: 40), price: .init(input: 1, output: 2, cached: 0.5))
        var tool = ToolActivity(id: "c1", name: "web_search", kind: .web, arguments: "{\"query\":\"x\"}")
        tool.result = ("3 results", 7.25, false)
        var broken = ToolActivity(id: "c2", name: "nothing", kind: nil, arguments: "not json")
        broken.result = ("There is none.", 1, true)
        receipt.tools = [tool, broken]
        (receipt.passagesConsidered, receipt.passagesUsed) = (2, 2)
        receipt.support.add(.partly)
        return receipt
    }

    private var outcome: AnswerOutcome {
        let scalars = Array(passage.text.unicodeScalars)
        return AnswerOutcome(
            "It costs 42 euros [1][2].", .stop,
            citations: [
                Citation(passage, scalars, range: 0..<18), Citation(web, Array(web.text.unicodeScalars), range: 0..<11),
            ].map { citation in
                var checked = citation
                checked.claim = CitedClaim(sentence: 0..<25, support: .partly)
                return checked
            }, passages: [passage, web], receipt: receipt,
            times: AnswerTimes(embed: 1, search: 2, firstToken: 3, total: 4))
    }

    @Test func theWireFormHasEveryMember() {
        var outcome = outcome
        #expect(
            outcome.json.names == [
                "model", "finishReason", "text", "citations", "usage", "timings", "receipt",
            ])
        outcome.chatName = "Costs"
        let json = JSONValue.object(outcome.json)
        #expect(json["chatName"] == "Costs" && json["model"] == "openai:m" && json["finishReason"] == "stop")
        #expect(json["usage"] == ["promptTokens": 100, "completionTokens": 20])
        #expect(json["timings"] == ["embedMs": 1.0, "searchMs": 2.0, "firstTokenMs": 3.0, "totalMs": 4.0])
        let citation = json["citations"]?[0]
        #expect(
            citation?.object?.names == [
                "n", "documentId", "name", "page", "start", "end", "quote", "sentence", "support",
            ] && citation?["sentence"] == ["start": 0, "end": 25] && citation?["support"] == "partly"
                && citation?["quote"] == "It costs 42 euros." && citation?["start"] == 100 && citation?["end"] == 118)
        #expect(json["citations"]?[1]?["url"] == "https://a.example/" && json["citations"]?[1]?["documentId"] == .null)
    }

    @Test func aStoredAnswerIsTheSameAgain() throws {
        let message = outcome.message("a", answering: "q", in: "c", of: "w", at: "2026-01-01T00:00:00.000Z")
        // As it comes back from the store: as text.
        let item = try JSONParser.parse(message.item.text)
        let again = AnswerOutcome(try #require(ChatMessage(item: item)), model: "other")
        for name in ["model", "finishReason", "text", "citations", "usage", "receipt"] {
            #expect(again.json[name] == outcome.json[name], "\(name)")
        }
        #expect(again.passages.map(\.json) == outcome.passages.map(\.json))
        #expect(message.role == "assistant" && message.parentId == "q" && message.chatId == "c")
    }

    @Test func aCitationOfAnOlderAnswerStaysUnchecked() throws {
        let citation = Citation(passage, Array(passage.text.unicodeScalars), range: 0..<18)
        #expect(citation.json["support"] == nil && citation.json["sentence"] == nil)
        #expect(Citation(citation.json)?.json == citation.json)
    }

    @Test func anOldAnswerWithoutAReceiptStaysWithoutOne() {
        let message = ChatMessage(
            id: "a", chatId: "c", workspaceId: "w", role: "assistant", text: "x", createdAt: "t", finishReason: "length"
        )
        let answer = AnswerOutcome(message, model: "m")
        #expect(answer.json["receipt"] == .null && answer.model == "m" && answer.ending == .length)
        #expect(answer.json["usage"] == ["promptTokens": 0, "completionTokens": 0])
    }

    @Test func aRememberedAnswerTookNothing() throws {
        let again = try #require(RememberedAnswer.answer(RememberedAnswer.text(of: outcome)))
        #expect(again.text == outcome.text && again.model == "openai:m" && again.ending == .stop)
        #expect(again.citations.map(\.json) == outcome.citations.map(\.json))
        let receipt = try #require(again.receipt)
        #expect(receipt.cacheHit && receipt.provider == "openai" && receipt.usage == TokenUsage() && receipt.cost == 0)
        #expect(receipt.support == self.receipt.support && receipt.support.partly == 1)
        #expect(receipt.passagesConsidered == 2 && receipt.passagesUsed == 2 && receipt.attempts.isEmpty)
    }

    @Test(arguments: ["", "x", "{}", "{\"text\":\"x\",\"citations\":[],\"passages\":[]}"])
    func aMemoryOfAnotherVersionIsNone(text: String) { #expect(RememberedAnswer.answer(text) == nil) }

    @Test func aReceiptSaysWhyTheAnswerIsAnothers() {
        #expect(receipt.reason == "openai:x: timed_out")
        #expect(Receipt(model: "m", provider: "p").reason == nil)
        #expect(Receipt(.null) == nil && Receipt([:]) == nil)
    }

    @Test func anUnknownPriceMakesTheCostUnknown() {
        var receipt = Receipt(model: "m", provider: "p")
        receipt.add(TokenUsage(prompt: 1_000_000, completion: 0), price: .init(input: 2, output: 0, cached: 0))
        #expect(receipt.cost == 2)
        receipt.add(TokenUsage(prompt: 1, completion: 0), price: nil)
        #expect(receipt.cost == nil && receipt.json["cost"] == .null)
        receipt.add(TokenUsage(prompt: 1, completion: 0), price: .init(input: 2, output: 0, cached: 0))
        #expect(receipt.cost == nil)
    }

    @Test func eventsHaveTheirNames() {
        let head = AnswerHead(chatId: "c", messageId: "m", answerId: "a", model: "x")
        var tool = ToolActivity(id: "1", name: "t", kind: .declared, arguments: "{}")
        let events: [(AnswerEvent, String)] = [
            (.start(head), "start"), (.sources([passage]), "sources"), (.tool(tool), "tool"), (.delta("x"), "delta"),
            (.done(outcome), "done"), (.failed(.init(.badGateway, "no")), "error"),
        ]
        for (event, name) in events { #expect(event.wire(requestID: "r").name == name) }
        #expect(AnswerEvent.failed(.init(.badGateway, "no")).wire(requestID: "r").data["requestId"] == "r")
        #expect(tool.json.object?.names == ["id", "name", "arguments", "status"] && tool.json["status"] == "running")
        tool.result = ("s", 1, true)
        #expect(tool.json["status"] == "error" && tool.json["summary"] == "s")
    }

    @Test(arguments: ["{\"a\":1}", "not json", "\"text\"", "\"123\"", "12", "[]", ""])
    func aToolsArgumentsComeBackAsTheyWent(arguments: String) throws {
        let tool = ToolActivity(id: "1", name: "t", kind: nil, arguments: arguments)
        #expect(try #require(ToolActivity(tool.json)).json == tool.json)
    }

    @Test func replayingReportsWhatWritingDid() async throws {
        let seen = Seen()
        try await outcome.replay { seen.add($0.wire(requestID: "").name) }
        #expect(seen.names == ["sources", "delta", "done"])
        let silent = Seen()
        let empty = AnswerOutcome("", .cancelled, citations: [], passages: [], receipt: receipt)
        try await empty.replay { silent.add($0.wire(requestID: "").name) }
        #expect(silent.names == ["sources", "done"])
    }
}
