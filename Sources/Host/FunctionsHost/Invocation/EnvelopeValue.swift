import Digests
import JSONCoding
import Telemetry

/// How values of the host appear in an envelope (docs/reference/functions-custom-handlers.md, 3.2).
enum EnvelopeValue {
    /// Objects stay objects; anything else becomes a string that holds its JSON text.
    static func quoted(_ value: JSONValue) -> JSONValue {
        if case .object = value { return value }
        return .string(value.text)
    }

    /// A text as a string inside a string.
    static func quoted(_ text: String) -> JSONValue { .string(JSONValue.string(text).text) }

    /// A date-time with offset, whole seconds.
    static func time(milliseconds: Int64) -> JSONValue {
        .string(String(Timestamp.format(milliseconds: milliseconds).prefix(19)) + "+00:00")
    }

    /// A date-time of an HTTP date; text that is none stays as it is.
    static func time(httpDate: String) -> JSONValue {
        Timestamp.seconds(httpDate: httpDate).map { time(milliseconds: $0 * 1000) } ?? .string(httpDate)
    }

    /// The top-level members of a JSON object as metadata: scalars as text, objects as they are, no arrays.
    static func members(of value: JSONValue?) -> [(String, JSONValue)] {
        (value?.object?.members ?? []).compactMap { name, value in
            switch value {
            case .object: (name, value)
            case .array, .null: nil
            case .string(let text): (name, quoted(text))
            case .bool(let flag): (name, quoted(flag ? "True" : "False"))
            case .int, .double: (name, quoted(value.text))
            }
        }
    }

    /// The `sys` entry.
    static func system(_ function: FunctionDefinition) -> JSONValue {
        [
            "MethodName": .string(function.name), "UtcNow": .string(Timestamp.now()),
            "RandGuid": .string(UUIDv7.random()),
        ]
    }
}

extension JSONObject {
    /// Sets a member, replacing one whose name differs by case only.
    mutating func setIgnoringCase(_ name: String, _ value: JSONValue) {
        if let known = names.first(where: { $0.lowercased() == name.lowercased() }), known != name { self[known] = nil }
        self[name] = value
    }
}
