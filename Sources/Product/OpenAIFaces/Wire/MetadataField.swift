public import JSONCoding
import Telemetry

/// Notes that programs attach to objects: up to 16 pairs.
public enum MetadataField {
    private static let mostPairs = 16
    private static let longestKey = 64
    private static let longestValue = 512

    /// Reads `metadata`: texts alone; `nil` when absent or null.
    public static func read(_ body: JSONValue, _ reader: inout FieldReader, name: String = "metadata") -> JSONValue? {
        pairs(body[name], name, &reader) { value in
            value.string.map { $0.unicodeScalars.count <= longestValue } ?? false
                ? nil : "Must be a text of at most \(longestValue) characters."
        }
    }

    /// Reads `attributes` of files: texts, numbers and truth values; `nil` when absent or null.
    public static func attributes(_ body: JSONValue, _ reader: inout FieldReader, name: String = "attributes")
        -> JSONValue?
    {
        pairs(body["attributes"], name, &reader) { value in
            switch value {
            case .string(let text) where text.unicodeScalars.count <= longestValue: nil
            case .int, .double, .bool: nil
            default: "Must be a text of at most \(longestValue) characters, a number, or true or false."
            }
        }
    }

    private static func pairs(
        _ value: JSONValue?, _ name: String, _ reader: inout FieldReader, _ problem: (JSONValue) -> String?
    ) -> JSONValue? {
        guard let value, !value.isNull else { return nil }
        guard let object = value.object else {
            reader.add(name, "Must be an object.")
            return nil
        }
        guard object.members.count <= mostPairs else {
            reader.add(name, "Must have at most \(mostPairs) pairs, has \(object.members.count).")
            return nil
        }
        for (key, value) in object.members {
            let place = "\(name).\(key.prefix(longestKey))"
            if key.isEmpty || key.unicodeScalars.count > longestKey {
                reader.add(place, "Keys must have 1 to \(longestKey) characters.")
            } else if let problem = problem(value) {
                reader.add(place, problem)
            }
        }
        return value
    }
}

/// Times of OpenAI's API: whole seconds since 1970.
public enum UnixTime {
    /// The time of one of our timestamps.
    public static func json(_ timestamp: String) -> JSONValue {
        .int((Timestamp.milliseconds(iso8601: timestamp) ?? 0) / 1000)
    }
}
