import Digests
public import JSONCoding
import Telemetry

/// A response while it grows, and the events that tell of it, in OpenAI's order and numbering. Whoever wants the response as a
/// whole takes it at the end; it is the same one.
public struct ResponseStream: Sendable {
    /// An event: its name, and its data, which has it as well.
    public typealias Event = (name: String, data: JSONValue)

    /// Our id.
    public let id: String
    /// Items so far; `nil` for a place that is taken and not filled yet.
    private var output: [ResponseItem?] = []
    private var number: Int64 = 0
    private let head: JSONObject
    private let createdAt = Timestamp.nowMilliseconds() / 1000
    /// The message that is being written: its id and its place.
    private var message: (id: String, place: Int)?
    private var ending = "in_progress"
    private var outcome: ResponseOutcome?

    /// A response to a request.
    ///
    /// - Parameters:
    ///   - id: Our id.
    ///   - head: Members that do not change: what was asked.
    public init(id: String, head: JSONObject) {
        self.id = id
        self.head = head
    }

    /// The items that there are.
    public var items: [ResponseItem] { output.compactMap(\.self) }

    /// The status: `in_progress` until it has ended.
    public var status: String { ending }

    /// The response as it stands, with all that searches have found.
    public var response: JSONValue {
        var object: JSONObject = [
            "id": .string(ObjectID.response.text(id)), "object": "response", "created_at": .int(createdAt),
            "status": .string(ending), "error": outcome?.error ?? .null,
            "incomplete_details": ending == "incomplete" ? ["reason": "max_output_tokens"] : .null,
        ]
        if ending == "completed" { object["completed_at"] = .int(Timestamp.nowMilliseconds() / 1000) }
        for (name, value) in head.members { object[name] = value }
        let status = ["completed", "in_progress"].contains(ending) ? "completed" : "incomplete"
        object["output"] = .array(
            items.map { item in
                if case .message = item.content { return item.json(status: status, withResults: true) }
                return item.json(withResults: true)
            })
        object["usage"] = outcome?.usage ?? .null
        if let outcome, !outcome.receipt.isNull { object["receipt"] = outcome.receipt }
        return .object(object)
    }

    // MARK: - Events

    /// The first events.
    public mutating func begin() -> [Event] {
        [
            event("response.created", ["response": response]), event("response.in_progress", ["response": response]),
        ]
    }

    /// A search that has been made.
    ///
    /// - Parameter results: Passages in the form of results.
    public mutating func search(_ queries: [String], results: [JSONValue]) -> [Event] {
        let place = Int64(output.count)
        let item = ResponseItem(.fileSearch(["queries": .strings(queries), "results": .array(results)]))
        output.append(item)
        let itself: JSONObject = ["output_index": .int(place), "item_id": .string(item.wireID)]
        return [
            event(
                "response.output_item.added",
                ["output_index": .int(place), "item": item.json(status: "in_progress", withResults: false)]),
            event("response.file_search_call.in_progress", itself),
            event("response.file_search_call.searching", itself),
            event("response.file_search_call.completed", itself),
            event(
                "response.output_item.done",
                ["output_index": .int(place), "item": item.json(withResults: true)]),
        ]
    }

    /// A piece of the text.
    public mutating func delta(_ text: String) -> [Event] {
        guard !text.isEmpty else { return [] }
        let (events, part) = openMessage()
        var members = part
        members["delta"] = .string(text)
        members["logprobs"] = []
        return events + [event("response.output_text.delta", members)]
    }

    private mutating func openMessage() -> ([Event], part: JSONObject) {
        if let message { return ([], Self.part(message)) }
        let opened = (id: UUIDv7.make(), place: output.count)
        message = opened
        output.append(nil)
        let item: JSONValue = [
            "id": .string(ObjectID.message.text(opened.id)), "type": "message", "status": "in_progress",
            "role": "assistant", "content": [],
        ]
        var part = Self.part(opened)
        part["part"] = ResponseItem.outputText("", [])
        return (
            [
                event("response.output_item.added", ["output_index": .int(Int64(opened.place)), "item": item]),
                event("response.content_part.added", part),
            ], Self.part(opened)
        )
    }

    private static func part(_ message: (id: String, place: Int)) -> JSONObject {
        [
            "item_id": .string(ObjectID.message.text(message.id)), "output_index": .int(Int64(message.place)),
            "content_index": 0,
        ]
    }

    /// The last events. The text is what counts, whatever the pieces were: of those, some may have been taken back.
    public mutating func end(_ outcome: ResponseOutcome) -> [Event] {
        self.outcome = outcome
        ending = outcome.ending.rawValue
        var events: [Event] = []
        if !outcome.text.isEmpty || message != nil { events += endMessage(outcome) }
        for call in outcome.calls { events += self.call(call) }
        switch outcome.ending {
        // There is no event of its own: whoever cancels a response has the answer to that.
        case .completed: events.append(event("response.completed", ["response": response]))
        case .incomplete, .cancelled: events.append(event("response.incomplete", ["response": response]))
        case .failed: events.append(event("response.failed", ["response": response]))
        }
        return events
    }

    private mutating func endMessage(_ outcome: ResponseOutcome) -> [Event] {
        var (events, part) = openMessage()
        guard let message else { return events }
        for (place, annotation) in outcome.annotations.enumerated() {
            var members = part
            members["annotation_index"] = .int(Int64(place))
            members["annotation"] = annotation
            events.append(event("response.output_text.annotation.added", members))
        }
        let item = ResponseItem(
            .message(.assistant, outcome.text, annotations: outcome.annotations), id: message.id)
        output[message.place] = item
        var done = part
        done["text"] = .string(outcome.text)
        done["logprobs"] = []
        events.append(event("response.output_text.done", done))
        part["part"] = ResponseItem.outputText(outcome.text, outcome.annotations)
        events.append(event("response.content_part.done", part))
        let status = outcome.ending == .completed ? "completed" : "incomplete"
        events.append(
            event(
                "response.output_item.done",
                [
                    "output_index": .int(Int64(message.place)),
                    "item": item.json(status: status, withResults: true),
                ]))
        return events
    }

    private mutating func call(_ call: ResponseOutcome.Call) -> [Event] {
        let place = Int64(output.count)
        let item = ResponseItem(.functionCall(call: call.id, name: call.name, arguments: call.arguments))
        output.append(item)
        var added = item.json(status: "in_progress", withResults: false).object ?? JSONObject()
        added["arguments"] = ""
        let itself: JSONObject = ["output_index": .int(place), "item_id": .string(item.wireID)]
        var (delta, done) = (itself, itself)
        delta["delta"] = .string(call.arguments)
        done["arguments"] = .string(call.arguments)
        done["name"] = .string(call.name)
        return [
            event("response.output_item.added", ["output_index": .int(place), "item": .object(added)]),
            event("response.function_call_arguments.delta", delta),
            event("response.function_call_arguments.done", done),
            event("response.output_item.done", ["output_index": .int(place), "item": item.json]),
        ]
    }

    private mutating func event(_ name: String, _ members: JSONObject) -> Event {
        var data: JSONObject = ["type": .string(name), "sequence_number": .int(number)]
        for (name, value) in members.members { data[name] = value }
        number += 1
        return (name, .object(data))
    }
}
