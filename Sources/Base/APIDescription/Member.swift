import JSONCoding

/// A member of an object.
public struct Member: Sendable {
    let name: String
    let schema: Schema
    let isRequired: Bool

    /// One that is always there.
    public static func has(_ name: String, _ schema: Schema, _ note: String = "") -> Member {
        Member(name: name, schema: schema.noted(note), isRequired: true)
    }

    /// One that may be left out.
    public static func may(_ name: String, _ schema: Schema, _ note: String = "") -> Member {
        Member(name: name, schema: schema.noted(note), isRequired: false)
    }
}

extension Schema {
    /// An object of an answer. Readers have to put up with members that they do not know: there may be more in a later version.
    public static func object(_ members: [Member]) -> Schema { make(members, isClosed: false) }

    /// An object of a request. What is not known is refused, and null stands for nothing.
    public static func fields(_ members: [Member]) -> Schema {
        make(
            members.map {
                $0.isRequired ? $0 : Member(name: $0.name, schema: $0.schema.orNull, isRequired: false)
            }, isClosed: true)
    }

    /// An object of a request of which at least one member has to be there, and null says something.
    public static func changes(_ members: [Member]) -> Schema {
        var schema = make(members, isClosed: true)
        schema.keywords["minProperties"] = 1
        return schema
    }

    private static func make(_ members: [Member], isClosed: Bool) -> Schema {
        var keywords: JSONObject = ["type": "object"]
        let required = members.filter(\.isRequired).map(\.name)
        if !required.isEmpty { keywords["required"] = .strings(required) }
        keywords["properties"] = .object(JSONObject(members.map { ($0.name, .object($0.schema.keywords)) }))
        if isClosed { keywords["additionalProperties"] = false }
        return Schema(keywords, named: members.reduce(into: [:]) { $0.merge($1.schema.named) { $1 } })
    }
}
