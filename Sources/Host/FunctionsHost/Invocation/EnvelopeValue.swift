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
    /// Sets members, replacing those whose names differ by case only; the last of several such names counts.
    mutating func setIgnoringCase(_ given: [(String, JSONValue)]) {
        guard !given.isEmpty else { return }
        let last = Dictionary(given.map { ($0.0.lowercased(), $0.0) }) { $1 }
        // By what a caller sends, so neither may be looked through for each of the other.
        let replaced = names.filter { name in last[name.lowercased()].map { $0 != name } ?? false }
        if !replaced.isEmpty { removeAll(replaced) }
        for (name, value) in given where last[name.lowercased()] == name { self[name] = value }
    }
}
