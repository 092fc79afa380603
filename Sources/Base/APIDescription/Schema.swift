public import JSONCoding

/// The schema of a value (JSON Schema, draft 2020-12, as OpenAPI 3.1 uses it), with the schemas that it names.
public struct Schema: Sendable {
    /// Its keywords.
    var keywords: JSONObject
    /// What it refers to, directly or not, by name.
    var named: [String: Schema] = [:]

    init(_ keywords: JSONObject, named: [String: Schema] = [:]) {
        self.keywords = keywords
        self.named = named
    }

    private init(type: String) { self.init(["type": .string(type)]) }

    /// Any value.
    public static let anything = Schema([:])
    /// True or false.
    public static let flag = Schema(type: "boolean")
    /// A text that says nothing of its length.
    public static let text = Schema(type: "string")
    /// A UUID in lower case.
    public static let id = Schema(["type": "string", "format": "uuid"])
    /// A time in UTC, as RFC 3339 has it.
    public static let time = Schema(["type": "string", "format": "date-time"])
    /// A day, such as `2026-01-31`.
    public static let day = Schema(["type": "string", "format": "date"])
    /// The bytes of a file.
    public static let file = Schema(["type": "string", "contentMediaType": "application/octet-stream"])
    /// A whole number from 0.
    public static let count = whole(from: 0)
    /// A number.
    public static let number = Schema(type: "number")

    /// A text of so many characters, which are Unicode scalars.
    public static func text(_ length: ClosedRange<Int>) -> Schema {
        Schema([
            "type": "string", "minLength": .int(Int64(length.lowerBound)), "maxLength": .int(Int64(length.upperBound)),
        ])
    }

    /// A text of a shape, as a regular expression of ECMA-262.
    public static func text(like pattern: String) -> Schema {
        Schema(["type": "string", "pattern": .string(pattern)])
    }

    /// A whole number within bounds.
    public static func whole(_ range: ClosedRange<Int>) -> Schema {
        Schema([
            "type": "integer", "minimum": .int(Int64(range.lowerBound)), "maximum": .int(Int64(range.upperBound)),
        ])
    }

    /// A whole number that has a least value alone.
    public static func whole(from least: Int) -> Schema {
        Schema(["type": "integer", "minimum": .int(Int64(least))])
    }

    /// A number within bounds.
    public static func number(_ range: ClosedRange<Double>) -> Schema {
        Schema(["type": "number", "minimum": .double(range.lowerBound), "maximum": .double(range.upperBound)])
    }

    /// One of some texts.
    public static func choice(_ texts: [String]) -> Schema { Schema(["type": "string", "enum": .strings(texts)]) }

    /// One of the values of a type.
    public static func choice<Choice>(_ type: Choice.Type) -> Schema
    where Choice: RawRepresentable<String> & CaseIterable {
        choice(type.allCases.map(\.rawValue))
    }

    /// A list of so many values of a kind.
    public static func list(_ items: Schema, _ count: ClosedRange<Int>? = nil) -> Schema {
        var keywords: JSONObject = ["type": "array", "items": .object(items.keywords)]
        if let count {
            if count.lowerBound > 0 { keywords["minItems"] = .int(Int64(count.lowerBound)) }
            keywords["maxItems"] = .int(Int64(count.upperBound))
        }
        return Schema(keywords, named: items.named)
    }

    /// An object whose members are all of one kind, under names that are data.
    public static func map(_ values: Schema, most: Int? = nil) -> Schema {
        var keywords: JSONObject = ["type": "object", "additionalProperties": .object(values.keywords)]
        if let most { keywords["maxProperties"] = .int(Int64(most)) }
        return Schema(keywords, named: values.named)
    }

    /// One of several.
    public static func either(_ schemas: [Schema]) -> Schema {
        Schema(
            ["anyOf": .array(schemas.map { .object($0.keywords) })],
            named: schemas.reduce(into: [:]) { $0.merge($1.named) { $1 } })
    }

    /// A schema that stands in the document once, under a name, and is referred to.
    public static func named(_ name: String, _ schema: Schema) -> Schema {
        var named = schema.named
        named[name] = schema
        return Schema(["$ref": .string("#/components/schemas/" + name)], named: named)
    }

    /// A schema that stands in the document under a name that another app gives it.
    public static func reference(_ name: String) -> Schema {
        Schema(["$ref": .string("#/components/schemas/" + name)])
    }

    /// The same, or null.
    public var orNull: Schema {
        var keywords = keywords
        guard let type = keywords["type"], keywords["$ref"] == nil else {
            return Schema(["anyOf": [.object(keywords), ["type": "null"]]], named: named)
        }
        let types = type.array ?? [type]
        guard !types.contains("null") else { return self }
        keywords["type"] = .array(types + ["null"])
        if let values = keywords["enum"]?.array { keywords["enum"] = .array(values + [.null]) }
        return Schema(keywords, named: named)
    }

    /// The same, with what it stands for where nothing is sent.
    public func standard(_ value: JSONValue) -> Schema {
        var schema = self
        schema.keywords["default"] = value
        return schema
    }

    /// The same, with what is to be known of it.
    public func noted(_ note: String) -> Schema {
        guard !note.isEmpty else { return self }
        var schema = self
        schema.keywords["description"] = .string(note)
        return schema
    }
}
