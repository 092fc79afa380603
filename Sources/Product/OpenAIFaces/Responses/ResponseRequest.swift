public import JSONCoding

/// The body of `POST /v1/responses`. What would change the answer and cannot be met is refused, and so is what is not known.
public struct ResponseRequest: Sendable {
    private static let longestInstructions = 256_000
    private static let mostTokens = 1_000_000
    /// What an answer does not depend on: it is given back as it came.
    private static let echoed = [
        "user", "safety_identifier", "prompt_cache_key", "prompt_cache_retention", "prompt_cache_options",
    ]
    private static let read = [
        "model", "input", "instructions", "previous_response_id", "conversation", "store", "stream", "stream_options",
        "metadata", "include", "tools", "tool_choice", "temperature", "top_p", "top_logprobs", "max_output_tokens",
        "parallel_tool_calls", "truncation", "text", "reasoning", "service_tier", "background",
    ]
    /// Known to OpenAI and not to us, with what to do instead.
    private static let refused: [(name: String, remedy: String)] = [
        ("max_tool_calls", "Leave it out: the rounds of tools have a limit of their own."),
        ("prompt", "Templates are not kept here. Send instructions and input."),
        ("context_management", "Leave it out: the oldest of a conversation is left out by itself."),
        ("moderation", "Leave it out: nothing is moderated here."),
        ("image", "Pictures are not understood."),
        ("access_programs", "Leave it out."),
    ]

    public let model: String
    public let items: [ResponseItem]
    public let instructions: String?
    /// Our id of the response that it goes on from.
    public let previous: String?
    /// Our id of the chat.
    public let conversation: String?
    public let stores: Bool
    public let streams: Bool
    public let isBackground: Bool
    public let metadata: JSONValue
    public let include: Set<String>
    public let tools: ResponseTools
    public let temperature: Double?
    public let maximumTokens: Int?
    /// Whether a model may ask for several functions at once.
    public let isParallel: Bool
    /// Members of the response that say what was asked.
    public let echo: JSONObject

    /// Reads a body.
    ///
    /// - Throws: `InvalidFields`.
    public init(_ body: JSONValue) throws {
        var reader = try FieldReader(body, allowed: Self.read + Self.echoed + Self.refused.map(\.name))
        model = reader.string("model", length: 1...200) ?? "apus"
        if let text = body["input"]?.string {
            items = [ResponseItem(.message(.user, text, annotations: []))]
            if text.unicodeScalars.allSatisfy(\.properties.isWhitespace) { reader.add("input", "Must not be blank.") }
        } else if body["input"].map({ !$0.isNull }) ?? false {
            items = ResponseItem.list(body["input"], field: "input", &reader)
        } else {
            items = []
            reader.add("input", "Required: a text, or a list of items.")
        }
        instructions = reader.string("instructions", length: 0...Self.longestInstructions)
        previous = Self.id(.response, body["previous_response_id"], "previous_response_id", &reader)
        let place = body["conversation"]
        conversation = Self.id(.conversation, place?["id"] ?? place, "conversation", &reader)
        if previous != nil, conversation != nil {
            reader.add("previous_response_id", "Must not come with conversation: that has what was said before.")
        }
        isBackground = reader.bool("background", default: false)
        stores = reader.bool("store", default: true)
        streams = reader.bool("stream", default: false)
        if isBackground, !stores { reader.add("store", "Must be true with background: the answer is fetched later.") }
        if isBackground, streams {
            reader.add("stream", "Must be false with background. Ask for the response until it is completed.")
        }
        metadata = MetadataField.read(body, &reader) ?? [:]
        do {
            include = try Include.checked(reader.strings("include", maximumCount: 20) ?? [])
        } catch {
            include = []
            for problem in (error as? InvalidFields)?.problems ?? [] { reader.add(problem.field, problem.detail) }
        }
        tools = ResponseTools(body, &reader)
        temperature = reader.number("temperature", in: 0...2)
        maximumTokens = reader.integer("max_output_tokens", in: 1...Self.mostTokens)
        isParallel = reader.bool("parallel_tool_calls", default: true)
        Self.refuseUnsupported(body, &reader)
        try reader.finish()
        echo = Self.echo(body, self.tools, temperature, maximumTokens, isParallel, isBackground)
    }

    private static func id(
        _ kind: ObjectID, _ value: JSONValue?, _ field: String, _ reader: inout FieldReader
    ) -> String? {
        guard let value, !value.isNull else { return nil }
        guard let id = value.string.flatMap({ kind.id($0) }) else {
            reader.add(field, "Must be an id that begins with '\(kind.rawValue)'.")
            return nil
        }
        return id
    }

    private static func refuseUnsupported(_ body: JSONValue, _ reader: inout FieldReader) {
        func given(_ name: String) -> JSONValue? { body[name].flatMap { $0.isNull ? .none : .some($0) } }
        for (name, remedy) in refused where given(name) != nil { reader.add(name, "Not supported. \(remedy)") }
        if let value = given("top_p"), value.double != 1 {
            reader.add("top_p", "Not supported. Leave it out, and use temperature.")
        }
        if let value = given("top_logprobs"), value.int != 0 {
            reader.add("top_logprobs", "Not supported. Leave it out.")
        }
        if let value = given("truncation"), value.string != "auto" {
            reader.add("truncation", "Must be auto: the oldest of a conversation is left out where it is too long.")
        }
        if let value = given("service_tier"), !["auto", "default"].contains(value.string) {
            reader.add("service_tier", "Must be auto or default: there is one.")
        }
        if let text = given("text") {
            if let format = text["format"], !format.isNull, format["type"]?.string != "text" {
                reader.add(
                    "text.format",
                    "Must be {\"type\": \"text\"}: answers are checked texts. Use a function for what is structured.")
            }
            if let verbosity = text["verbosity"], !verbosity.isNull, verbosity.string != "medium" {
                reader.add("text.verbosity", "Not supported. Say in the instructions how long answers are to be.")
            }
        }
        for (name, value) in given("reasoning")?.object?.members ?? [] where !value.isNull {
            reader.add(
                "reasoning.\(name.prefix(64))", "Not supported. How models reason is set in APUS_MODEL_SETTINGS.")
        }
    }

    private static func echo(
        _ body: JSONValue, _ tools: ResponseTools, _ temperature: Double?, _ maximumTokens: Int?, _ isParallel: Bool,
        _ isBackground: Bool
    ) -> JSONObject {
        var echo: JSONObject = [
            "instructions": body["instructions"] ?? .null, "tools": .array(tools.json), "tool_choice": tools.choiceJSON,
            "temperature": temperature.map { .double($0) } ?? .null, "top_p": nil,
            "max_output_tokens": maximumTokens.map { .int(Int64($0)) } ?? .null,
            "parallel_tool_calls": .bool(isParallel), "background": .bool(isBackground), "truncation": "auto",
            "text": ["format": ["type": "text"]], "reasoning": ["effort": nil, "summary": nil],
            "service_tier": "default",
        ]
        for name in echoed {
            if let value = body[name], !value.isNull { echo[name] = value }
        }
        return echo
    }
}
