import HTTPMessages
import JSONCoding
import OpenAIFaces
import Problems
import Testing

/// The events of a response, in OpenAI's order.
struct ResponseStreamTests {
    private static let id = "0198f0c0-0000-7000-8000-0123456789ab"

    private static func stream() -> ResponseStream { ResponseStream(id: id, head: ["model": "apus"]) }

    private static func check(_ events: [ResponseStream.Event], are names: [String]) {
        #expect(events.map(\.name) == names.map { $0 == "error" ? $0 : "response." + $0 })
        #expect(events.map { $0.data["type"]?.string } == events.map(\.name))
        #expect(events.map { $0.data["sequence_number"]?.int } == (0..<Int64(events.count)).map { $0 })
    }

    @Test func anAnswerWithASearchAndACitation() {
        var stream = Self.stream()
        let note: JSONValue = ["type": "file_citation", "index": 5, "file_id": "f", "filename": "a.txt"]
        var events = stream.begin()
        events += stream.search(["why"], results: [["file_id": "f"]])
        events += stream.delta("Be") + stream.delta("") + stream.delta("cause")
        events += stream.end(
            ResponseOutcome(.completed, text: "Because", annotations: [note], promptTokens: 3, completionTokens: 2))
        Self.check(
            events,
            are: [
                "created", "in_progress", "output_item.added", "file_search_call.in_progress",
                "file_search_call.searching",
                "file_search_call.completed", "output_item.done", "output_item.added", "content_part.added",
                "output_text.delta", "output_text.delta", "output_text.annotation.added", "output_text.done",
                "content_part.done", "output_item.done", "completed",
            ])
        let message = events.filter {
            $0.name.hasPrefix("response.output_text") || $0.name.hasPrefix("response.content_part")
        }
        #expect(Set(message.compactMap { $0.data["item_id"]?.string }).count == 1)
        #expect(message.allSatisfy { $0.data["output_index"]?.int == 1 && $0.data["content_index"]?.int == 0 })
        let last = events.last?.data["response"]
        #expect(
            last?["id"]?.string == "resp_0198f0c00000700080000123456789ab" && last?["status"]?.string == "completed")
        #expect(last?["output"]?[0]?["type"]?.string == "file_search_call")
        #expect(last?["output"]?[1]?["content"]?[0]?["annotations"]?[0] == note)
        #expect(last?["usage"]?["total_tokens"]?.int == 5 && last == stream.response)
    }

    @Test func functionsComeAfterWhatIsSaid() {
        var stream = Self.stream()
        var events = stream.begin() + stream.delta("Booking.")
        events += stream.end(
            ResponseOutcome(.completed, text: "Booking.", calls: [.init(id: "call_1", name: "book", arguments: "{}")]))
        Self.check(
            events,
            are: [
                "created", "in_progress", "output_item.added", "content_part.added", "output_text.delta",
                "output_text.done",
                "content_part.done", "output_item.done", "output_item.added", "function_call_arguments.delta",
                "function_call_arguments.done", "output_item.done", "completed",
            ])
        #expect(stream.items.map(\.content).last == .functionCall(call: "call_1", name: "book", arguments: "{}"))
    }

    @Test func anAnswerThatOnlyCallsHasNoMessage() {
        var stream = Self.stream()
        _ = stream.begin() + stream.end(ResponseOutcome(.completed, calls: [.init(id: "c", name: "f", arguments: "")]))
        #expect(stream.response["output"]?.array?.map { $0["type"]?.string } == ["function_call"])
    }

    @Test func aFailureSaysWhyAndKeepsWhatWasWritten() {
        var stream = Self.stream()
        var events = stream.begin() + stream.delta("Be")
        events += stream.end(ResponseOutcome(.failed, text: "Be", problem: Problem(.tooManyRequests, "Wait.")))
        #expect(events.last?.name == "response.failed")
        let response = events.last?.data["response"]
        #expect(response?["error"] == ["code": "rate_limit_exceeded", "message": "Wait."])
        #expect(response?["output"]?[0]?["status"]?.string == "incomplete" && stream.status == "failed")
    }

    @Test func whatIsCutShortIsIncomplete() {
        var stream = Self.stream()
        let events = stream.begin() + stream.delta("Be") + stream.end(ResponseOutcome(.incomplete, text: "Be"))
        #expect(events.last?.name == "response.incomplete")
        #expect(stream.response["incomplete_details"]?["reason"]?.string == "max_output_tokens")
    }

    @Test func resultsAreShownToThoseWhoAsk() {
        var stream = Self.stream()
        _ = stream.search(["q"], results: [["file_id": "f"]])
        let shown = StoredResponseRoutes.shown(stream.response, withResults: true)
        #expect(shown["output"]?[0]?["results"]?[0]?["file_id"]?.string == "f")
        #expect(StoredResponseRoutes.shown(stream.response, withResults: false)["output"]?[0]?["results"] == .null)
    }
}
