public import HTTPMessages
public import JSONCoding

/// One form of a body: its media type, what it is, and how one looks.
struct Content: Sendable {
    let type: String
    let schema: Schema
    var example: JSONValue?
    var events: [Event] = []

    var json: JSONValue {
        var object: JSONObject = ["schema": .object(schema.keywords)]
        if let example { object["example"] = example }
        if !events.isEmpty { object["x-apus-events"] = .array(events.map(\.json)) }
        return .object(object)
    }

    /// The schemas that it refers to.
    var named: [String: Schema] {
        events.reduce(into: schema.named) { $0.merge($1.schema.named) { $1 } }
    }
}

/// A server-sent event of a stream. OpenAPI 3.1 has no place for it, so it stands in `x-apus-events`.
public struct Event: Sendable {
    let name: String
    let schema: Schema
    let note: String

    /// - Parameters:
    ///   - name: Of the event; empty where the stream's events have none.
    ///   - schema: Of its data.
    public init(_ name: String, _ schema: Schema, _ note: String = "") {
        self.name = name
        self.schema = schema
        self.note = note
    }

    var json: JSONValue {
        ["event": .string(name), "description": .string(note), "schema": .object(schema.keywords)]
    }
}

/// The body of a request.
public struct Body: Sendable {
    let contents: [Content]
    let isRequired: Bool
    let note: String

    /// A JSON object.
    ///
    /// - Parameter example: One that is right; tests send it.
    public static func json(
        _ schema: Schema, example: JSONValue, isRequired: Bool = true, _ note: String = ""
    ) -> Body {
        Body(
            contents: [Content(type: "application/json", schema: schema, example: example)], isRequired: isRequired,
            note: note)
    }

    /// Files as parts of a form, beside other parts, or one by itself.
    ///
    /// - Parameter types: Media types of a file by itself; none where there have to be parts.
    public static func upload(
        _ form: Schema, alone types: [String] = ["application/octet-stream"], _ note: String = ""
    ) -> Body {
        Body(
            contents: [Content(type: "multipart/form-data", schema: form)]
                + types.map { Content(type: $0, schema: .file) }, isRequired: true, note: note)
    }

    /// Bytes of a type.
    public static func bytes(_ type: String, isRequired: Bool = true, _ note: String = "") -> Body {
        Body(contents: [Content(type: type, schema: .file)], isRequired: isRequired, note: note)
    }
}

/// What a request is answered with when all is well.
public struct Answer: Sendable {
    let status: HTTPStatus
    let note: String
    let contents: [Content]
    private(set) var fields: [(name: String, note: String)] = []

    /// The same, with a header field that callers need.
    public func sending(_ name: String, _ note: String) -> Answer {
        var answer = self
        answer.fields.append((name, note))
        return answer
    }

    /// JSON, with status 200.
    public static func json(_ schema: Schema, _ note: String = "") -> Answer { json(.ok, schema, note) }

    /// JSON.
    public static func json(_ status: HTTPStatus, _ schema: Schema, _ note: String = "") -> Answer {
        Answer(status: status, note: note, contents: [Content(type: "application/json", schema: schema)])
    }

    /// Nothing but the status.
    public static func nothing(_ status: HTTPStatus = .noContent, _ note: String = "") -> Answer {
        Answer(status: status, note: note, contents: [])
    }

    /// Bytes of a type.
    public static func bytes(_ type: String, _ note: String = "") -> Answer {
        Answer(
            status: .ok, note: note, contents: [Content(type: type, schema: type.hasPrefix("text/") ? .text : .file)])
    }

    /// A stream of server-sent events, for whoever sends `Accept: text/event-stream`.
    public static func events(_ events: [Event], _ note: String = "") -> Answer {
        Answer(
            status: .ok, note: note,
            contents: [Content(type: "text/event-stream", schema: .anything, events: events)])
    }
}
